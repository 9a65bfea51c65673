/** Hash tables: plain, with a value for each CPU, and those that drop what was used least recently. */
import { ERRNO, keyBytes, type KeyText, keyText, type Shape, Slab, type Store, UPDATE } from "./_store.ts";
import { type Region, viewOf } from "./_memory.ts";

/** How many elements a table first has room for. */
const FIRST_CAPACITY = 8;

/** What sets hash tables apart. */
export interface HashOptions {
  readonly cpus: number;
  /** Whether updates change values where they are, as those of per-CPU tables do. */
  readonly inPlace: boolean;
  /** Whether the element used least recently makes room for a new one. The kernel's choice is an approximation of it. */
  readonly lru: boolean;
}

/** A hash table. */
export class HashStore implements Store {
  readonly #slab: Slab;
  readonly #shape: Shape;
  readonly #options: HashOptions;
  /** The slots of the keys; in LRU tables by when they were used, the oldest first. */
  readonly #slots = new Map<KeyText, number>();
  /** Slots to use again, the one freed first in front: what programs still have addresses of lasts a while. */
  readonly #free: number[] = [];
  #next = 0;

  /** Makes an empty table. */
  constructor(shape: Shape, options: HashOptions) {
    this.#shape = shape;
    this.#options = options;
    this.#slab = new Slab(shape, Math.min(FIRST_CAPACITY, shape.maxEntries + 1), options.cpus);
  }

  get values(): Region {
    return this.#slab.region;
  }

  get size(): number {
    return this.#slots.size;
  }

  find(key: DataView, at: number, cpu: number, quietly = false): number {
    const text = keyText(key, at, this.#shape.keySize);
    const slot = this.#slots.get(text);
    if (slot === undefined) return -1;
    if (this.#options.lru && !quietly) this.#use(text, slot);
    return this.#slab.at(slot, cpu);
  }

  update(key: Uint8Array, value: Uint8Array, flags: number, cpu: number): number {
    const kind = flags & ~UPDATE.LOCK;
    if (kind > UPDATE.EXIST) return -ERRNO.EINVAL;
    const text = keyText(viewOf(key), 0, this.#shape.keySize);
    const old = this.#slots.get(text);
    if (old !== undefined && kind === UPDATE.NOEXIST) return -ERRNO.EEXIST;
    if (old === undefined && kind === UPDATE.EXIST) return -ERRNO.ENOENT;
    if (old !== undefined && (this.#options.inPlace || flags & UPDATE.LOCK)) {
      this.#slab.set(old, value, cpu, false);
      if (this.#options.lru) this.#use(text, old);
      return 0;
    }
    if (old === undefined && this.#slots.size >= this.#shape.maxEntries) {
      if (!this.#options.lru) return -ERRNO.E2BIG;
      for (const oldest of this.#slots.keys()) {
        this.#drop(oldest);
        break;
      }
    }
    // As in the kernel the value is a new one: who has the address of the old still sees that.
    const slot = this.#take();
    this.#slab.set(slot, value, cpu, true);
    if (old !== undefined) this.#free.push(old);
    this.#use(text, slot);
    return 0;
  }

  remove(key: Uint8Array): number {
    return this.#drop(keyText(viewOf(key), 0, this.#shape.keySize)) ? 0 : -ERRNO.ENOENT;
  }

  *keys(): Iterable<Uint8Array> {
    for (const key of [...this.#slots.keys()]) yield keyBytes(key, this.#shape.keySize);
  }

  #use(key: KeyText, slot: number): void {
    if (this.#options.lru) this.#slots.delete(key);
    this.#slots.set(key, slot);
  }

  #drop(key: KeyText): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return false;
    this.#slots.delete(key);
    this.#free.push(slot);
    return true;
  }

  /** A slot that no element has; a table has one more than elements, so that a value can be replaced. */
  #take(): number {
    const slot = this.#next <= this.#shape.maxEntries ? this.#next++ : this.#free.shift() ?? this.#next++;
    this.#slab.reach(slot);
    return slot;
  }
}
