import { checkArray } from "./_check.ts";
import { arrayType, readElements, writeElements } from "./array_of.ts";
import { checkBytes, copyBytes } from "./bytes.ts";
import type { Codec } from "./codec.ts";

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
