import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import process from "node:process";
import type { Histogram } from "../../src/output/mod.ts";
import { counter, gauge, histogram, linearHistogram, stats, tracepoint } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";
import { bpftrace } from "./_bpftrace.ts";

const NEEDS = ["bpf", "tracefs"] as const;
const WRITE = "syscalls:sys_enter_write";
const SIZES = [1, 2, 3, 99, 100, 199, 200, 999, 1000, 4096, 70_000];

/** Writes so many bytes each to a file of its own. */
function writes(body: (fd: number, write: () => void) => void | Promise<void>): Promise<void> {
  const fd = openSync("/dev/null", "w");
  const bytes = new Uint8Array(Math.max(...SIZES));
  const write = () => SIZES.forEach((size) => writeSync(fd, bytes.subarray(0, size)));
  return Promise.resolve(body(fd, write)).finally(() => closeSync(fd));
}

/** Buckets that have values, as bpftrace's JSON has them. */
function bucketsOf(histogram: Histogram | undefined): unknown[] {
  return (histogram?.buckets() ?? []).filter(({ count }) => count > 0).map(({ from, to, count }) => ({
    ...Number.isFinite(from) && { min: from },
    ...Number.isFinite(to) && { max: to - 1 },
    count,
  }));
}

function filled(buckets: unknown): unknown {
  return (buckets as { count: number }[]).filter(({ count }) => count > 0);
}

test(
  "aggregations are those of bpftrace",
  { needs: [...NEEDS, "bpftrace"] },
  () =>
    writes(async (FD, write) => {
      const PID = process.pid;
      const comm = readFileSync("/proc/thread-self/comm", "utf8").trim();
      using log2 = histogram({ unit: "bytes" });
      using linear = linearHistogram({ from: 100, to: 1000, step: 100 });
      using log2By = histogram<string>();
      using linearBy = linearHistogram<{ comm: string; fd: number }>({ from: 100, to: 1000, step: 100 });
      using all = stats();
      using by = stats<number>();
      const things = { log2, linear, log2By, linearBy, all, by, PID, FD };
      using _probe = tracepoint(WRITE, things, (c, { log2, linear, log2By, linearBy, all, by, PID, FD }) => {
        if (c.pid !== PID || c.args.fd !== FD) return;
        const size = c.args.count;
        log2.record(size);
        linear.record(size);
        log2By.record(size, c.comm);
        linearBy.record(size, { comm: c.comm, fd: c.args.fd });
        all.record(size);
        by.record(size, FD);
      });
      const size = "args->count";
      const lhist = `lhist(${size}, 100, 1000, 100)`;
      const maps = await bpftrace(
        `tracepoint:${WRITE} /pid == ${PID} && args->fd == ${FD}/ {
        @log2 = hist(${size}); @linear = ${lhist}; @log2By[comm] = hist(${size}); @linearBy[comm, args->fd] = ${lhist};
        @stats = stats(${size}); @min = min(${size}); @max = max(${size}) }`,
        write,
      );
      assertEquals(bucketsOf(log2.snapshot()), filled(maps["@log2"]));
      assertEquals(bucketsOf(linear.snapshot()), filled(maps["@linear"]));
      const [one] = Object.values(maps["@log2By"] as object);
      assertEquals(bucketsOf(log2By.snapshot(comm)), filled(one));
      const entries = Object.entries(maps["@linearBy"] as object);
      assertEquals(
        [...linearBy].map(([{ comm, fd }, histogram]) => [`${comm},${fd}`, bucketsOf(histogram)]),
        entries.map(([key, buckets]) => [key, filled(buckets)]),
      );
      const { count, average, total } = maps["@stats"] as Record<string, number>;
      for (const { mean, ...found } of [all.get(), by.get(FD)]) {
        assertEquals(found, { count, sum: total, min: maps["@min"], max: maps["@max"] } as typeof found);
        assertAlmostEquals(mean ?? 0, average ?? 0, 1); // bpftrace rounds
      }
      assertEquals([...by].length, 1);
    }),
);

