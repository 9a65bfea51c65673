/**
 * Clocks of the kernel and the calendar.
 *
 * @module
 */
import { type Codec, LITTLE_ENDIAN } from "../codec/mod.ts";
import { CLOCK, clockTime } from "../sys/mod.ts";

/**
 * The date of a time of `bpf_ktime_get_boot_ns()`, in ns since the machine started, which goes on while it sleeps.
 *
 * By the difference of the two clocks now: a step of the calendar's clock since then is not undone.
 */
export function dateOfBootTime(time: bigint): Date {
  return new Date(Number((measureOffset(CLOCK.BOOTTIME) + time) / 1_000_000n));
}

/**
 * A time of `bpf_ktime_get_boot_ns()`, 8 bytes of ns since the machine started, sleep included, as a moment of the
 * calendar.
 *
 * By the difference of the two clocks, which is measured again once a second: a step of the calendar's clock since
 * then is not undone, and times are right to a microsecond or so, their distances to the ns within a second.
 *
 * @example
 * ```ts ignore
 * import { bootTime, cstr, ring, struct } from "@waggle/ebpf";
 *
 * const Event = struct({ time: bootTime, comm: cstr(16) });
 * for await (const { time } of object.maps.get("events", ring(Event))) console.log(time.toString());
 * ```
 */
export const bootTime: Codec<Temporal.Instant> = timeCodec("bootTime", CLOCK.BOOTTIME);

/**
 * A time of `bpf_ktime_get_ns()`, 8 bytes of ns since the machine started, without the time that it slept, as a moment
 * of the calendar.
 *
 * As {@linkcode bootTime}, but for times before the machine last slept, which come out late by as long as it did.
 */
export const monotonicTime: Codec<Temporal.Instant> = timeCodec("monotonicTime", CLOCK.MONOTONIC);

function timeCodec(type: string, clock: number): Codec<Temporal.Instant> {
  const offset = keptOffset(() => measureOffset(clock));
  return {
    size: 8,
    align: 8,
    type,
    read: (view, at) =>
      Temporal.Instant.fromEpochNanoseconds(view.getBigUint64(at, LITTLE_ENDIAN) + offset()),
    write(view, at, value) {
      if (!(value instanceof Temporal.Instant)) {
        throw new TypeError(`Cannot encode a ${typeof value} as ${type}: not a Temporal.Instant`);
      }
      const time = value.epochNanoseconds - offset();
      if (time < 0n) throw new RangeError(`Cannot encode ${value} as ${type}: before the machine started`);
      view.setBigUint64(at, time, LITTLE_ENDIAN);
    },
  };
}

/** How long an offset is used before it is measured again, in ms. */
const USED_MS = 1000;

/**
 * Gives what `measure` does, which is called again after a second and where the calendar's clock steps.
 *
 * Time is told by `Date.now()`, the cheapest clock there is, which steps with the calendar and goes on in sleep.
 */
export function keptOffset(measure: () => bigint): () => bigint {
  let offset = 0n;
  let measured = -Infinity;
  return () => {
    const now = Date.now();
    if (now < measured || now >= measured + USED_MS) {
      offset = measure();
      measured = now;
    }
    return offset;
  };
}

/** Of how many measurements the best is taken: one may be torn apart by another process. */
const TRIES = 3;

/** What the calendar's clock shows when a clock shows 0, in ns. */
function measureOffset(clock: number): bigint {
  let narrowest: bigint | undefined;
  let offset = 0n;
  for (let i = 0; i < TRIES; i++) {
    const before = clockTime(clock);
    const date = clockTime(CLOCK.REALTIME);
    const after = clockTime(clock);
    if (narrowest !== undefined && after - before >= narrowest) continue;
    narrowest = after - before;
    offset = date - (before + after) / 2n;
  }
  return offset;
}
