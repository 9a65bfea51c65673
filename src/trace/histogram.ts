/**
 * Histograms.
 *
 * @module
 */
import { placedStruct, u32, u64 } from "../codec/mod.ts";
import {
  BELOW_ZERO,
  bucketCount,
  bucketKey,
  type LinearBuckets,
  type SharedSpec,
  type SharedUse,
} from "../lang/mod.ts";
import type { BpfMap } from "../map/core.ts";
import {
  type Histogram,
  histograms,
  linearHistogram as linearScaled,
  log2Histogram,
  type Printable,
  type Unit,
} from "../output/core.ts";
import { Aggregate, type KeyedOptions } from "./_aggregate.ts";
import { identityOf, keyText } from "./_keys.ts";
import type { CounterKey } from "./counter.ts";
import type { LiveOptions } from "./live.ts";
import { type KernelValue, Shared } from "./shared.ts";

/** Options of {@linkcode histogram}. With keys, each bucket of a key that has values takes one of `maxEntries`. */
export interface HistogramOptions extends KeyedOptions {
  /** What the values are; plain counts by default. */
  readonly unit?: Unit;
}

/** Options of {@linkcode linearHistogram}. */
export interface LinearHistogramOptions extends HistogramOptions {
  /** Where the first bucket begins; 0 by default. A whole number, as the others are. */
  readonly from?: number;
  /** Where the last bucket ends, a whole number of steps above. */
  readonly to: number;
  /** The size of a bucket. */
  readonly step: number;
}

/** A histogram inside of a kernel function. */
export interface KernelHistogram<K> {
  /** Counts a value, under a key or for all. */
  record(value: number, key?: KernelValue<K>): void;
}

/** What the kernel has for keys: one for each bucket that has values. */
interface BucketKey<K> {
  readonly key: K;
  readonly bucket: number;
}

/**
 * How often values of which size occur, in all or by keys. Each CPU counts by itself, so that none waits for another.
 *
 * @typeParam K A key.
 */
