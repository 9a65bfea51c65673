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
    read: (view, at) => copy(view, at, length),
    write(view, at, value) {
      checkBytes(type, value);
      if (value.length !== length) {
        throw new RangeError(`Cannot encode ${value.length} bytes as ${type}: not ${length} bytes`);
      }
      new Uint8Array(view.buffer, view.byteOffset + at, length).set(value);
    },
  };
}

/**
 * What remains of the bytes, as C's flexible array member (`unsigned char rest[]`), as a `Uint8Array` with a copy.
 *
 * Writing fills what the value leaves free with zeroes.
 */
export function rest(): Codec<Uint8Array> {
  const type = "u8[]";
  return {
    size: 0,
    align: 1,
    type,
    flexible: true,
    read: (view, at) => copy(view, at, view.byteLength - at),
    write(view, at, value) {
      checkBytes(type, value);
      const room = view.byteLength - at;
      if (value.length > room) {
        throw new RangeError(`Cannot encode ${value.length} bytes as ${type}: there is room for ${room}`);
      }
      const target = new Uint8Array(view.buffer, view.byteOffset + at, room);
      target.set(value);
      target.fill(0, value.length);
    },
  };
}

function copy(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length).slice();
}

function checkBytes(type: string, value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) {
    throw new TypeError(`Cannot encode ${describe(value)} as ${type}: not a Uint8Array`);
  }
}
