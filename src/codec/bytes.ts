import { checkArray, checkLength, describe } from "./_check.ts";
import { arrayType, readElements, writeElements } from "./array_of.ts";
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
function checkBytes(type: string, value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) {
    throw new TypeError(`Cannot encode ${describe(value)} as ${type}: not a Uint8Array`);
  }
}

/**
 * What remains of the bytes, as C's flexible array member (`unsigned char rest[]`), as a `Uint8Array` with a copy.
 *
 * Writing fills what the value leaves free with zeroes.
 */
export function rest(): Codec<Uint8Array>;
/**
 * What remains of the bytes, as C's flexible array member (`struct hop hops[]`), as an array: as many whole elements
 * as fit.
 *
 * Writing fills what the value leaves free with zeroes.
 *
 * @throws {TypeError} The elements have no fixed size, or take no bytes.
 *
 * @example
 * ```ts
 * import { rest, struct, u32, u64 } from "@waggle/ebpf/codec";
 *
 * const Stack = struct({ depth: u32, frames: rest(u64) }); // struct { __u32 depth; __u64 frames[]; }
 * Stack.read(new DataView(new ArrayBuffer(32)), 0).frames.length; // 3
 * ```
 */
export function rest<T>(element: Codec<T>): Codec<T[]>;
export function rest(element?: Codec<unknown>): Codec<Uint8Array> | Codec<unknown[]> {
  return element === undefined ? restOfBytes() : restOfElements(element);
}

function restOfBytes(): Codec<Uint8Array> {
  const type = "u8[]";
  return {
    size: 0,
    align: 1,
    type,
    flexible: true,
    read: (view, at) => copyBytes(view, at, view.byteLength - at),
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

function restOfElements(element: Codec<unknown>): Codec<unknown[]> {
  const { size, align, flexible } = element;
  const type = arrayType(element.type, "");
  if (flexible) throw new TypeError(`Cannot make codec "${type}": its elements have no fixed size`);
  if (size === 0) throw new TypeError(`Cannot make codec "${type}": its elements take no bytes`);
  const roomOf = (view: DataView, at: number) => Math.max(0, Math.floor((view.byteLength - at) / size));
  return {
    size: 0,
    align,
    type,
    flexible: true,
    element,
    read: (view, at) => readElements(element, view, at, roomOf(view, at)),
    write(view, at, values) {
      checkArray(type, values);
      const room = roomOf(view, at);
      if (values.length > room) {
        throw new RangeError(`Cannot encode ${values.length} elements as ${type}: there is room for ${room}`);
      }
      writeElements(element, view, at, values);
      for (let i = at + values.length * size; i < view.byteLength; i++) view.setUint8(i, 0);
    },
  };
}
