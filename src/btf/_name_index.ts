import { KIND_FUNCTION, kindOfInfo } from "./_records.ts";
import { hashName, type Strings } from "./_strings.ts";

const encoder = new TextEncoder();

/** The types to index. */
export interface NamedTypes {
  readonly strings: Strings;
  /** The type section. */
  readonly words: Uint32Array;
  /** Where each type starts, as indices of words. */
  readonly starts: Uint32Array;
  /** The id of the first of them. */
  readonly firstId: number;
}

/**
 * Finds types by name: a hash table in two typed arrays, and no strings. The hash leaves flavours out, so that
 * one table serves exact look-ups and CO-RE's search for candidates.
 */
export class NameIndex {
  readonly #types: NamedTypes;
  /** The first type of each bucket, as index + 1; 0 where the bucket is empty. */
  readonly #heads: Uint32Array;
  /** The next type in the same bucket, as index + 1. */
  readonly #next: Uint32Array;

  /** Indexes the functions among the types, or all others. */
  constructor(types: NamedTypes, functions: boolean) {
    const { strings, words, starts } = types;
    const heads = new Uint32Array(1 << (32 - Math.clz32(starts.length >> 2)));
    const next = new Uint32Array(starts.length);
    const { section, firstOffset } = strings;
    // Backwards, so that each bucket's list is in ascending order.
    for (let i = starts.length - 1; i >= 0; i--) {
      const start = starts[i] ?? 0;
      const name = words[start] ?? 0;
      if (name === 0 || (kindOfInfo(words[start + 1] ?? 0) === KIND_FUNCTION) !== functions) continue;
      // Own strings without a detour: this loop is most of what a process waits for that asks for one kernel type.
      const at = name - firstOffset;
      const hash = at >= 0 && at < section.length ? hashName(section, at) : strings.nameHash(name);
      const bucket = hash & (heads.length - 1);
      next[i] = heads[bucket] ?? 0;
      heads[bucket] = i + 1;
    }
    this.#types = types;
    this.#heads = heads;
    this.#next = next;
  }

  /** Adds to `ids` those of the types with this name, or of those that have it once their flavour is off. */
  find(name: string, essential: boolean, ids: number[]): number[] {
    if (name === "") return ids;
    const key = encoder.encode(name);
    const { strings, words, starts, firstId } = this.#types;
    let link = this.#heads[hashName(key, 0) & (this.#heads.length - 1)] ?? 0;
    while (link !== 0) {
      const index = link - 1;
      if (strings.matches(words[starts[index] ?? 0] ?? 0, key, essential)) ids.push(firstId + index);
      link = this.#next[index] ?? 0;
    }
    return ids;
  }
}
