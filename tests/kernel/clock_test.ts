import { assert, assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { bootTime, dateOfBootTime, monotonicTime } from "../../src/kernel/mod.ts";
import { keptOffset } from "../../src/kernel/clock.ts";
import { CLOCK, clockTime } from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";

const view = new DataView(new ArrayBuffer(16));
const bytes = new BigUint64Array(view.buffer);

/** The time of `CLOCK_BOOTTIME` by the kernel, in ns, to 10 ms. */
function uptime(): bigint {
  const [seconds = "0"] = readFileSync("/proc/uptime", "utf8").split(" ");
  return BigInt(Math.round(Number(seconds) * 1e9));
}

test("dateOfBootTime() agrees with the calendar and /proc/stat", { needs: ["linux"] }, () => {
  const now = dateOfBootTime(uptime());
  assertEquals(Math.abs(now.getTime() - Date.now()) < 5000, true, `${now.toISOString()}`);

  const started = Number(/^btime (\d+)/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]) * 1000;
  assertEquals(Math.abs(dateOfBootTime(0n).getTime() - started) < 5000, true);
});

test("dateOfBootTime() keeps the distance of two times", { needs: ["linux"] }, () => {
  const [a, b] = [dateOfBootTime(1_000_000_000n), dateOfBootTime(3_500_000_000n)];
  assertEquals(Math.abs(b.getTime() - a.getTime() - 2500) <= 2, true);
});

test("bootTime reads what /proc/uptime says as the time of the calendar", { needs: ["linux"] }, () => {
  assertEquals([bootTime.size, bootTime.align], [8, 8]);
  bytes[0] = uptime();
  const read = bootTime.read(view, 0);
  assert(Math.abs(read.epochMilliseconds - Date.now()) < 5000, read.toString());
});

for (
  const [name, codec, clock] of [
    ["bootTime", bootTime, CLOCK.BOOTTIME],
    ["monotonicTime", monotonicTime, CLOCK.MONOTONIC],
  ] as const
) {
  test(`${name} reads its clock as the calendar's, to a few µs`, { needs: ["linux"] }, () => {
    // Whatever comes between the two readings of clocks makes the difference larger
    const differences = Array.from({ length: 20 }, () => {
      bytes[0] = clockTime(clock);
      const date = clockTime(CLOCK.REALTIME);
      return date - codec.read(view, 0).epochNanoseconds;
    });
    const least = differences.reduce((a, b) => a < b ? a : b);
    assert(least > -50_000n && least < 100_000n, `${differences}`);
  });

  test(`${name} keeps every nanosecond`, { needs: ["linux"] }, () => {
    bytes[0] = 123_456_789_012_345n;
    bytes[1] = 123_456_789_012_346n;
    const [first, second] = [codec.read(view, 0), codec.read(view, 8)];
    assertEquals(second.epochNanoseconds - first.epochNanoseconds, 1n);
    codec.write(view, 8, first);
    assertEquals(bytes[1], bytes[0]);
  });

  test(`${name} refuses what it cannot write`, { needs: ["linux"] }, () => {
    const date: unknown = new Date();
    assertThrows(
      () => codec.write(view, 0, date as Temporal.Instant),
      TypeError,
      `Cannot encode a object as ${name}: not a Temporal.Instant`,
    );
    assertThrows(
      () => codec.write(view, 0, Temporal.Instant.fromEpochMilliseconds(0)),
      RangeError,
      `Cannot encode 1970-01-01T00:00:00Z as ${name}: before the machine started`,
    );
  });
}

test("keptOffset() measures again after a second, and when the calendar's clock steps", () => {
  const { now } = Date;
  let measured = 0n;
  const offset = keptOffset(() => ++measured);
  try {
    for (
      const [time, expected] of [[5000, 1n], [5999, 1n], [6000, 2n], [5999, 3n], [90_000, 4n], [
        90_500,
        4n,
      ]] as const
    ) {
      Date.now = () => time;
      assertEquals(offset(), expected);
    }
  } finally {
    Date.now = now;
  }
});
