/**
 * Hash maps with a value for each CPU.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import type { MapHandle } from "./handle.ts";
import { HashMap, type UntypedValue } from "./hash.ts";
import type { MapKind } from "./kind.ts";
import { perCpu, PerCpuElements } from "./per_cpu.ts";

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
    super(handle, key, perCpu(value));
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
