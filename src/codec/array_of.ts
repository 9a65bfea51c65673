import { checkLength, describe } from "./_check.ts";
import type { Codec } from "./codec.ts";

/**
 * A C array of `length` elements, as an array.
 *
 * @throws {RangeError} The length is not a positive integer.
 * @throws {TypeError} The elements have no fixed size.
 *
 * @example
 * ```ts
 * import { arrayOf, u32 } from "@waggle/ebpf/codec";
 *
 * const Slots = arrayOf(u32, 64); // __u32 slots[64]
 * Slots.size; // 256
 * ```
 */
export function arrayOf<T>(element: Codec<T>, length: number): Codec<T[]> {
  const type = arrayType(element.type, length);
  checkLength(type, length);
  if (element.flexible) throw new TypeError(`Cannot make codec "${type}": its elements have no fixed size`);
  const { size, align } = element;
  return {
    size: size * length,
    align,
    type,
    read(view, at) {
      const values: T[] = [];
      const end = at + size * length;
      for (let from = at; from < end; from += size) values.push(element.read(view, from));
      return values;
    },
    write(view, at, values) {
      if (!Array.isArray(values)) {
        throw new TypeError(`Cannot encode ${describe(values)} as ${type}: not an array`);
      }
      if (values.length !== length) {
        throw new RangeError(`Cannot encode ${values.length} elements as ${type}: not ${length} elements`);
      }
      let to = at;
      for (const value of values) {
        element.write(view, to, value);
        to += size;
      }
    },
  };
}

/** C writes the outer length first: an array of 2 `u32[3]` is `u32[2][3]`. */
function arrayType(element: string, length: number): string {
  const bracket = element.indexOf("[");
  return bracket < 0
    ? `${element}[${length}]`
    : `${element.slice(0, bracket)}[${length}]${element.slice(bracket)}`;
}
