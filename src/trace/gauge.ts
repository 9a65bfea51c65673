/**
 * Gauges.
 *
 * @module
 */
import { type Codec, i64 } from "../codec/mod.ts";
import type { SharedSpec, SharedUse } from "../lang/mod.ts";
import type { BpfMap } from "../map/core.ts";
import { Aggregate, type KeyedOptions } from "./_aggregate.ts";
import type { CounterKey } from "./counter.ts";
import type { LiveOptions } from "./live.ts";
import { type KernelValue, Shared } from "./shared.ts";

/** A gauge inside of a kernel function. */
export interface KernelGauge<K> {
  /** Sets the value, of a key or of all. */
  set(value: number, key?: KernelValue<K>): void;
  /** Adds to the value, which begins at 0. */
  add(amount: number, key?: KernelValue<K>): void;
  /** Subtracts from the value, which begins at 0. */
  sub(amount: number, key?: KernelValue<K>): void;
}

/**
 * Numbers that go up and down, by keys or one for all: the last value. All CPUs share it; what is added and subtracted is exact.
 *
 * @typeParam K A key.
 */
export class Gauge<K = CounterKey> extends Shared<KernelGauge<K>> implements Iterable<[K, number]> {
  readonly #cells: Aggregate<K, bigint>;

  /** Made by {@linkcode gauge}. */
  constructor(key: Codec<K> | undefined, options: KeyedOptions) {
    super();
    this.#cells = new Aggregate("the gauge", { ...options, key, value: i64, perCpu: false });
  }

  /** The value of a key, or the one without keys; `undefined` where there is none yet. */
  get(key?: K): number | undefined {
    const [value] = key === undefined ? this.#cells.at(0) : this.#cells.get(key);
    return value === undefined ? undefined : Number(value);
  }

  /** Keys and their values, in no particular order; none where it has no keys. */
  *entries(): Generator<[K, number], void, void> {
    for (const [key, [value]] of this.#cells.entries()) yield [key, Number(value)];
  }

  /** Keys and their values, in no particular order. */
  [Symbol.iterator](): Generator<[K, number], void, void> {
    return this.entries();
  }

  /**
   * Shows it on standard output, again and again, until Ctrl-C, the end that the options say, or nobody reads any more; then once
   * more.
   */
  async live(options: LiveOptions = {}): Promise<void> {
    const { liveTable } = await import("./_live.ts");
    const rows = () => this.#cells.isKeyed ? this : [[undefined, this.get() ?? 0] as const];
    await liveTable(options, rows, [{ header: "VALUE", value: (value) => value }], (value) => value);
  }

  /** How often a key was left out because there was no room for it. */
  get lost(): number {
    return this.#cells.lost;
  }

  /** Begins again: without keys at 0. */
  clear(): void {
    this.#cells.clear(0n);
  }

  /** @ignore */
  override get spec(): SharedSpec {
    return { kind: "gauge", key: this.#cells.key };
  }

  /** @ignore */
  override open(name: string, use: SharedUse): Readonly<Record<string, BpfMap>> {
    return this.#cells.open(name, use, this.create);
  }

  /** Closes the map. */
  override close(): void {
    this.#cells.close();
  }
}

/**
 * Makes a gauge for kernel functions. What its keys are, they tell by their first use of it, or a codec says.
 *
 * @example How many bytes of memory each process has asked for and not given back
 * ```ts
 * import { gauge } from "@waggle/ebpf/trace";
 *
 * const memory = gauge<string>();
 * ```
 */
export function gauge<K = CounterKey>(key?: Codec<K>, options: KeyedOptions = {}): Gauge<K> {
  return new Gauge(key, options);
}
