/** Tries of prefixes (`BPF_MAP_TYPE_LPM_TRIE`): a length in bits, then the bytes. */
import { ERRNO, type Shape, Slab, type Store, UPDATE } from "./_store.ts";
import { type Region, viewOf } from "./_memory.ts";

/** The length of the prefix, before the bytes of a key. */
const LENGTH_SIZE = 4;

/** Elements by the length of their prefixes, then by the bits of these. */
export class TrieStore implements Store {
  readonly #slab: Slab;
  readonly #shape: Shape;
  readonly #lengths = new Map<number, Map<string, number>>();
  readonly #free: number[] = [];
  readonly #maxLength: number;
  #next = 0;
  #size = 0;

  /** Makes an empty trie. */
  constructor(shape: Shape) {
    this.#shape = shape;
    this.#slab = new Slab(shape, 8, 1);
    this.#maxLength = (shape.keySize - LENGTH_SIZE) * 8;
  }

  get values(): Region {
    return this.#slab.region;
  }

  get size(): number {
    return this.#size;
  }

  find(key: DataView, at: number): number {
    const longest = key.getUint32(at, true);
    if (longest > this.#maxLength) return -1;
    const bits = this.#bits(key, at);
    let best = -1;
    let found = -1;
    for (const [length, elements] of this.#lengths) {
      if (length > longest || length <= best) continue;
      const slot = elements.get(bits.slice(0, length));
      if (slot !== undefined) [best, found] = [length, slot];
    }
    return found < 0 ? -1 : this.#slab.at(found, 0);
  }

  update(key: Uint8Array, value: Uint8Array, flags: number): number {
    if (flags > UPDATE.EXIST) return -ERRNO.EINVAL;
    const view = viewOf(key);
    const length = view.getUint32(0, true);
    if (length > this.#maxLength) return -ERRNO.EINVAL;
    const bits = this.#bits(view, 0).slice(0, length);
    let elements = this.#lengths.get(length);
    const old = elements?.get(bits);
    if (old !== undefined && flags === UPDATE.NOEXIST) return -ERRNO.EEXIST;
    if (old === undefined && flags === UPDATE.EXIST) return -ERRNO.ENOENT;
    if (old === undefined && this.#size >= this.#shape.maxEntries) return -ERRNO.ENOSPC;
    const slot = this.#next <= this.#shape.maxEntries ? this.#next++ : this.#free.shift() ?? this.#next++;
    this.#slab.reach(slot);
    this.#slab.set(slot, value, 0, true);
    if (old === undefined) this.#size++;
    else this.#free.push(old);
    if (elements === undefined) this.#lengths.set(length, elements = new Map());
    elements.set(bits, slot);
    return 0;
  }

  remove(key: Uint8Array): number {
    const view = viewOf(key);
    const length = view.getUint32(0, true);
    if (length > this.#maxLength) return -ERRNO.EINVAL;
    const elements = this.#lengths.get(length);
    const bits = this.#bits(view, 0).slice(0, length);
    const slot = elements?.get(bits);
    if (elements === undefined || slot === undefined) return -ERRNO.ENOENT;
    elements.delete(bits);
    this.#free.push(slot);
    this.#size--;
    return 0;
  }

  *keys(): Iterable<Uint8Array> {
    for (const [length, elements] of this.#lengths) {
      for (const bits of [...elements.keys()]) {
        const key = new Uint8Array(this.#shape.keySize);
        viewOf(key).setUint32(0, length, true);
        for (let bit = 0; bit < length; bit++) {
          if (bits[bit] === "1") key[LENGTH_SIZE + (bit >> 3)]! |= 0x80 >> (bit & 7);
        }
        yield key;
      }
    }
  }

  #bits(key: DataView, at: number): string {
    let bits = "";
    for (let i = LENGTH_SIZE; i < this.#shape.keySize; i++) {
      bits += key.getUint8(at + i).toString(2).padStart(8, "0");
    }
    return bits;
  }
}
