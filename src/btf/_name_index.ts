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
  /** Those that have a name, as indices of `starts`, in ascending order. */
  readonly #named: Uint32Array;
  /** The first name of each bucket, as index of `named` + 1; 0 where the bucket is empty. */
  readonly #heads: Uint32Array;
  /** The next name in the same bucket, as index of `named` + 1. */
  readonly #next: Uint32Array;

  /** Indexes the types that `named` lists. */
  constructor(types: NamedTypes, named: Uint32Array) {
    const { strings, words, starts } = types;
    const heads = new Uint32Array(1 << (32 - Math.clz32(named.length)));
    const next = new Uint32Array(named.length);
    const { section, firstOffset } = strings;
    // Backwards, so that each bucket's list is in ascending order.
    for (let i = named.length - 1; i >= 0; i--) {
      const name = words[starts[named[i] ?? 0] ?? 0] ?? 0;
      // Own strings without a detour: this loop is most of what a process waits for that asks for one kernel type.
      const at = name - firstOffset;
      const hash = at >= 0 && at < section.length ? hashName(section, at) : strings.nameHash(name);
      const bucket = hash & (heads.length - 1);
      next[i] = heads[bucket] ?? 0;
      heads[bucket] = i + 1;
    }
    this.#types = types;
    this.#named = named;
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
      const index = this.#named[link - 1] ?? 0;
      if (strings.matches(words[starts[index] ?? 0] ?? 0, key, essential)) ids.push(firstId + index);
      link = this.#next[link - 1] ?? 0;
    }
    return ids;
  }
}
