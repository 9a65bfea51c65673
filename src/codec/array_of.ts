import { checkArray, checkLength } from "./_check.ts";
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
    element,
    read: (view, at) => readElements(element, view, at, length),
    write(view, at, values) {
      checkArray(type, values);
      if (values.length !== length) {
        throw new RangeError(`Cannot encode ${values.length} elements as ${type}: not ${length} elements`);
      }
      writeElements(element, view, at, values);
    },
  };
}

/** Reads elements that follow each other. */
export function readElements<T>(element: Codec<T>, view: DataView, at: number, length: number): T[] {
  const values: T[] = [];
  for (let i = 0; i < length; i++) values.push(element.read(view, at + i * element.size));
  return values;
}

/** Writes elements one behind the other. */
export function writeElements<T>(element: Codec<T>, view: DataView, at: number, values: readonly T[]): void {
  let to = at;
  for (const value of values) {
    element.write(view, to, value);
    to += element.size;
  }
}

/** C writes the outer length first: an array of 2 `u32[3]` is `u32[2][3]`. */
export function arrayType(element: string, length: number | ""): string {
  const bracket = element.indexOf("[");
  return bracket < 0
    ? `${element}[${length}]`
    : `${element.slice(0, bracket)}[${length}]${element.slice(bracket)}`;
}
