/**
 * Keys of shared things as text.
 *
 * @module
 */
import { StackTrace } from "./stack_trace.ts";

/** Something that is the same for two keys that are. */
export function identityOf(key: unknown): unknown {
  if (typeof key !== "object") return key;
  return JSON.stringify(key, (_, value) => typeof value === "bigint" ? `${value}n` : value);
}

/** A key in one line: the fields of a record by commas, and of a stack its innermost address. */
export function keyText(key: unknown): string {
  if (key instanceof StackTrace) {
    const [first] = key.addresses;
    return first === undefined ? "no stack" : `0x${first.toString(16)} in ${key.addresses.length} frames`;
  }
  return typeof key === "object" && key !== null ? Object.values(key).map(keyText).join(", ") : String(key);
}