test("values below 0, and the edges of linear buckets", { needs: NEEDS }, () =>
  writes((FD, write) => {
    const PID = process.pid;
    using log2 = histogram<string>();
    using linear = linearHistogram({ from: -200, to: 0, step: 100 });
    using range = stats();
    using _probe = tracepoint(
      WRITE,
      { log2, linear, range, PID, FD },
      (c, { log2, linear, range, PID, FD }) => {
        if (c.pid !== PID || c.args.fd !== FD) return;
        log2.record(3 - c.args.count, "x");
        linear.record(-c.args.count);
        range.record(1 - c.args.count);
      },
    );
    write();
    assertEquals(log2.snapshot("x").countOf(-1), SIZES.filter((size) => size > 3).length);
    assertEquals(log2.snapshot("x").countOf(0), 1);
    assertEquals(bucketsOf(linear.snapshot()), [
      { max: -201, count: 4 },
      { min: -200, max: -101, count: 2 },
      { min: -100, max: -1, count: 5 },
    ]);
    const sum = SIZES.reduce((sum, size) => sum + 1 - size, 0);
    assertEquals(range.get(), { count: 11, sum, min: -69_999, max: 0, mean: sum / 11 });
    for (const shared of [log2, linear, range]) shared.clear();
    assertEquals([log2.snapshot("x").count, linear.snapshot().count, range.get().count], [0, 0, 0]);
    write();
    assertEquals([log2.snapshot("x").count, linear.snapshot().count, range.get().min], [11, 11, -69_999]);
  }));

test("gauges have the last value", { needs: NEEDS }, () =>
  writes((FD, write) => {
    const PID = process.pid;
    using last = gauge();
    using level = gauge<string>();
    using _probe = tracepoint(WRITE, { last, level, PID, FD }, (c, { last, level, PID, FD }) => {
      if (c.pid !== PID || c.args.fd !== FD) return;
      last.set(c.args.count);
      level.add(c.args.count, "up");
      level.sub(1, "down");
    });
    assertEquals([last.get(), level.get("up")], [0, undefined]);
    write();
    assertEquals(last.get(), 70_000);
    assertEquals(new Map(level), new Map([["up", SIZES.reduce((a, b) => a + b)], ["down", -11]]));
  }));

test("what finds no room is counted", { needs: NEEDS }, () =>
  writes((FD, write) => {
    const PID = process.pid;
    // More than the kernel keeps over for each CPU
    const options = { maxEntries: 1 };
    using counts = counter<number>(undefined, options);
    using sizes = stats<number>(undefined, options);
    using levels = gauge<number>(undefined, options);
    using buckets = histogram<number>(options);
    const things = { counts, sizes, levels, buckets, PID, FD };
    using _probe = tracepoint(WRITE, things, (c, { counts, sizes, levels, buckets, PID, FD }) => {
      if (c.pid !== PID || c.args.fd !== FD) return;
      counts.count(c.args.count);
      sizes.record(c.args.count, c.args.count);
      levels.set(c.args.count, c.args.count);
      buckets.record(c.args.count, c.args.count);
    });
    write();
    for (const shared of [counts, sizes, levels, buckets]) {
      assertEquals([...shared].length + shared.lost, SIZES.length);
      assert(shared.lost > 0);
    }
  }));

test("what cannot be recorded says why", { needs: NEEDS }, () => {
  using byName = histogram();
  assertThrows(
    () =>
      tracepoint(WRITE, { byName }, (c, { byName }) => {
        byName.record(1, c.comm);
        byName.record(2);
      }),
    Error,
    'histogram "byName" is by text of 16 bytes: give a key',
  );
  using none = stats();
  assertThrows(
    () =>
      tracepoint(WRITE, { none }, (c, { none }) => {
        none.record(1);
        none.record(2, c.pid);
      }),
    Error,
    'stats "none" is used without keys',
  );
  assertThrows(() => linearHistogram({ to: 10, step: 3 }), RangeError, "not a whole number of steps");
  assertThrows(() => linearHistogram({ to: 10_000, step: 1 }), RangeError, "up to 2048 buckets");
  assertEquals(`${byName}`, "no values");
});
