/**
 * Times as scripts write them.
 *
 * @module
 */

/** A time between two: `1s`, `100ms`, `250us`. */
export type Interval = `${number}${"s" | "ms" | "us"}`;

const NANOSECONDS: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, us: 1e3 };

/** The kernel's timers for kernel functions run no more often, `perf_swevent_start_hrtimer` in `kernel/events/core.c`. */
const SHORTEST = 10_000;

/**
 * How long it is.
 *
 * @throws {RangeError} It is no time, or shorter than `10us`.
 */
export function nanoseconds(interval: Interval): number {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)(s|ms|us)$/.exec(interval) ?? [];
  const time = Math.round(Number(count) * (NANOSECONDS[unit] ?? NaN));
  if (time >= SHORTEST) return time;
  throw new RangeError(`Cannot run every "${interval}": it is a time from "10us" on, as "1s" or "100ms"`);
}
