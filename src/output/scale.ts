/**
 * How values fall into the buckets of a histogram.
 *
 * @module
 */

/** Values from `from` up to, but without, `to`; infinite where the side is open. */
export interface Range {
  /** The least of them. */
  readonly from: number;
  /** What is just above them. */
  readonly to: number;
}

/** Numbers buckets. Equal names mean equal buckets. */
export interface Scale {
  /** What distinguishes it. */
  readonly name: string;
  /** The bucket of a value. */
  bucketOf(value: number | bigint): number;
  /**
   * The values of a bucket.
   *
   * @throws {RangeError} There is no such bucket.
   */
  rangeOf(bucket: number): Range;
}

/** The most bits of a value in the kernel. */
const BITS = 64;

/**
 * Buckets by powers of two. Bucket 0 is for 0, bucket `n` for values of `n` bits, 2ⁿ⁻¹ to 2ⁿ − 1; bucket −1 for those below
 * 0. So `bpf_log2l()` of bcc counts, but for 0, which it takes for 1.
 */
export const BIT_LENGTH: Scale = {
  name: "bit length",
  bucketOf: bitLength,
  rangeOf(bucket) {
    check(bucket, -1, BITS);
    if (bucket === -1) return { from: -Infinity, to: 0 };
    return bucket === 0 ? { from: 0, to: 1 } : { from: 2 ** (bucket - 1), to: 2 ** bucket };
  },
};

/**
 * Buckets by powers of two. Bucket 0 is for 0 and 1, bucket `n` for 2ⁿ to 2ⁿ⁺¹ − 1; bucket −1 for values below 0. So `log2l()`
 * of libbpf's tools counts.
 */
export const FLOOR_LOG2: Scale = {
  name: "floor of log2",
  bucketOf: (value) => value < 0 ? -1 : Math.max(0, bitLength(value) - 1),
  rangeOf(bucket) {
    check(bucket, -1, BITS - 1);
    if (bucket === -1) return { from: -Infinity, to: 0 };
    return { from: bucket === 0 ? 0 : 2 ** bucket, to: 2 ** (bucket + 1) };
  },
};

/**
 * Buckets of equal size from `min` up to `max`: bucket 0 begins at `min`, bucket −1 is for what is below, and the one after
 * the last for `max` and above.
 *
 * @throws {RangeError} The step is not above 0, or does not lead from `min` to `max`.
 */
export function linearScale(min: number, max: number, step: number): Scale {
  const count = (max - min) / step;
  if (!(step > 0) || !(count >= 1) || !Number.isInteger(count)) {
    throw new RangeError(
      `Cannot make a histogram from ${min} to ${max} in steps of ${step}: that is not a whole number of steps`,
    );
  }
  return {
    name: `linear ${min} ${max} ${step}`,
    bucketOf: (value) => Math.min(count, Math.max(-1, Math.floor((Number(value) - min) / step))),
    rangeOf(bucket) {
      check(bucket, -1, count);
      if (bucket === -1) return { from: -Infinity, to: min };
      if (bucket === count) return { from: max, to: Infinity };
      return { from: min + bucket * step, to: min + (bucket + 1) * step };
    },
  };
}

function bitLength(value: number | bigint): number {
  if (value < 0) return -1;
  const high = typeof value === "bigint" ? Number(value >> 32n) : Math.floor(value / 2 ** 32);
  if (high > 0) return 64 - Math.clz32(high);
  return 32 - Math.clz32(Number(value));
}

function check(bucket: number, first: number, last: number): void {
  if (!Number.isInteger(bucket) || bucket < first || bucket > last) {
    throw new RangeError(`Cannot count in bucket ${bucket}: not an integer from ${first} to ${last}`);
  }
}
