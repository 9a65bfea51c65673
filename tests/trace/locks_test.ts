import { assert, assertEquals, assertThrows } from "@std/assert";
import { cstr, struct, u32, u64, u8 } from "../../src/codec/mod.ts";
import { CompileError } from "../../src/errors.ts";
import { TestKernel } from "../../src/testing/mod.ts";
import { array, hash, tracepoint, xdp } from "../../src/trace/mod.ts";
import { runScript } from "../_child.ts";
import { test } from "../_harness.ts";

const NEEDS = ["bpf", "btf", "xdp"] as const;
const DATA = new Uint8Array(64);
const Pair = struct({ count: u64, name: cstr(8), twice: u64, tag: u8 });

const change = (pairs: ReturnType<typeof pairsOf>) =>
  xdp("lo", { pairs }, (c, { pairs }) => {
    const length = c.length;
    const known = pairs.locked(7, (pair) => {
      pair.count += 1;
      pair.twice = pair.count * 2;
      if (pair.count > 2) pair.tag = length;
    });
    return known ? "pass" : "aborted";
  }, { mode: "generic" });

function pairsOf() {
  return hash(u32, Pair, { locks: true });
}

test("locked() changes a record of a map, where there is one", { needs: NEEDS }, () => {
  using pairs = pairsOf();
  using probe = change(pairs);
  const { program } = probe;
  const run = () => program.run({ data: DATA }).returnValue;
  assertEquals(run(), 0);
  pairs.set(7, { count: 1n, name: "seven", twice: 0n, tag: 1 });
  assertEquals([run(), run()], [2, 2]);
  const expected = { count: 3n, name: "seven", twice: 6n, tag: 64 };
  assertEquals(pairs.get(7), expected);
  assertEquals([...pairs], [[7, expected]]);
});

test("locked() does the same in a kernel in memory", () => {
  const kernel = new TestKernel();
  const pairs = kernel.use(pairsOf());
  const probe = change(pairs);
  const run = () => kernel.program(probe).run({ data: DATA }).returnValue;
  assertEquals(run(), 0);
  pairs.set(7, { count: 1n, name: "seven", twice: 0n, tag: 1 });
  assertEquals([run(), run()], [2, 2]);
  assertEquals([...pairs], [[7, { count: 3n, name: "seven", twice: 6n, tag: 64 }]]);
});

test("records with locks may be learned from the first function", { needs: NEEDS }, () => {
  using found = hash<number, { count: number; size: number }>(undefined, undefined, { locks: true });
  using probe = xdp("lo", { found }, (c, { found }) => {
    const { length } = c;
    const isKnown = found.locked(length, (one) => {
      one.count += 1;
      one.size += length;
    });
    if (!isKnown) found.set(length, { count: 1, size: length });
    return "pass";
  }, { mode: "generic" });
  probe.program.run({ data: DATA, repeat: 5 });
  assertEquals(found.get(64), { count: 5, size: 5 * 64 });
  found.set(64, { count: 1, size: 64 });
  assertEquals([...found], [[64, { count: 1, size: 64 }]]);
});

test("nothing that two CPUs change at once gets lost, or is seen half done", { needs: NEEDS }, async () => {
  using pairs = array(1, struct({ a: u64, b: u64 }), { locks: true });
  using others = array(1, struct({ a: u64, b: u64 }), { locks: true });
  using probe = xdp("lo", { pairs, others }, (c, { pairs, others }) => {
    pairs.locked(0, (pair) => {
      pair.a += 1;
      pair.b = pair.a * 3;
    });
    const { nsecs } = c;
    others.set(0, { a: nsecs, b: nsecs * 3 });
    return "pass";
  }, { mode: "generic" });
  const RUNS = 1_000_000;
  const script = new URL("./_runner.ts", import.meta.url);
  const args = [`${probe.program.info.id}`, `${RUNS}`];
  let [running, seen] = [2, 0];
  const ends = [1, 2].map(() => runScript(script, { args }).finally(() => running--));
  while (running > 0) {
    const { a, b } = pairs.get(0);
    assertEquals(b, a * 3n);
    const other = others.get(0);
    assertEquals(other.b, other.a * 3n);
    if (a > 0n && a < BigInt(2 * RUNS)) seen++;
    await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals((await Promise.all(ends)).map(({ status, stderr }) => [status, stderr]), [[0, ""], [0, ""]]);
  assertEquals(pairs.get(0).a, BigInt(2 * RUNS));
  assert(seen > 0, "both were done before anybody looked");
});

test("what cannot be done with locks is told at its place", { needs: ["bpf", "btf"] }, () => {
  using pairs = pairsOf();
  using plain = hash(u32, Pair);
  const faults: readonly (readonly [body: () => unknown, message: string])[] = [
    [
      () => xdp("lo", { pairs }, (c, { pairs }) => void pairs.locked(1, (pair) => pair.count = c.nsecs)),
      "nothing of the kernel can be called while a lock is held: do that before, and keep it in a variable",
    ],
    [
      () => xdp("lo", { plain }, (_c, { plain }) => void plain.locked(1, (pair) => pair.count = 1)),
      `what "plain" holds has no locks: make it of records, with locks`,
    ],
    [
      () =>
        tracepoint(
          "raw_syscalls:sys_enter",
          { pairs },
          (_c, { pairs }) => void pairs.locked(1, (pair) => pair.count = 1),
        ),
      "the kernel gives no locks to programs of tracepoints, probes and clocks: use rawTracepoint()",
    ],
  ];
  for (const [body, message] of faults) {
    const { line, file } = assertThrows(body, CompileError, message);
    assert(line > 0 && file.endsWith("locks_test.ts"), `${file}:${line}`);
  }
  assertThrows(() => hash(u32, Pair, { locks: true, lru: true }), TypeError, "with lru and locks");
  assertThrows(() => hash(u32, u64, { locks: true }), TypeError, "locks for values of u64");
});
