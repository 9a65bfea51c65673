/**
 * Histograms: how often values of which size occur.
 *
 * @module
 */
import { formatHistogram } from "./_histogram_text.ts";
import { BIT_LENGTH, FLOOR_LOG2, linearScale, type Range, type Scale } from "./scale.ts";
import { PLAIN, type Printable, type Style } from "./style.ts";
import type { Unit } from "./units.ts";

/** What a histogram is made of. */
export interface HistogramOptions {
  /** What the values are; plain counts by default. */
  readonly unit?: Unit;
  /** Numbers of buckets with their counts, as a BPF map has them. */
  readonly buckets?: Iterable<readonly [bucket: number | bigint, count: number | bigint]>;
  /** The sum of the values in `buckets`, where the program kept it: without, there is no mean. */
  readonly sum?: number | bigint;
}

/** What a histogram by powers of two is made of. */
export interface Log2Options extends HistogramOptions {
  /**
   * What a bucket's number says: the bits of its values, with bucket 0 for 0 alone (`bits`, the default, also for bcc's
   * `bpf_log2l()`), or their logarithm, with bucket 0 for 0 and 1 (`log2`, for `log2l()` of libbpf's tools).
   */
  readonly numbering?: "bits" | "log2";
}

/** What a linear histogram is made of. */
export interface LinearOptions extends HistogramOptions {
  /** Where bucket 0 begins; 0 by default. Bucket −1 is for what is below. */
  readonly min?: number;
  /** Where the last bucket ends; the one after it is for this and what is above. */
  readonly max: number;
  /** The size of a bucket. */
  readonly step: number;
}

/** A bucket, with the values that it is for. */
export interface Bucket extends Range {
  /** How many values it has. */
  readonly count: number;
}

/**
 * A histogram whose buckets grow by powers of two.
 *
 * @example
 * ```ts
 * import { log2Histogram } from "@waggle/ebpf/output";
 *
 * const latency = log2Histogram({ unit: "us", buckets: new Map([[3, 12n], [4, 7n]]) });
 * latency.add(25);
 * console.log(`${latency}`);
 * ```
 *
 * @throws {RangeError} A bucket has no such number, or a count is negative.
 */
export function log2Histogram(options: Log2Options = {}): Histogram {
  return new Histogram(options.numbering === "log2" ? FLOOR_LOG2 : BIT_LENGTH, options);
}

/**
 * A histogram with buckets of equal size.
 *
 * @example
 * ```ts
 * import { linearHistogram } from "@waggle/ebpf/output";
 *
 * linearHistogram({ max: 100, step: 10 }).add(42).percentile(50); // { from: 40, to: 50 }
 * ```
 *
 * @throws {RangeError} `max` is not a whole number of steps above `min`, or as {@linkcode log2Histogram}.
 */
export function linearHistogram(options: LinearOptions): Histogram {
  return new Histogram(linearScale(options.min ?? 0, options.max, options.step), options);
}

/** A histogram. Made by {@linkcode log2Histogram} and {@linkcode linearHistogram}. Counts are exact up to 2⁵³. */
export class Histogram implements Printable {
  /** How values fall into buckets. */
  readonly scale: Scale;
  /** What the values are. */
  readonly unit: Unit;
  readonly #counts = new Map<number, number>();
  #count = 0;
  /** Of all values; `undefined` where only buckets are known. */
  #sum: number | undefined = 0;

  /** Makes a histogram on a scale. */
  constructor(scale: Scale, { unit = "count", buckets = [], sum }: HistogramOptions = {}) {
    this.scale = scale;
    this.unit = unit;
    for (const [bucket, count] of buckets) this.addBucket(bucket, count);
    if (sum !== undefined) this.#sum = Number(sum);
  }

  /** How many values there are. */
  get count(): number {
    return this.#count;
  }

  /** The mean of the values; `undefined` where there are none, or only buckets are known. */
  get mean(): number | undefined {
    return this.#count === 0 || this.#sum === undefined ? undefined : this.#sum / this.#count;
  }

  /**
   * Counts a value, once or several times.
   *
   * @throws {RangeError} The value is no number, or the count negative.
   */
  add(value: number | bigint, count: number | bigint = 1): this {
    if (Number.isNaN(value)) throw new RangeError("Cannot count NaN in a histogram");
    this.#add(this.scale.bucketOf(value), count);
    if (this.#sum !== undefined) this.#sum += Number(value) * Number(count);
    return this;
  }

  /**
   * Adds to a bucket. The mean is unknown from here on.
   *
   * @throws {RangeError} There is no such bucket, or the count is negative.
   */
  addBucket(bucket: number | bigint, count: number | bigint): this {
    this.#add(Number(bucket), count);
    if (Number(count) > 0) this.#sum = undefined;
    return this;
  }

  /**
   * Adds all that another histogram on the same scale counted.
   *
   * @throws {TypeError} It has other buckets.
   */
  merge(other: Histogram): this {
    if (other.scale.name !== this.scale.name || other.unit !== this.unit) {
      throw new TypeError(
        `Cannot merge histograms of different buckets: ${this.scale.name} in ${this.unit}, and ` +
          `${other.scale.name} in ${other.unit}`,
      );
    }
    for (const [bucket, count] of other.#counts) this.#add(bucket, count);
    this.#sum = this.#sum === undefined || other.#sum === undefined ? undefined : this.#sum + other.#sum;
    return this;
  }

  /** The numbers of the first and the last bucket with a value; `undefined` where there is none. */
  get extent(): readonly [first: number, last: number] | undefined {
    const numbers = [...this.#counts.keys()];
    if (numbers.length === 0) return undefined;
    return [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
  }

  /** How many values a bucket has. */
  countOf(bucket: number): number {
    return this.#counts.get(bucket) ?? 0;
  }

  /** The buckets from the first to the last with a value, those without between them too. */
  buckets(): Bucket[] {
    const [first, last] = this.extent ?? [0, -1];
    return Array.from({ length: last - first + 1 }, (_, i) => ({
      ...this.scale.rangeOf(first + i),
      count: this.countOf(first + i),
    }));
  }

  /**
   * The bucket of the smallest value that `percent` of all do not exceed, which is all that a histogram knows of it;
   * `undefined` where there are no values. `percentile(100)` has the maximum.
   *
   * @throws {RangeError} `percent` is not from 0 to 100.
   */
  percentile(percent: number): Range | undefined {
    if (!(percent >= 0 && percent <= 100)) {
      throw new RangeError(`Cannot find percentile ${percent}: not a number from 0 to 100`);
    }
    const rank = Math.max(1, Math.ceil(percent * this.#count / 100));
    let seen = 0;
    for (const { count, from, to } of this.buckets()) {
      seen += count;
      if (seen >= rank) return { from, to };
    }
    return undefined;
  }

  /** As bars, one line a bucket, with percentiles below. */
  format(style: Style): string {
    return formatHistogram(this, style);
  }

  /** As bars in 80 columns. */
  toString(): string {
    return this.format(PLAIN);
  }

  /** As data for JSON; a bucket without bound on a side has `null` there. */
  toJSON(): object {
    return { unit: this.unit, count: this.#count, mean: this.mean, buckets: this.buckets() };
  }

  #add(bucket: number, count: number | bigint): void {
    this.scale.rangeOf(bucket);
    const number = Number(count);
    if (!Number.isInteger(number) || number < 0) {
      throw new RangeError(`Cannot add ${count} to a bucket: not a whole number from 0`);
    }
    if (number === 0) return;
    this.#counts.set(bucket, this.countOf(bucket) + number);
    this.#count += number;
  }
}
