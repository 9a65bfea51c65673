import { assert, assertEquals, assertThrows } from "@std/assert";
import { getPriority } from "node:os";
import process from "node:process";
import { cstr, struct, u32, u64 } from "../../src/codec/mod.ts";
import { array, hash, perCpuArray, queue, set, stack, topK, tracepoint } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";

const NEEDS = ["bpf", "tracefs"] as const;
const CALL = "syscalls:sys_enter_getpriority";
/** No process has such numbers. */
const FIRST = 0x3000_0000;

/** Has the kernel look for processes of these numbers, counted from a first one. */
function ask(...numbers: readonly number[]): void {
  for (const number of numbers) assertThrows(() => getPriority(FIRST + number));
}

test("sets are asked and changed on both sides", { needs: NEEDS }, () => {
  using wanted = set(u32);
  using seen = set<number>();
  using pairs = set<{ comm: string; who: number }>(undefined, { maxEntries: 1 });
  const things = { wanted, seen, pairs, FIRST, PID: process.pid };
  wanted.add(1).add(3);
  using _probe = tracepoint(CALL, things, (c, { wanted, seen, pairs, FIRST, PID }) => {
    if (c.pid !== PID) return;
    const who = c.args.who - FIRST;
    if (who !== 3) pairs.add({ comm: c.comm, who });
    if (wanted.has(who)) seen.add(who);
    if (who === 9 && wanted.delete(3)) seen.add(99);
    if (who === 9 && wanted.delete(77)) seen.add(77);
  });
  ask(0, 1, 2, 3, 3, 9);
  assertEquals(new Set(seen), new Set([1, 3, 99]));
  assertEquals([wanted.has(1), wanted.has(3), wanted.size, seen.lost], [true, false, 1, 0]);
  assertEquals(pairs.lost + pairs.size, 4);
  assert(pairs.lost > 0);
});

test("arrays have elements of records and of each CPU", { needs: NEEDS }, () => {
  const Entry = struct({ count: u32, comm: cstr(16), last: u64 });
  using counts = array(4);
  using entries = array(4, Entry);
  using own = perCpuArray(4);
  const things = { counts, entries, own, FIRST, PID: process.pid };
  using _probe = tracepoint(CALL, things, (c, { counts, entries, own, FIRST, PID }) => {
    if (c.pid !== PID) return;
    const who = c.args.who - FIRST;
    counts.count(who, 2);
    own.count(who);
    const entry = entries.get(who);
    if (!entry) return;
    entry.count += 3;
    entry.last = entry.count * 2;
    if (who === 3) entries.set(2, { count: 7, comm: c.comm, last: c.tid });
  });
  ask(0, 1, 1, 3, 4, 1000);
  assertEquals([...counts], [2, 4, 0, 2]);
  assertEquals([0, 1, 2, 3].map((i) => own.get(i).reduce((sum, count) => sum + count)), [1, 2, 0, 1]);
  assert(own.get(1).length >= 1);
  assertEquals([...entries].map(({ count }) => count), [3, 6, 7, 3]);
  assertEquals([...entries].map(({ last }) => last).filter((_, i) => i !== 2), [6n, 12n, 6n]);
  assert(entries.get(2).comm.length > 0);
  assertThrows(() => counts.get(4), RangeError);
});

test("records of a map are made, read and changed in place", { needs: NEEDS }, () => {
  using calls = hash<number, { count: number; first: string; inner: { sum: number } }>();
  using names = hash(u32, cstr(16));
  using found = hash<number, string>();
  const things = { calls, names, found, FIRST, PID: process.pid };
  names.set(1, "one").set(2, "fifteen-letters");
  using _probe = tracepoint(CALL, things, (c, { calls, names, found, FIRST, PID }) => {
    if (c.pid !== PID) return;
    const who = c.args.who - FIRST;
    const entry = calls.get(who);
    if (entry) {
      entry.count += 1;
      entry.inner.sum += who;
      if (entry.first === c.comm) entry.count += 100;
    } else {
      calls.set(who, { count: 1, first: c.comm, inner: { sum: 1000 } });
    }
    const name = names.get(who);
    if (name === undefined) return;
    found.set(who, name);
    if (names.get(who) === "one") found.set(50 + who, "was one");
    if ((calls.get(77)?.count ?? 5) === 5) found.set(77, "none");
  });
  ask(1, 2, 1, 1, 3);
  const sums = [...calls].map(([who, { count, inner }]) => [who, count, inner.sum]);
  assertEquals(sums.toSorted(), [[1, 203, 1002], [2, 1, 1000], [3, 1, 1000]]);
  assertEquals(
    new Map(found),
    new Map([[1, "one"], [51, "was one"], [2, "fifteen-letters"], [77, "none"]]),
  );
});

test("a map that is never set says so", { needs: NEEDS }, () => {
  using never = hash();
  assertThrows(
    () => tracepoint(CALL, { never }, (c, { never }) => ({ n: never.get(c.pid) ?? 0 })),
    Error,
    'it is not known what "never" holds: give its types',
  );
});

test("queues and stacks keep the order on both sides", { needs: NEEDS }, () => {
  using first = queue<number>();
  using last = stack(u64, { maxEntries: 2 });
  using records = queue<{ who: number; comm: string }>();
  using input = queue(u32);
  using dropped = queue(u32);
  const things = { first, last, records, input, dropped, FIRST, PID: process.pid };
  input.push(500).push(600);
  dropped.push(7).push(8).push(9);
  using _probe = tracepoint(CALL, things, (c, { first, last, records, input, dropped, FIRST, PID }) => {
    if (c.pid !== PID) return;
    const who = c.args.who - FIRST;
    if (who === 2) dropped.pop();
    const next = input.peek();
    if (next !== undefined) first.push(next);
    first.push((input.pop() ?? 1) + who);
    last.push(who);
    records.push({ who, comm: c.comm });
  });
  ask(1, 2, 3);
  assertEquals([...dropped.drain()], [8, 9]);
  assertEquals([...first.drain()], [500, 501, 600, 602, 4]);
  assertEquals([last.lost, last.peek(), last.pop(), last.pop(), last.pop()], [1, 2n, 2n, 1n, undefined]);
  assertEquals([...records.drain()].map(({ who }) => who), [1, 2, 3]);
});

test("topK() has the largest in bounded memory", { needs: NEEDS }, () => {
  using top = topK<number>(3);
  using _probe = tracepoint(CALL, { top, FIRST, PID: process.pid }, (c, { top, FIRST, PID }) => {
    if (c.pid === PID) top.count(c.args.who - FIRST);
  });
  // Far more than it has room for, and three that come all the time
  const often = [7, 7, 7, 8, 8, 9];
  for (let i = 0; i < 1500; i++) {
    ask(...often, 1000 + i * 5, 1001 + i * 5, 1002 + i * 5, 1003 + i * 5, 1004 + i * 5);
  }
  assertEquals([...top], [[7, 4500], [8, 3000], [9, 1500]]);
  assert(top.get(8) === 3000 && top.total < 1500 * 11, "others were forgotten");
});
