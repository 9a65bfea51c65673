/**
 * Which of several names for the same address is told.
 *
 * @module
 */
import { nameEnd } from "./_address_table.ts";

const UNDERSCORE = 0x5f;

/**
 * Less than 0 where the second of two names for an address is the better one: that with fewer underscores before it, then
 * the longer, as perf(1) has it (`choose_best_symbol`).
 */
export function compareNames(text: Uint8Array, a: number, b: number): number {
  const fewer = underscores(text, b) - underscores(text, a);
  return fewer !== 0 ? fewer : (nameEnd(text, a) - a) - (nameEnd(text, b) - b);
}

function underscores(text: Uint8Array, start: number): number {
  let at = start;
  while (text[at] === UNDERSCORE) at++;
  return at - start;
}
