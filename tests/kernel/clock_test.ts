import { assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { dateOfBootTime } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";

test("dateOfBootTime() agrees with the calendar and /proc/stat", { needs: ["linux"] }, () => {
  const [uptime = "0"] = readFileSync("/proc/uptime", "utf8").split(" ");
  const now = dateOfBootTime(BigInt(Math.round(Number(uptime) * 1e9)));
  assertEquals(Math.abs(now.getTime() - Date.now()) < 200, true, `${now.toISOString()}`);

  const started = Number(/^btime (\d+)/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]) * 1000;
  assertEquals(Math.abs(dateOfBootTime(0n).getTime() - started) < 2000, true);
});

test("dateOfBootTime() keeps the distance of two times", { needs: ["linux"] }, () => {
  const [a, b] = [dateOfBootTime(1_000_000_000n), dateOfBootTime(3_500_000_000n)];
  assertEquals(Math.abs(b.getTime() - a.getTime() - 2500) <= 2, true);
});
