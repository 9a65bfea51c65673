/** Arrays: of values, also one for each CPU; and arrays that start empty, of devices, CPUs and sockets. */
import { ERRNO, type Shape, Slab, type Store, UPDATE } from "./_store.ts";
import { type Region, viewOf } from "./_memory.ts";

/** The most bytes an array may take: beyond, a test has something else in mind. */
const MOST_BYTES = 1 << 30;

/** An array, all of whose elements are there from the start. */
export class ArrayStore implements Store {
  readonly #slab: Slab;
  readonly #shape: Shape;

  /** Makes all elements zeroes, or the first one what is given. */
  constructor(shape: Shape, cpus: number, contents?: Uint8Array, writable = true) {
    checkSize(shape, cpus);
    this.#shape = shape;
    this.#slab = new Slab(shape, shape.maxEntries, cpus, writable);
    if (contents) this.#slab.region.bytes.set(contents.subarray(0, shape.valueSize));
  }

  get values(): Region {
    return this.#slab.region;
  }

  get size(): number {
    return this.#shape.maxEntries;
  }

  find(key: DataView, at: number, cpu: number): number {
    const index = key.getUint32(at, true);
    return index < this.#shape.maxEntries ? this.#slab.at(index, cpu) : -1;
  }

  update(key: Uint8Array, value: Uint8Array, flags: number, cpu: number): number {
    if ((flags & ~UPDATE.LOCK) > UPDATE.EXIST) return -ERRNO.EINVAL;
    const index = viewOf(key).getUint32(0, true);
    if (index >= this.#shape.maxEntries) return -ERRNO.E2BIG;
    if (flags & UPDATE.NOEXIST) return -ERRNO.EEXIST;
    this.#slab.set(index, value, cpu, false);
    return 0;
  }

  remove(): number {
    return -ERRNO.EINVAL;
  }

  *keys(): Iterable<Uint8Array> {
    for (let index = 0; index < this.#shape.maxEntries; index++) {
      yield new Uint8Array(Uint32Array.of(index).buffer);
    }
  }
}

/** An array whose elements are there once they were set. */
export class SparseArrayStore implements Store {
  readonly #slab: Slab;
  readonly #shape: Shape;
  readonly #set = new Set<number>();

  /** Makes an array with no elements. */
  constructor(shape: Shape) {
    checkSize(shape, 1);
    this.#shape = shape;
    this.#slab = new Slab(shape, shape.maxEntries, 1);
  }

  get values(): Region {
    return this.#slab.region;
  }

  get size(): number {
    return this.#set.size;
  }

  find(key: DataView, at: number): number {
    const index = key.getUint32(at, true);
    return this.#set.has(index) ? this.#slab.at(index, 0) : -1;
  }

  update(key: Uint8Array, value: Uint8Array, flags: number): number {
    if (flags > UPDATE.EXIST) return -ERRNO.EINVAL;
    const index = viewOf(key).getUint32(0, true);
    if (index >= this.#shape.maxEntries) return -ERRNO.E2BIG;
    if (flags === UPDATE.NOEXIST) return -ERRNO.EEXIST;
    this.#slab.set(index, value, 0, true);
    this.#set.add(index);
    return 0;
  }

  remove(key: Uint8Array): number {
    const index = viewOf(key).getUint32(0, true);
    if (index >= this.#shape.maxEntries) return -ERRNO.EINVAL;
    return this.#set.delete(index) ? 0 : -ERRNO.ENOENT;
  }

  *keys(): Iterable<Uint8Array> {
    for (const index of [...this.#set].sort((a, b) => a - b)) {
      yield new Uint8Array(Uint32Array.of(index).buffer);
    }
  }
}

function checkSize({ name, keySize, maxEntries, valueSize }: Shape, cpus: number): void {
  if (keySize !== 4) {
    throw new RangeError(`Cannot make map "${name}": arrays have keys of 4 bytes, not ${keySize}`);
  }
  const size = maxEntries * Math.ceil(valueSize / 8) * 8 * cpus;
  if (size <= MOST_BYTES) return;
  throw new RangeError(`Cannot make map "${name}": its ${size} bytes are more than ${MOST_BYTES}`);
}
