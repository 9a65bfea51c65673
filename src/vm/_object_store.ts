/** Maps of programs and of maps: elements that only the test sets. */
import { type Region, region, viewOf } from "./_memory.ts";
import { ERRNO, keyBytes, type KeyText, keyText, type Shape, type Store } from "./_store.ts";

/** Names of programs, or maps, by key. */
export class ObjectStore<T> implements Store {
  readonly values: Region = region("a map of objects", new Uint8Array(0));
  readonly #shape: Shape;
  readonly #isArray: boolean;
  readonly #objects = new Map<KeyText, T>();

  /** Makes an empty one. */
  constructor(shape: Shape, isArray: boolean) {
    this.#shape = shape;
    this.#isArray = isArray;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** What an element is. */
  object(key: DataView, at: number): T | undefined {
    return this.#objects.get(keyText(key, at, this.#shape.keySize));
  }

  /** Sets an element; 0 or a negative error number. */
  put(key: Uint8Array, object: T): number {
    const text = keyText(viewOf(key), 0, this.#shape.keySize);
    const full = this.#isArray
      ? Number(text) >= this.#shape.maxEntries
      : !this.#objects.has(text) && this.#objects.size >= this.#shape.maxEntries;
    if (full) return -ERRNO.E2BIG;
    this.#objects.set(text, object);
    return 0;
  }

  find(): number {
    return -1;
  }

  update(): number {
    return -ERRNO.EINVAL;
  }

  remove(key: Uint8Array): number {
    return this.#objects.delete(keyText(viewOf(key), 0, this.#shape.keySize)) ? 0 : -ERRNO.ENOENT;
  }

  *keys(): Iterable<Uint8Array> {
    for (const key of [...this.#objects.keys()]) yield keyBytes(key, this.#shape.keySize);
  }
}
