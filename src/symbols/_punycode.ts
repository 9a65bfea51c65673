/**
 * Punycode, in which names of Rust have letters beyond ASCII.
 *
 * @module
 */
import { NotMangled } from "./_demangled.ts";

/** Decodes what RFC 3492 has, with `_` before what is encoded. */
export function punycode(name: string): string {
  const split = name.lastIndexOf("_");
  const points = Array.from(name.slice(0, Math.max(split, 0)), (one) => one.charCodeAt(0));
  let [number, index, bias] = [128, 0, 72];
  for (let at = split + 1; at < name.length;) {
    const before = index;
    let weight = 1;
    for (let k = 36;; k += 36) {
      const digit = "abcdefghijklmnopqrstuvwxyz0123456789".indexOf(name[at++] ?? "-");
      if (digit < 0) throw new NotMangled("no Punycode");
      index += digit * weight;
      const threshold = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
      if (digit < threshold) break;
      weight *= 36 - threshold;
    }
    const length = points.length + 1;
    bias = adapted(index - before, length, before === 0);
    number += Math.floor(index / length);
    index %= length;
    if (number > 0x10_ffff) throw new NotMangled("no Punycode");
    points.splice(index++, 0, number);
  }
  return String.fromCodePoint(...points);
}

function adapted(distance: number, length: number, isFirst: boolean): number {
  let rest = Math.floor(distance / (isFirst ? 700 : 2));
  rest += Math.floor(rest / length);
  let bias = 0;
  for (; rest > 455; bias += 36) rest = Math.floor(rest / 35);
  return bias + Math.floor(36 * rest / (rest + 38));
}
