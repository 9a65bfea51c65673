/**
 * Bytes from the kernel as the parts of values.
 *
 * @module
 */
import { LITTLE_ENDIAN, readText } from "../codec/mod.ts";
import type { StoredType } from "../lang/bpftrace/mod.ts";

/** A part of a value: a number, text, or bytes. */
export type Leaf = bigint | string | Uint8Array;

/** The length of bytes comes before them, in so many bytes. */
const LENGTH_SIZE = 4;

/** The parts of what is laid out at a place in memory. */
export function readLeaves(type: StoredType, view: DataView, at: number): Leaf[] {
  switch (type.kind) {
    case "record":
      return type.fields.flatMap((field) => readLeaves(field.type, view, at + field.offset));
    case "text":
      return [readText(view, at, type.size)];
    case "words": {
      const length = Math.min(view.getUint32(at, LITTLE_ENDIAN), type.size - LENGTH_SIZE);
      return [new Uint8Array(view.buffer, view.byteOffset + at + LENGTH_SIZE, length).slice()];
    }
    case "pointer":
      return [view.getBigUint64(at, LITTLE_ENDIAN)];
    case "int":
      return [type.signed ? view.getBigInt64(at, LITTLE_ENDIAN) : view.getBigUint64(at, LITTLE_ENDIAN)];
    default:
      throw new TypeError(`Cannot read a part of a value: scripts store none of kind ${type.kind}`);
  }
}
