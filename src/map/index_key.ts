/**
 * Keys of arrays.
 *
 * @module
 */
import { type Codec, LITTLE_ENDIAN, u32 } from "../codec/mod.ts";
import type { MapHandle } from "./handle.ts";

/** Indices of an array: like `u32`, but what is not in the array is a `RangeError`. */
export function indexKey({ name, facts: { maxEntries } }: MapHandle): Codec<number> {
  return {
    ...u32,
    write(view, at, index) {
      if (index >>> 0 !== index) {
        throw new RangeError(`Cannot access element ${index} of map "${name}": not an index`);
      }
      if (index >= maxEntries) {
        throw new RangeError(
          `Cannot access element ${index} of map "${name}": it has ${maxEntries} elements`,
        );
      }
      view.setUint32(at, index, LITTLE_ENDIAN);
    },
  };
}
