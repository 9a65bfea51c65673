import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { BtfError } from "../errors.ts";
import type { BtfHeader } from "./_header.ts";
import type { BtfFunction, BtfKind } from "./types.ts";

/** `BTF_KIND_FUNC`. */
export const KIND_FUNCTION = 12;

/** `BTF_KIND_ENUM64`, the one number that shares its {@linkcode BtfKind} with another. */
export const KIND_ENUM64 = 19;

/** {@linkcode BtfKind} by the number of the kind (`BTF_KIND_…`). */
export const KINDS: readonly BtfKind[] = [
  "void",
  "int",
  "pointer",
  "array",
  "struct",
  "union",
  "enum",
  "forward",
  "typedef",
  "volatile",
  "const",
  "restrict",
  "function",
  "prototype",
  "variable",
  "section",
  "float",
  "declTag",
  "typeTag",
  "enum",
];

/** Linkage by number: `BTF_VAR_STATIC`, `BTF_FUNC_STATIC` and so on. */
export const LINKAGES: readonly BtfFunction["linkage"][] = ["static", "global", "extern"];

/** `BTF_INT_SIGNED`, in the encoding of an integer. */
export const INT_SIGNED = 1;
/** `BTF_INT_CHAR`. */
export const INT_CHAR = 2;
/** `BTF_INT_BOOL`. */
export const INT_BOOL = 4;

/** `struct btf_type`, which every record starts with, in words of 4 bytes. */
export const RECORD_WORDS = 3;

/** What follows `struct btf_type` once, in words, by the number of the kind. */
const TAIL_WORDS = [0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0];

/** What follows `vlen` times, in words, by the number of the kind. */
const ELEMENT_WORDS = [0, 0, 0, 0, 3, 3, 2, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0, 3];

/** The number of the kind: 7 bits of `info`, of which older kernels use 5 and demand 0 in the others. */
export function kindOfInfo(info: number): number {
  return (info >>> 24) & 0x7f;
}

/** The highest number of elements (`vlen`). */
export const MAX_LENGTH = 0xffffff;

/** The number of elements (`vlen`): 24 bits of `info`, of which older kernels use 16 and demand 0 in the others. */
export function lengthOfInfo(info: number): number {
  return info & MAX_LENGTH;
}

/** The highest bit of `info` (`kind_flag`), whose meaning depends on the kind. */
export function flagOfInfo(info: number): boolean {
  return info >>> 31 === 1;
}

/** How long a record with `length` elements is, in words. */
export function recordWords(kind: number, length: number): number {
  return RECORD_WORDS + (TAIL_WORDS[kind] ?? 0) + (ELEMENT_WORDS[kind] ?? 0) * length;
}

/** The type section as words in the machine's byte order; copied only where order or alignment ask for it. */
export function typeWords(view: DataView, header: BtfHeader): Uint32Array<ArrayBufferLike> {
  const { littleEndian, typesStart, typesEnd } = header;
  const start = view.byteOffset + typesStart;
  const length = (typesEnd - typesStart) / 4;
  if (littleEndian === LITTLE_ENDIAN && start % 4 === 0) return new Uint32Array(view.buffer, start, length);
  const words = new Uint32Array(length);
  for (let i = 0; i < length; i++) words[i] = view.getUint32(typesStart + i * 4, littleEndian);
  return words;
}

/** Where types are, in order of their ids. */
export interface TypeIndex {
  /** Where each starts, as indices of words. */
  readonly starts: Uint32Array;
  /** Those with a name that are no functions, as indices of `starts`: few among many. */
  readonly named: Uint32Array;
}

/**
 * Finds where every type starts.
 *
 * @param typesStart Where the words start, in bytes from the start of the blob.
 */
export function indexTypes(words: Uint32Array, typesStart: number): TypeIndex {
  const starts = new Uint32Array(Math.floor(words.length / RECORD_WORDS));
  const named = new Uint32Array(starts.length);
  let count = 0;
  let names = 0;
  let at = 0;
  while (at < words.length) {
    const start = at;
    const info = words[start + 1] ?? 0;
    const kind = kindOfInfo(info);
    const tail = TAIL_WORDS[kind];
    const element = ELEMENT_WORDS[kind];
    if (kind === 0 || tail === undefined || element === undefined) {
      throw new BtfError(`Cannot parse BTF: kind ${kind} is unknown`, { offset: typesStart + start * 4 });
    }
    at += RECORD_WORDS + tail + element * lengthOfInfo(info);
    if (at > words.length) {
      throw new BtfError("Cannot parse BTF: the last type goes beyond the type section", {
        offset: typesStart + start * 4,
      });
    }
    if (kind !== KIND_FUNCTION && words[start] !== 0) named[names++] = count;
    starts[count++] = start;
  }
  return { starts: starts.subarray(0, count), named: named.subarray(0, names) };
}
