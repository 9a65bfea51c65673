/** Maps without keys: queues, stacks and Bloom filters. */
import { ERRNO, type KeyText, keyText, type Shape, type Store, UPDATE } from "./_store.ts";
import { type Region, region, viewOf } from "./_memory.ts";

/** What the helpers for maps without keys ask for. Each returns 0 or a negative error number. */
export interface KeylessStore extends Store {
  push(value: Uint8Array, flags: number): number;
  /** Fills `value` in; with zeroes where there is none. */
  pop(value: Uint8Array): number;
  /** Fills `value` in, or looks whether it is there. */
  peek(value: Uint8Array): number;
}

abstract class Keyless {
  readonly values: Region = region("a map without keys", new Uint8Array(0));

  find(): number {
    return -1;
  }

  remove(): number {
    return -ERRNO.EINVAL;
  }

  keys(): Iterable<Uint8Array> {
    return [];
  }
}

/** A queue, or a stack where the last one in is the first one out. */
export class QueueStore extends Keyless implements KeylessStore {
  readonly #shape: Shape;
  readonly #stack: boolean;
  readonly #elements: Uint8Array[] = [];

  /** Makes an empty one. */
  constructor(shape: Shape, stack: boolean) {
    super();
    this.#shape = shape;
    this.#stack = stack;
  }

  get size(): number {
    return this.#elements.length;
  }

  update(_key: Uint8Array, value: Uint8Array, flags: number): number {
    return this.push(value, flags);
  }

  push(value: Uint8Array, flags: number): number {
    if (flags !== UPDATE.ANY && flags !== UPDATE.EXIST) return -ERRNO.EINVAL;
    if (this.#elements.length >= this.#shape.maxEntries) {
      if (flags !== UPDATE.EXIST) return -ERRNO.E2BIG;
      this.#elements.shift();
    }
    this.#elements.push(new Uint8Array(value));
    return 0;
  }

  pop(value: Uint8Array): number {
    const result = this.peek(value);
    if (result === 0) this.#stack ? this.#elements.pop() : this.#elements.shift();
    return result;
  }

  peek(value: Uint8Array): number {
    const element = this.#stack ? this.#elements.at(-1) : this.#elements[0];
    if (element === undefined) {
      value.fill(0);
      return -ERRNO.ENOENT;
    }
    value.set(element);
    return 0;
  }
}

/** A Bloom filter that is never wrong: it knows all values that were pushed. */
export class BloomStore extends Keyless implements KeylessStore {
  readonly #size: number;
  readonly #values = new Set<KeyText>();

  /** Makes an empty one. */
  constructor({ valueSize }: Shape) {
    super();
    this.#size = valueSize;
  }

  get size(): number {
    return this.#values.size;
  }

  update(_key: Uint8Array, value: Uint8Array, flags: number): number {
    return this.push(value, flags);
  }

  push(value: Uint8Array, flags: number): number {
    if (flags !== UPDATE.ANY) return -ERRNO.EINVAL;
    this.#values.add(keyText(viewOf(value), 0, this.#size));
    return 0;
  }

  pop(): number {
    return -ERRNO.EOPNOTSUPP;
  }

  peek(value: Uint8Array): number {
    return this.#values.has(keyText(viewOf(value), 0, this.#size)) ? 0 : -ERRNO.ENOENT;
  }
}
