/**
 * Arrays: plain and per CPU.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { Elements, lookupFlags, type LookupOptions, updateFlags, type UpdateOptions } from "./elements.ts";
import { indexKey, type MapHandle } from "./handle.ts";
import type { UntypedValue } from "./hash.ts";
import type { BatchOptions } from "./keyed.ts";
import type { MapKind } from "./kind.ts";
import { BpfMap } from "./map.ts";
import { MapMemory } from "./memory.ts";
import { perCpu, PerCpuElements } from "./per_cpu.ts";
import { watch, type WatchOptions } from "./watch.ts";

/**
 * An array whose elements always exist; new ones are all zeroes.
 *
 * @typeParam V An element; in per-CPU arrays an array with one value for each possible CPU.
 */
export class ArrayMap<V> extends BpfMap implements Iterable<V> {
  /** The elements. */
  protected readonly elements: Elements<number, V>;
  /** The number of elements. */
  readonly length: number;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle);
    this.length = handle.facts.maxEntries;
    this.elements = new Elements(handle, indexKey(handle), value);
  }

  /**
   * The element at an index.
   *
   * @throws {RangeError} There is no such index.
   */
  get(index: number, options?: Pick<LookupOptions, "lock">): V {
    return this.elements.get(index, lookupFlags(options)) as V;
  }

  /**
   * Sets the element at an index.
   *
   * @throws {RangeError} There is no such index.
   */
  set(index: number, value: V, options?: Pick<UpdateOptions, "lock">): this {
    this.elements.set(index, value, updateFlags(options));
    return this;
  }

  /** Sets many elements, with one system call for hundreds where the kernel can (Linux 5.6). Returns how many. */
  setAll(entries: Iterable<readonly [number, V]>, options?: Pick<UpdateOptions, "lock">): number {
    return this.elements.setAll(entries, updateFlags(options));
  }

  /** The indices in order. */
  keys(): Generator<number, void, void> {
    return this.elements.keys();
  }

  /** The elements in order. */
  values(): Generator<V, void, void> {
    return this.elements.values();
  }

  /** Indices and elements in order. */
  entries(): Generator<[number, V], void, void> {
    return this.elements.entries();
  }

  /** The elements in order. */
  [Symbol.iterator](): Generator<V, void, void> {
    return this.elements.values();
  }

  /** Indices and elements in parts, each by one system call where the kernel can. */
  batches(options: BatchOptions = {}): Generator<[number, V][], void, void> {
    return this.elements.batches(options);
  }

  /** All elements now, and again and again. */
  watch(options: WatchOptions): AsyncIterableIterator<V[]> {
    return watch(this.elements, () => [...this], options);
  }
}

/**
 * An array with one value an element, which can be mapped into memory.
 *
 * @typeParam V An element.
 */
export class PlainArrayMap<V> extends ArrayMap<V> {
  /**
   * The elements in memory, shared with the running programs: neither side makes a system call. The map must have been
   * created with the flag `mmapable`. Read-only where the map is. Closed by itself. Since Linux 5.5.
   *
   * @throws {NotSupportedError} The map was created without the flag.
   * @throws {PermissionError} The map was opened for reading alone.
   */
  memory(): MapMemory<V> {
    return new MapMemory(this.descriptor, this.facts, this.elements.value);
  }
}

/** Arrays (`BPF_MAP_TYPE_ARRAY`). Since Linux 3.19. */
export function array<V>(value: Codec<V>): MapKind<PlainArrayMap<V>>;
/** Arrays that exist, with elements as their BTF has them. */
export function array(): MapKind<PlainArrayMap<UntypedValue>>;
export function array<V>(value?: Codec<V>): MapKind<PlainArrayMap<V>> {
  return {
    types: ["array"],
    keySize: 4,
    valueSize: value?.size,
    value,
    open: (handle) => new PlainArrayMap(handle, handle.value(value)),
  };
}

/**
 * An array whose elements have a value for each possible CPU, which programs change without contention.
 *
 * @typeParam V One CPU's value.
 */
export class PerCpuArrayMap<V> extends ArrayMap<V[]> {
  readonly #single: PerCpuElements<number, V>;

  /** Takes the descriptor of the handle over. `value` is of one CPU. */
  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle, perCpu(value, handle.cpus));
    this.#single = new PerCpuElements(this.elements, value);
  }

  /**
   * The sum of all CPUs: of numbers, or of each field of structs.
   *
   * @throws {RangeError} There is no such index.
   * @throws {TypeError} The values have parts without a sum, as text.
   */
  sum(index: number): V {
    return this.#single.sum(index) as V;
  }

  /**
   * One CPU's value.
   *
   * @throws {RangeError} There is no such index, or no such CPU.
   */
  getCpu(index: number, cpu: number): V {
    return this.#single.get(index, cpu) as V;
  }

  /**
   * Sets one CPU's value and leaves the others (`BPF_F_CPU`). Since Linux 7.0.
   *
   * @throws {NotSupportedError} The kernel is older.
   * @throws {RangeError} There is no such index, or no such CPU.
   */
  setCpu(index: number, cpu: number, value: V): this {
    this.#single.set(index, cpu, value);
    return this;
  }

  /**
   * Sets the values of all CPUs to the same.
   *
   * @throws {RangeError} There is no such index.
   */
  fill(index: number, value: V): this {
    this.#single.fill(index, value);
    return this;
  }
}

/** Arrays with a value for each CPU (`BPF_MAP_TYPE_PERCPU_ARRAY`). Since Linux 4.6. */
export function perCpuArray<V>(value: Codec<V>): MapKind<PerCpuArrayMap<V>>;
/** Such arrays that exist, with elements as their BTF has them. */
export function perCpuArray(): MapKind<PerCpuArrayMap<UntypedValue>>;
export function perCpuArray<V>(value?: Codec<V>): MapKind<PerCpuArrayMap<V>> {
  return {
    types: ["percpu_array"],
    keySize: 4,
    valueSize: value?.size,
    value,
    open: (handle) => new PerCpuArrayMap(handle, handle.value(value)),
  };
}
