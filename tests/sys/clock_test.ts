import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { SyscallError } from "../../src/errors.ts";
import { CLOCK, clockTime } from "../../src/sys/mod.ts";
import { evaluate } from "../_c.ts";
import { test } from "../_harness.ts";

test("clockTime() of MONOTONIC is C's", { needs: ["linux", "cc"] }, () => {
  const before = clockTime(CLOCK.MONOTONIC);
  const [now = 0n] = evaluate(
    `#include <time.h>
    static long long now(void) {
      struct timespec time;
      clock_gettime(CLOCK_MONOTONIC, &time);
      return time.tv_sec * 1000000000LL + time.tv_nsec;
    }`,
    ["now()"],
  );
  assertEquals(before < now && now < clockTime(CLOCK.MONOTONIC), true);
});

test("clockTime() of REALTIME is the date", { needs: ["linux"] }, () => {
  const before = BigInt(Date.now());
  const now = clockTime(CLOCK.REALTIME) / 1_000_000n;
  assertEquals(before <= now && now <= BigInt(Date.now()), true);
});

test("clockTime() of BOOTTIME is the uptime", { needs: ["linux"] }, () => {
  const uptime = () => Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  const before = uptime();
  const now = Number(clockTime(CLOCK.BOOTTIME)) / 1e9;
  assertEquals(before <= now + 0.01 && now <= uptime() + 0.01, true); // the file has hundredths
});

test("clockTime() refuses a clock that is none", { needs: ["linux"] }, () => {
  assertThrows(() => clockTime(1234), SyscallError, "Cannot read a clock: invalid argument");
});
