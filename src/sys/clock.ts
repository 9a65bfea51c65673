/**
 * clock_gettime(2).
 *
 * @module
 */
import { addressOf, allocate } from "../../ffi/mod.ts";
import { syscall } from "./call.ts";

/** Clocks by their numbers, `include/uapi/linux/time.h`. */
export const CLOCK = { REALTIME: 0, MONOTONIC: 1, BOOTTIME: 7 } as const;

/** The time of a clock, in ns. `clock` is one of {@linkcode CLOCK}. */
export function clockTime(clock: number): bigint {
  const timespec = allocate(16);
  syscall("read a clock", "clock_gettime", clock, addressOf(timespec));
  const [seconds = 0n, nanoseconds = 0n] = new BigInt64Array(timespec.buffer);
  return seconds * 1_000_000_000n + nanoseconds;
}
