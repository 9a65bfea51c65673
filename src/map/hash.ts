/**
 * Hash maps: plain, least recently used, and per CPU.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { type Descriptor, ERRNO, MapElement } from "../sys/mod.ts";
import { BPF_ELEMENT_FLAG } from "../uapi/mod.ts";
import { elementError } from "./explain.ts";
import type { MapKind } from "./kind.ts";
import { BpfMap } from "./map.ts";
import { perCpu } from "./per_cpu.ts";

/** Whether a key has to be there, must not be there, or may be either. */
export type UpdateMode = "any" | "noexist" | "exist";

const MODES: Readonly<Record<UpdateMode, bigint>> = {
  any: BigInt(BPF_ELEMENT_FLAG.ANY),
  noexist: BigInt(BPF_ELEMENT_FLAG.NOEXIST),
  exist: BigInt(BPF_ELEMENT_FLAG.EXIST),
};

/**
 * A map from keys to values, used like JavaScript's `Map`.
 *
 * @typeParam K A key.
 * @typeParam V A value; in per-CPU maps an array with one value for each possible CPU.
 */
export class HashMap<K, V> extends BpfMap implements Iterable<[K, V]> {
  readonly #key: Codec<K>;
  readonly #value: Codec<V>;
  readonly #element: MapElement;

  /** Takes the descriptor over. */
  constructor(descriptor: Descriptor, name: string, key: Codec<K>, value: Codec<V>) {
    super(descriptor, name);
    this.#key = key;
    this.#value = value;
    this.#element = new MapElement(descriptor, key.size, value.size);
  }

  /** The value of a key; `undefined` where there is none. */
  get(key: K): V | undefined {
    this.#key.write(this.#element.key, 0, key);
    return this.#found(this.#element.lookup(), "look up");
  }

  /** Whether there is a value for the key. */
  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  /**
   * Sets the value of a key.
   *
   * @throws {MapFullError} There is no room for another key.
   * @throws {NotFoundError} With `exist`: the key is not there.
   * @throws {SyscallError} With `noexist`: the key is there.
   */
  set(key: K, value: V, mode: UpdateMode = "any"): this {
    this.#key.write(this.#element.key, 0, key);
    this.#value.write(this.#element.value, 0, value);
    const result = this.#element.update(MODES[mode]);
    if (result < 0) throw elementError("set", this.name, result);
    return this;
  }

  /** Removes a key. Returns whether it was there. */
  delete(key: K): boolean {
    this.#key.write(this.#element.key, 0, key);
    const result = this.#element.delete();
    if (result < 0 && result !== -ERRNO.ENOENT) throw elementError("delete", this.name, result);
    return result === 0;
  }

  /**
   * Removes a key and returns its value; `undefined` where there is none. Since Linux 5.14.
   *
   * @throws {NotSupportedError} The kernel is older.
   */
  take(key: K): V | undefined {
    this.#key.write(this.#element.key, 0, key);
    return this.#found(this.#element.take(), "take");
  }

  /**
   * The keys, in no particular order. A key that is removed meanwhile may make others appear twice; the number of
   * steps never exceeds the map's capacity.
   */
  *keys(): Generator<K, void, void> {
    const element = new MapElement(this.descriptor, this.#key.size, 0);
    const { maxEntries } = this.info;
    for (let i = 0; i < maxEntries; i++) {
      const result = element.nextKey(i === 0);
      if (result === -ERRNO.ENOENT) return;
      if (result < 0) throw elementError("list", this.name, result);
      yield this.#key.read(element.key, 0);
    }
  }

  /** Keys and values, as {@linkcode HashMap.keys} finds them; those removed meanwhile are left out. */
  *entries(): Generator<[K, V], void, void> {
    for (const key of this.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** The values, as {@linkcode HashMap.entries} finds them. */
  *values(): Generator<V, void, void> {
    for (const [, value] of this.entries()) yield value;
  }

  /** Keys and values. */
  [Symbol.iterator](): Generator<[K, V], void, void> {
    return this.entries();
  }

  #found(result: number, verb: string): V | undefined {
    if (result === 0) return this.#value.read(this.#element.value, 0);
    if (result === -ERRNO.ENOENT) return undefined;
    throw elementError(verb, this.name, result);
  }
}

/** Hash maps (`BPF_MAP_TYPE_HASH`; used like it: `BPF_MAP_TYPE_LRU_HASH`). Since Linux 3.19. */
export function hash<K, V>(key: Codec<K>, value: Codec<V>): MapKind<HashMap<K, V>> {
  return kind(["hash", "lru_hash"], key, value.size, () => value);
}

/** Hash maps that drop the least recently used keys when full (`BPF_MAP_TYPE_LRU_HASH`). Since Linux 4.10. */
export function lruHash<K, V>(key: Codec<K>, value: Codec<V>): MapKind<HashMap<K, V>> {
  return kind(["lru_hash"], key, value.size, () => value);
}

/** Hash maps with a value for each CPU (`BPF_MAP_TYPE_PERCPU_HASH`, `BPF_MAP_TYPE_LRU_PERCPU_HASH`). Since Linux 4.6. */
export function perCpuHash<K, V>(key: Codec<K>, value: Codec<V>): MapKind<HashMap<K, V[]>> {
  return kind(["percpu_hash", "lru_percpu_hash"], key, value.size, () => perCpu(value));
}

function kind<K, V>(
  types: MapKind<HashMap<K, V>>["types"],
  key: Codec<K>,
  valueSize: number,
  value: () => Codec<V>,
): MapKind<HashMap<K, V>> {
  return {
    types,
    keySize: key.size,
    valueSize,
    open: (descriptor, name) => new HashMap(descriptor, name, key, value()),
  };
}
