/**
 * Arrays with a value for each CPU.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { ArrayMap } from "./array.ts";
import type { MapHandle } from "./handle.ts";
import type { UntypedValue } from "./hash.ts";
import type { MapKind } from "./kind.ts";
import { perCpu, PerCpuElements } from "./per_cpu.ts";

/**
 * An array whose elements have a value for each possible CPU, which programs change without contention.
 *
 * @typeParam V One CPU's value.
 */
export class PerCpuArrayMap<V> extends ArrayMap<V[]> {
  readonly #single: PerCpuElements<number, V>;

  /** Takes the descriptor of the handle over. `value` is of one CPU. */
  constructor(handle: MapHandle, value: Codec<V>) {
    super(handle, perCpu(value));
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
