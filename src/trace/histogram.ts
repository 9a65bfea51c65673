/**
 * Histograms.
 *
 * @module
 */
import { u64 } from "../codec/mod.ts";
import { BELOW_ZERO, type SharedSpec, type SharedUse } from "../lang/mod.ts";
import { type BpfMap, perCpuArray, type PerCpuArrayMap } from "../map/core.ts";
import { type Histogram, log2Histogram, type Unit } from "../output/core.ts";
import { LateMap, Shared } from "./shared.ts";

/** Options of {@linkcode histogram}. */
export interface HistogramOptions {
  /** What the values are; plain counts by default. */
  readonly unit?: Unit;
}

/** A histogram inside of a kernel function. */
export interface KernelHistogram {
  /** Counts a value. */
  record(value: number): void;
}

/** How often values of which size occur, in buckets that grow by powers of two. Each CPU counts by itself. */
export class SharedHistogram extends Shared<KernelHistogram> {
  readonly #unit: Unit;
  readonly #late: LateMap<PerCpuArrayMap<bigint>> = new LateMap("the histogram");

  /** Made by {@linkcode histogram}. */
  constructor({ unit = "count" }: HistogramOptions) {
    super();
    this.#unit = unit;
  }

  /** What was counted so far. */
  snapshot(): Histogram {
    const sums = [...this.#late.map ?? []].map((counts) => counts.reduce((sum, count) => sum + count, 0n));
    const buckets = sums.map((sum, bucket) => [bucket === BELOW_ZERO ? -1 : bucket, sum] as const);
    return log2Histogram({ unit: this.#unit, buckets });
  }

  /** As bars, one line a bucket, with percentiles below. */
  override toString(): string {
    return this.snapshot().toString();
  }

  /** Begins again without values. */
  clear(): void {
    const { map } = this.#late;
    for (let bucket = 0; map && bucket <= BELOW_ZERO; bucket++) map.fill(bucket, 0n);
  }

  /** @ignore */
  override get spec(): SharedSpec {
    return { kind: "histogram" };
  }

  /** @ignore */
  override open(name: string, _use: SharedUse): Readonly<Record<string, BpfMap>> {
    const map = this.#late.open(() => this.create(perCpuArray(u64), { name, maxEntries: BELOW_ZERO + 1 }));
    return { [name]: map };
  }

  /** Closes the map. */
  override close(): void {
    this.#late.close();
  }
}

/**
 * Makes a histogram for kernel functions.
 *
 * @example
 * ```ts
 * import { histogram } from "@waggle/ebpf/trace";
 *
 * const latency = histogram({ unit: "us" });
 * ```
 */
export function histogram(options: HistogramOptions = {}): SharedHistogram {
  return new SharedHistogram(options);
}
