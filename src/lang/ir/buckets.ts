/**
 * Buckets of histograms.
 *
 * @module
 */

/** Buckets of equal size: 0 is for what is below `from`, 1 the first, and the one after the last for `to` and above. */
export interface LinearBuckets {
  readonly from: bigint;
  /** A whole number of steps above `from`. */
  readonly to: bigint;
  readonly step: bigint;
}
