/**
 * Names of ranges of addresses.
 *
 * @module
 */

/** What a table is made of: one of each an entry, and of entries that overlap the last counts. */
export interface Entries {
  /** Where each begins. */
  readonly starts: ArrayLike<number>;
  /** Where each ends. */
  readonly ends: ArrayLike<number>;
  /** Where the name of each is in the text. */
  readonly names: ArrayLike<number>;
  /** Of the names, each ended by a byte below 0x20. */
  readonly text: Uint8Array;
}

/** Names that are kept as strings; beyond it they are made anew. */
const MOST_STRINGS = 1 << 16;
const DECODER = new TextDecoder();

/** Finds what an address is of. */
export class AddressTable {
  readonly #starts: Float64Array;
  readonly #owners: Int32Array;
  readonly #origins: Float64Array;
  readonly #names: Uint32Array;
  readonly #text: Uint8Array;
  readonly #rename: (name: string) => string;
  readonly #strings = new Map<number, string>();

  /** `rename` makes of a name in the text what it is called. */
  constructor({ starts, ends, names, text }: Entries, rename: (name: string) => string = (name) => name) {
    const ranges = disjoint(starts, ends);
    this.#starts = new Float64Array(ranges.starts);
    this.#owners = new Int32Array(ranges.owners);
    this.#origins = new Float64Array(starts);
    this.#names = new Uint32Array(names);
    this.#text = text;
    this.#rename = rename;
  }

  /** How much memory it takes but for strings, in bytes. */
  get size(): number {
    return this.#starts.byteLength + this.#owners.byteLength + this.#origins.byteLength +
      this.#names.byteLength + this.#text.byteLength;
  }

  /** The number of the entry that an address is in; -1 where it is in none. */
  find(address: number): number {
    return this.#owners[lastUpTo(this.#starts, address)] ?? -1;
  }

  /** Where an entry begins. */
  startOf(entry: number): number {
    return this.#origins[entry] ?? 0;
  }

  /** What an entry is called. */
  nameOf(entry: number): string {
    const known = this.#strings.get(entry);
    if (known !== undefined) return known;
    if (this.#strings.size >= MOST_STRINGS) this.#strings.clear();
    const start = this.#names[entry] ?? 0;
    const name = this.#rename(DECODER.decode(this.#text.subarray(start, nameEnd(this.#text, start))));
    this.#strings.set(entry, name);
    return name;
  }
}

/** Where a name ends. */
export function nameEnd(text: Uint8Array, start: number): number {
  let end = start;
  while (end < text.length && (text[end] ?? 0) >= 0x20) end++;
  return end;
}

/** The index of the last value up to `wanted` in ascending ones; -1 where all are above. */
export function lastUpTo(values: Float64Array, wanted: number): number {
  let [from, to] = [0, values.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((values[middle] ?? 0) <= wanted) from = middle + 1;
    else to = middle;
  }
  return from - 1;
}

/** The numbers below `length` by an order; fast where that is nearly their own. */
export function sortedIndices(length: number, compare: (a: number, b: number) => number): Uint32Array {
  const indices = new Uint32Array(length);
  for (let index = 0; index < length; index++) indices[index] = index;
  for (let index = 1; index < length; index++) {
    if (compare(index - 1, index) > 0) return indices.sort(compare);
  }
  return indices;
}

/** The numbers in the order of their indices. */
export function inOrder(numbers: ArrayLike<number>, order: Uint32Array): Float64Array {
  const result = new Float64Array(order.length);
  for (let index = 0; index < order.length; index++) result[index] = numbers[order[index] ?? 0] ?? 0;
  return result;
}

interface Ranges {
  /** Ascending; each reaches to the next. */
  readonly starts: readonly number[];
  /** The entry that each is of; -1 where it is of none. */
  readonly owners: readonly number[];
}

/** Cuts entries that overlap into ranges that do not, each of the last entry that has it. */
function disjoint(starts: ArrayLike<number>, ends: ArrayLike<number>): Ranges {
  const ranges = { starts: [] as number[], owners: [] as number[] };
  const start = (entry: number) => starts[entry] ?? 0;
  const end = (entry: number) => ends[entry] ?? 0;
  const order = sortedIndices(starts.length, (a, b) => start(a) - start(b));
  const open = new Heap();

  const add = (at: number, owner: number) => {
    if (ranges.starts.at(-1) === at) {
      ranges.owners[ranges.owners.length - 1] = owner;
    } else {
      ranges.starts.push(at);
      ranges.owners.push(owner);
    }
  };
  const closeUntil = (limit: number) => {
    while (open.top >= 0 && end(open.top) <= limit) {
      const at = end(open.top);
      while (open.top >= 0 && end(open.top) <= at) open.pop();
      add(at, open.top);
    }
  };

  for (const entry of order) {
    if (!(end(entry) > start(entry))) continue;
    closeUntil(start(entry));
    open.push(entry);
    if (open.top === entry) add(start(entry), entry);
  }
  closeUntil(Infinity);
  return ranges;
}

/** Numbers of which the greatest is at hand. */
class Heap {
  readonly #items: number[] = [];

  /** The greatest; -1 where there is none. */
  get top(): number {
    return this.#items[0] ?? -1;
  }

  push(item: number): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const other = items[above] ?? 0;
      if (other >= item) break;
      items[at] = other;
      at = above;
    }
    items[at] = item;
  }

  /** Removes the greatest. */
  pop(): void {
    const items = this.#items;
    const item = items.pop();
    if (item === undefined || items.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      if ((items[below + 1] ?? -1) > (items[below] ?? -1)) below++;
      const other = items[below] ?? -1;
      if (other <= item) break;
      items[at] = other;
      at = below;
    }
    items[at] = item;
  }
}
