/**
 * Hash maps: plain, least recently used, and per CPU.
 *
 * @module
 */
import type { BtfValue } from "../btf/core.ts";
import type { Codec } from "../codec/mod.ts";
import { Elements, lookupFlags, type LookupOptions } from "./elements.ts";
import type { MapHandle } from "./handle.ts";
import { type BatchOptions, KeyedMap } from "./keyed.ts";
import type { MapKind } from "./kind.ts";
import { perCpu, PerCpuElements } from "./per_cpu.ts";

/** What a key or value is where only BTF tells: see {@linkcode BtfValue}; its bytes where there is none either. */
export type UntypedValue = BtfValue | Uint8Array;

/**
 * A hash map, used like JavaScript's `Map`.
 *
 * @typeParam K A key.
 * @typeParam V A value; in per-CPU maps an array with one value for each possible CPU.
 */
export class HashMap<K, V> extends KeyedMap<K, V> {
  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, key: Codec<K>, value: Codec<V>) {
    super(handle, new Elements(handle, key, value));
  }

  /**
   * Removes a key and returns its value; `undefined` where there is none. Since Linux 5.14.
   *
   * @throws {NotSupportedError} The kernel is older.
   */
  take(key: K, options?: LookupOptions): V | undefined {
    return this.elements.take(key, lookupFlags(options));
  }

  /**
   * Removes all elements and returns them, in parts, each removed by one system call. Leaving the loop leaves the rest in
   * the map. Since Linux 5.6.
   *
   * @throws {NotSupportedError} The kernel is older.
   */
  takeBatches(options: BatchOptions = {}): Generator<[K, V][], void, void> {
    return this.elements.batches({ ...options, take: true });
  }
}

/** Hash maps (`BPF_MAP_TYPE_HASH`; used like it: `BPF_MAP_TYPE_LRU_HASH`). Since Linux 3.19. */
export function hash<K, V>(key: Codec<K>, value: Codec<V>): MapKind<HashMap<K, V>>;
/** Hash maps that exist, with keys and values as their BTF has them. */
export function hash(): MapKind<HashMap<UntypedValue, UntypedValue>>;
export function hash<K, V>(key?: Codec<K>, value?: Codec<V>): MapKind<HashMap<K, V>> {
  return hashKind(["hash", "lru_hash"], key, value);
}

/** Hash maps that drop the least recently used keys when full (`BPF_MAP_TYPE_LRU_HASH`). Since Linux 4.10. */
export function lruHash<K, V>(key: Codec<K>, value: Codec<V>): MapKind<HashMap<K, V>>;
/** Such maps that exist, with keys and values as their BTF has them. */
export function lruHash(): MapKind<HashMap<UntypedValue, UntypedValue>>;
export function lruHash<K, V>(key?: Codec<K>, value?: Codec<V>): MapKind<HashMap<K, V>> {
  return hashKind(["lru_hash"], key, value);
}

function hashKind<K, V>(
  types: MapKind<HashMap<K, V>>["types"],
  key: Codec<K> | undefined,
  value: Codec<V> | undefined,
): MapKind<HashMap<K, V>> {
  return {
    types,
    keySize: key?.size,
    valueSize: value?.size,
    key,
    value,
    open: (handle) => new HashMap(handle, handle.key(key), handle.value(value)),
  };
}

/**
 * A hash map with a value for each possible CPU, which programs change without contention.
 *
 * @typeParam K A key.
 * @typeParam V One CPU's value.
 */
export class PerCpuHashMap<K, V> extends HashMap<K, V[]> {
  readonly #single: PerCpuElements<K, V>;

  /** Takes the descriptor of the handle over. `value` is of one CPU. */
  constructor(handle: MapHandle, key: Codec<K>, value: Codec<V>) {
    super(handle, key, perCpu(value, handle.cpus));
    this.#single = new PerCpuElements(this.elements, value);
  }

  /**
   * The sum of all CPUs: of numbers, or of each field of structs; `undefined` where there is no such key.
   *
   * @throws {TypeError} The values have parts without a sum, as text.
   */
  sum(key: K): V | undefined {
    return this.#single.sum(key);
  }

  /**
   * One CPU's value; `undefined` where there is no such key.
   *
   * @throws {RangeError} There is no such CPU.
   */
  getCpu(key: K, cpu: number): V | undefined {
    return this.#single.get(key, cpu);
  }

  /**
   * Sets one CPU's value and leaves the others (`BPF_F_CPU`). Since Linux 7.0.
   *
   * @throws {NotSupportedError} The kernel is older.
   * @throws {RangeError} There is no such CPU.
   */
  setCpu(key: K, cpu: number, value: V): this {
    this.#single.set(key, cpu, value);
    return this;
  }

  /** Sets the values of all CPUs to the same. */
  fill(key: K, value: V): this {
    this.#single.fill(key, value);
    return this;
  }
}

/** Hash maps with a value for each CPU (`BPF_MAP_TYPE_PERCPU_HASH`, `BPF_MAP_TYPE_LRU_PERCPU_HASH`). Since Linux 4.6. */
export function perCpuHash<K, V>(key: Codec<K>, value: Codec<V>): MapKind<PerCpuHashMap<K, V>>;
/** Such maps that exist, with keys and values as their BTF has them. */
export function perCpuHash(): MapKind<PerCpuHashMap<UntypedValue, UntypedValue>>;
export function perCpuHash<K, V>(key?: Codec<K>, value?: Codec<V>): MapKind<PerCpuHashMap<K, V>> {
  return perCpuHashKind(["percpu_hash", "lru_percpu_hash"], key, value);
}

/** Those that drop the least recently used keys when full (`BPF_MAP_TYPE_LRU_PERCPU_HASH`). Since Linux 4.10. */
export function lruPerCpuHash<K, V>(key: Codec<K>, value: Codec<V>): MapKind<PerCpuHashMap<K, V>>;
/** Such maps that exist, with keys and values as their BTF has them. */
export function lruPerCpuHash(): MapKind<PerCpuHashMap<UntypedValue, UntypedValue>>;
export function lruPerCpuHash<K, V>(key?: Codec<K>, value?: Codec<V>): MapKind<PerCpuHashMap<K, V>> {
  return perCpuHashKind(["lru_percpu_hash"], key, value);
}

function perCpuHashKind<K, V>(
  types: MapKind<PerCpuHashMap<K, V>>["types"],
  key: Codec<K> | undefined,
  value: Codec<V> | undefined,
): MapKind<PerCpuHashMap<K, V>> {
  return {
    types,
    keySize: key?.size,
    valueSize: value?.size,
    key,
    value,
    open: (handle) => new PerCpuHashMap(handle, handle.key(key), handle.value(value)),
  };
}
