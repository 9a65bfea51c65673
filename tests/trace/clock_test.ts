import { assert, assertEquals, assertThrows } from "@std/assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { counter, interval, profile, tracepoint } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";

const NEEDS = ["bpf"] as const;

/** The first of `/sys/devices/system/cpu/online`: `0-3`, `2,4`. */
function firstCpu(): number {
  return Number.parseInt(readFileSync("/sys/devices/system/cpu/online", "utf8"), 10);
}

test("interval() runs on one CPU at the times it was asked for", { needs: NEEDS }, async () => {
  using ticks = interval("40ms", (c) => ({ cpu: c.cpu, time: c.nsecs }));
  const seen = [];
  for await (const tick of ticks.events({ timeout: 5000 })) {
    seen.push(tick);
    if (seen.length === 5) break;
  }
  assertEquals(new Set(seen.map(({ cpu }) => cpu)), new Set([firstCpu()]));
  const [first, last] = [seen[0]?.time ?? 0, seen.at(-1)?.time ?? 0];
  // The kernel's timer keeps to its steps, but may run late
  assert(Math.abs((last - first) / 1e6 - 160) < 39, `${(last - first) / 1e6} ms`);
});

test("interval() refuses what is no time", { needs: NEEDS }, () => {
  for (const wrong of ["1", "0s", "9us", "-1s", "1m", "1 s", "NaNs"]) {
    assertThrows(() => interval(wrong as "1s", () => {}), RangeError, `Cannot run every "${wrong}"`);
  }
});

test("profile() finds who is busy, at most so many times a second and CPU", { needs: NEEDS }, async () => {
  using samples = counter<number>();
  const busy = spawn("sh", ["-c", "while :; do :; done"]);
  const began = performance.now();
  using probe = profile(49, { samples }, (c, { samples }) => samples.count(c.pid));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  probe.close();
  const seconds = (performance.now() - began) / 1000;
  busy.kill();
  await once(busy, "exit");
  const seen = samples.get(busy.pid ?? 0);
  assert(seen >= 5 && seen <= 49 * seconds + 2, `${seen} in ${seconds} s`);
  const cpus = readFileSync("/proc/stat", "utf8").match(/^cpu\d/gm)?.length ?? 0;
  assert(samples.total <= cpus * (49 * seconds + 2), `${samples.total} of ${cpus} CPUs`);
});

test("clocks, parents and memory nodes are those that /proc and /sys say", {
  needs: [...NEEDS, "btf", "tracefs"],
}, async () => {
  const PID = process.pid;
  using calls = tracepoint("syscalls:sys_enter_getpriority", { PID }, (c, { PID }) => {
    if (c.pid === PID) return { ppid: c.ppid, boottime: c.boottime, cpu: c.cpu, numa: c.numa };
  });
  const uptime = () => Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  const before = uptime();
  process.getBuiltinModule("node:os").getPriority(0);
  const after = uptime();
  for await (const { ppid, boottime, cpu, numa } of calls.events({ timeout: 5000 })) {
    assertEquals(ppid, process.ppid);
    assert(boottime / 1e9 >= before && boottime / 1e9 <= after + 0.01, `${before} ${boottime} ${after}`);
    const folder = `/sys/devices/system/cpu/cpu${cpu}`;
    assertEquals(existsSync(`${folder}/node${numa}`) || !existsSync("/sys/devices/system/node"), true);
    return;
  }
  throw new Error("nothing was seen");
});