export class SharedHistogram<K = CounterKey> extends Shared<KernelHistogram<K>>
  implements Iterable<[K, Histogram]> {
  readonly #unit: Unit;
  readonly #linear: LinearBuckets | undefined;
  /** How many buckets there are. */
  readonly #size: number;
  readonly #cells: Aggregate<BucketKey<K>, bigint>;

  /** Made by {@linkcode histogram} and {@linkcode linearHistogram}. */
  constructor(options: HistogramOptions, linear?: LinearBuckets) {
    super();
    this.#unit = options.unit ?? "count";
    this.#linear = linear;
    this.#size = linear ? bucketCount(linear) : BELOW_ZERO + 1;
    const { maxEntries } = options;
    this.#cells = new Aggregate<BucketKey<K>, bigint>("the histogram", {
      ...maxEntries !== undefined && { maxEntries },
      value: u64,
      perCpu: true,
      size: this.#size,
      stored(type, key) {
        const { fields: [, bucket], ...layout } = bucketKey(type);
        const placed = [{ name: "key", offset: 0, codec: key }, {
          name: "bucket",
          offset: bucket?.offset ?? 0,
          codec: u32,
        }];
        return placedStruct(placed, { type: "bucket of a histogram", ...layout });
      },
    });
  }

  #empty(): Histogram {
    const unit = this.#unit;
    if (!this.#linear) return log2Histogram({ unit });
    const { from, to, step } = this.#linear;
    return linearScaled({ unit, min: Number(from), max: Number(to), step: Number(step) });
  }

  #add(histogram: Histogram, bucket: number, counts: readonly bigint[]): void {
    // Of equal size, those of the kernel begin with the one below
    const number = this.#linear ? bucket - 1 : bucket === BELOW_ZERO ? -1 : bucket;
    histogram.addBucket(number, counts.reduce((sum, count) => sum + count, 0n));
  }

  /** What was counted so far: under a key, or without one in all. */
  snapshot(key?: K): Histogram {
    const histogram = this.#empty();
    for (let bucket = 0; bucket < this.#size; bucket++) {
      this.#add(
        histogram,
        bucket,
        key === undefined ? this.#cells.at(bucket) : this.#cells.get({ key, bucket }),
      );
    }
    if (key !== undefined) return histogram;
    for (const [{ bucket }, counts] of this.#cells.entries()) this.#add(histogram, bucket, counts);
    return histogram;
  }

  /** Keys and what was counted under them, in no particular order; none where there are no keys. */
  *entries(): Generator<[K, Histogram], void, void> {
    const found = new Map<unknown, [K, Histogram]>();
    for (const [{ key, bucket }, counts] of this.#cells.entries()) {
      const identity = identityOf(key);
      const entry = found.get(identity) ?? [key, this.#empty()];
      found.set(identity, entry);
      this.#add(entry[1], bucket, counts);
    }
    yield* found.values();
  }

  /** Keys and what was counted under them, in no particular order; none where there are no keys. */
  [Symbol.iterator](): Generator<[K, Histogram], void, void> {
    return this.entries();
  }

  /** As bars, one line a bucket, with percentiles below; those of several keys side by side. */
  override toString(): string {
    return this.#shown().toString();
  }

  /** The histograms of the `top` keys with the most values, or the only one. */
  #shown(top = Infinity): Printable {
    if (!this.#cells.isKeyed) return this.snapshot();
    const sorted = [...this].sort(([, a], [, b]) => b.count - a.count).slice(0, top);
    return histograms(sorted.map(([key, histogram]) => [keyText(key), histogram]));
  }

  /**
   * Shows it on standard output, again and again, until Ctrl-C, the end that the options say, or nobody reads any more; then once
   * more.
   */
  async live(options: LiveOptions = {}): Promise<void> {
    const { live } = await import("./_live.ts");
    await live(options, () => this.#shown(options.top));
  }

  /** How many values were left out because there was no room for their key. */
  get lost(): number {
    return this.#cells.lost;
  }

  /** Begins again without values. */
  clear(): void {
    this.#cells.clear(0n);
  }

  /** @ignore */
  override get spec(): SharedSpec {
    return { kind: "histogram", key: this.#cells.key, ...this.#linear && { linear: this.#linear } };
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
 * Makes a histogram for kernel functions, with buckets that grow by powers of two. What its keys are, if it has any, the functions
 * tell by their first use of it.
 *
 * @example
 * ```ts
 * import { histogram } from "@waggle/ebpf/trace";
 *
 * const latency = histogram({ unit: "us" }); // in a kernel function: latency.record(microseconds)
 * const byProcess = histogram<string>({ unit: "us" }); // latency.record(microseconds, c.comm)
 * ```
 */
export function histogram<K = CounterKey>(options: HistogramOptions = {}): SharedHistogram<K> {
  return new SharedHistogram(options);
}

/** So many buckets take 16 KiB on each CPU. */
const MOST_BUCKETS = 2048;

/**
 * Makes a histogram for kernel functions, with buckets of equal size; what is below and above them has a bucket each.
 *
 * @example
 * ```ts
 * import { linearHistogram } from "@waggle/ebpf/trace";
 *
 * const sizes = linearHistogram({ to: 1500, step: 100, unit: "bytes" });
 * ```
 *
 * @throws {RangeError} `to` is not a whole number of steps above `from`, one of them is no whole number, or there are more than 2048
 * buckets.
 */
export function linearHistogram<K = CounterKey>(options: LinearHistogramOptions): SharedHistogram<K> {
  const { from = 0, to, step } = options;
  linearScaled({ min: from, max: to, step });
  if (![from, to, step].every(Number.isSafeInteger) || (to - from) / step > MOST_BUCKETS) {
    throw new RangeError(
      `Cannot make a histogram from ${from} to ${to} in steps of ${step}: it takes whole numbers, and up to ${MOST_BUCKETS} buckets`,
    );
  }
  return new SharedHistogram(options, { from: BigInt(from), to: BigInt(to), step: BigInt(step) });
}
