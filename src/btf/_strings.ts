import { readText } from "../codec/mod.ts";
import { BtfError } from "../errors.ts";
import type { BtfHeader } from "./_header.ts";

/** The string section. That of split BTF goes on where its base ends, and the offsets of both are one space. */
export class Strings {
  /** The offset of the first own string: the length of those of the base. */
  readonly firstOffset: number;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  readonly #base: Strings | undefined;

  constructor(bytes: Uint8Array, view: DataView, header: BtfHeader, base: Strings | undefined) {
    this.#view = view;
    this.#bytes = bytes;
    this.#start = header.stringsStart;
    this.#end = header.stringsEnd;
    this.#base = base;
    this.firstOffset = base === undefined ? 0 : base.length;
  }

  /** The bytes, those of the base left out. */
  get section(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** In bytes, those of the base included. */
  get length(): number {
    return this.firstOffset + this.#end - this.#start;
  }

  /** The string at `offset`. */
  text(offset: number): string {
    if (offset === 0) return "";
    if (offset < this.firstOffset && this.#base !== undefined) return this.#base.text(offset);
    const at = this.#locate(offset);
    return readText(this.#view, at, this.#end - at);
  }

  /** See {@linkcode hashName}. */
  nameHash(offset: number): number {
    if (offset < this.firstOffset && this.#base !== undefined) return this.#base.nameHash(offset);
    return hashName(this.#bytes, this.#locate(offset));
  }

  /** Whether the string at `offset` is `name`, or is it once the flavour is off. */
  matches(offset: number, name: Uint8Array, essential: boolean): boolean {
    if (offset < this.firstOffset && this.#base !== undefined) {
      return this.#base.matches(offset, name, essential);
    }
    const at = this.#locate(offset);
    for (let i = 0; i < name.length; i++) {
      if (this.#bytes[at + i] !== name[i] || name[i] === 0) return false;
    }
    const end = at + name.length;
    return essential ? essentialEnd(this.#bytes, at) === end : this.#bytes[end] === 0;
  }

  /** The section ends with a NUL, so that reading from a located offset to a NUL stays within it. */
  #locate(offset: number): number {
    const at = this.#start + offset - this.firstOffset;
    if (!(at >= this.#start && at < this.#end)) {
      throw new BtfError(`Cannot read BTF: string offset ${offset} is beyond the string section`, {
        offset: this.#start,
      });
    }
    return at;
  }
}

const UNDERSCORE = 0x5f;
const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Hashes (FNV-1a) the name that starts at byte `start` and ends at a NUL or the end of the bytes, up to the first
 * three underscores after another character: a flavour can start no earlier, so that a name hashes the same with
 * its flavour and without.
 */
export function hashName(bytes: Uint8Array, start: number): number {
  let hash = FNV_BASIS;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) break;
    if (byte === UNDERSCORE && at > start && bytes[at + 1] === UNDERSCORE && bytes[at + 2] === UNDERSCORE) {
      break;
    }
    hash = Math.imul(hash ^ byte, FNV_PRIME);
  }
  return hash;
}

/** Where a NUL-terminated name ends without its flavour; the rule is that of `essentialName`. */
function essentialEnd(bytes: Uint8Array, start: number): number {
  let underscores = 0;
  let end: number | undefined;
  for (let at = start;; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) return end ?? at;
    if (byte === UNDERSCORE) {
      underscores++;
    } else {
      if (underscores === 3 && at - 3 > start) end = at - 3;
      underscores = 0;
    }
  }
}
