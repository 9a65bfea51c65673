import { checkLength, describe } from "./_check.ts";
import type { Codec } from "./codec.ts";

/**
 * `unsigned char[length]`, as a `Uint8Array` with a copy of the bytes.
 *
 * Allocating one takes up to a microsecond in Deno: for text there is {@linkcode cstr}.
 *
 * @throws {RangeError} The length is not a positive integer.
 */
export function bytes(length: number): Codec<Uint8Array> {
  const type = `u8[${length}]`;
  checkLength(type, length);
  return {
    size: length,
    align: 1,
    type,
    read: (view, at) => copyBytes(view, at, length),
    write: (view, at, value) => writeBytes(type, view, at, length, value),
  };
}

/** The bytes from byte `at` on, as a copy. */
export function copyBytes(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length).slice();
}

/** Writes exactly as many bytes as there should be. */
export function writeBytes(
  type: string,
  view: DataView,
  at: number,
  length: number,
  value: Uint8Array,
): void {
  checkBytes(type, value);
  if (value.length !== length) {
    throw new RangeError(`Cannot encode ${value.length} bytes as ${type}: not ${length} bytes`);
  }
  new Uint8Array(view.buffer, view.byteOffset + at, length).set(value);
}

/** Refuses what is not bytes. */
export function checkBytes(type: string, value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) {
    throw new TypeError(`Cannot encode ${describe(value)} as ${type}: not a Uint8Array`);
  }
}
