/**
 * Clocks of the kernel and the calendar.
 *
 * @module
 */
import { CLOCK, clockTime } from "../sys/mod.ts";

/**
 * The date of a time of `bpf_ktime_get_boot_ns()`, in ns since the machine started, which goes on while it sleeps.
 *
 * By the difference of the two clocks now: a step of the calendar's clock since then is not undone.
 */
export function dateOfBootTime(time: bigint): Date {
  const before = clockTime(CLOCK.BOOTTIME);
  const date = clockTime(CLOCK.REALTIME);
  const after = clockTime(CLOCK.BOOTTIME);
  return new Date(Number((date - (before + after) / 2n + time) / 1_000_000n));
}
