/**
 * Stack traces with their counts.
 *
 * @module
 */

/** Where a program was, and how often. */
export interface StackSample {
  /** Names of functions, the innermost first. */
  readonly frames: readonly string[];
  /** How many samples, bytes, nanoseconds. */
  readonly count: number | bigint;
  /** What else is known: `comm`, `pid`. */
  readonly labels?: Readonly<Record<string, string | number | bigint>>;
}
