/**
 * JSON, one value a line.
 *
 * @module
 */

/** What JSON allows in strings and some readers take for the end of a line, or a terminal for a command. */
const UNSAFE = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * A value as one line of JSON, without the line break at its end.
 *
 * - `bigint`: a number where a `number` can hold it exactly (to ±(2⁵³ − 1)), a string of digits beyond
 * - `Date` and `Temporal`'s types: ISO 8601 text
 * - bytes (`Uint8Array`, `ArrayBuffer`): hexadecimal text; other typed arrays: arrays
 * - `Map`: an object, where its keys are text, numbers, bigints or booleans; otherwise an array of pairs
 * - `Set`: an array
 * - `NaN` and infinities: `null`, as `JSON.stringify()` has it; `undefined` too, where it is not a property, which is left out
 *
 * Control characters, line separators and halves of surrogate pairs are escaped.
 *
 * @throws {TypeError} The value holds itself.
 *
 * @example
 * ```ts
 * import { jsonLine } from "@waggle/ebpf/output";
 *
 * jsonLine({ pid: 7, bytes: 2n ** 60n, id: new Uint8Array([1, 255]) }); // {"pid":7,"bytes":"1152921504606846976","id":"01ff"}
 * ```
 */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value, replace) ?? "null";
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** `this[key]` is the value before its `toJSON()`, which Node's buffers have. */
function replace(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const original = this[key];
  if (original instanceof Uint8Array) return original.toHex();
  if (typeof value === "bigint") return isSafe(value) ? Number(value) : String(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value).toHex();
  if (value instanceof Map) return mapJson(value);
  if (value instanceof Set) return [...value];
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as BigInt64Array);
  return value;
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

function mapJson(map: ReadonlyMap<unknown, unknown>): object {
  const simple = [...map.keys()].every((key) =>
    ["string", "number", "bigint", "boolean"].includes(typeof key)
  );
  return simple ? Object.fromEntries([...map].map(([key, value]) => [String(key), value])) : [...map];
}
