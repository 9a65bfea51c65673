import { assertEquals } from "@std/assert";
import { readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { u32, u64 } from "../../src/codec/mod.ts";
import { counter, events, hash, tracepoint } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";

const NEEDS = ["bpf", "tracefs"] as const;

/** Calls getpriority(2) so often. */
function fire(times: number): void {
  const os = process.getBuiltinModule("node:os");
  for (let i = 0; i < times; i++) os.getPriority(0);
}

test("what finds no room in the buffer is counted", { needs: NEEDS }, async () => {
  using sent = events<{ number: number; text: string }>({ size: 4096 });
  const PID = process.pid;
  using _probe = tracepoint("syscalls:sys_enter_getpriority", { sent, PID }, (c, { sent, PID }) => {
    if (c.pid === PID) sent.emit({ number: c.args.who, text: "a text of 24 bytes or so" });
  });
  fire(1000);
  let read = 0;
  for await (const event of sent.events({ timeout: 200 })) {
    assertEquals(event, { number: 0, text: "a text of 24 bytes or so" });
    read++;
  }
  // Each takes 40 bytes and a header of 8 (`struct bpf_ringbuf_hdr`)
  assertEquals(read, Math.floor((4096 - 1) / 48));
  assertEquals(sent.lost, 1000 - read);
});

test("several functions send events to one buffer, each with its own fields", { needs: NEEDS }, async () => {
  using sent = events();
  const PID = process.pid;
  using _enter = tracepoint("syscalls:sys_enter_getpriority", { sent, PID }, (c, { sent, PID }) => {
    if (c.pid === PID) sent.emit({ at: "call", who: c.args.who, isThread: c.tid !== c.pid });
  });
  using _exit = tracepoint("syscalls:sys_exit_getpriority", { sent, PID }, (c, { sent, PID }) => {
    if (c.pid !== PID) return;
    if (c.args.ret === 20) {
      sent.emit({ at: "return", usual: true, big: 1n << 60n, nested: { a: 1, comm: c.comm } });
    } else sent.emit({ at: "return", result: c.args.ret });
  });
  const [comm, thread] = [
    readFileSync("/proc/thread-self/comm", "utf8").trim(),
    readlinkSync("/proc/thread-self"),
  ];
  fire(1);
  const found = [];
  for await (const event of sent.events({ timeout: 5000 })) {
    found.push(event);
    if (found.length === 2) break;
  }
  assertEquals(found, [
    { at: "call", who: 0, isThread: thread !== `${process.pid}/task/${process.pid}` },
    { at: "return", usual: true, big: 2n ** 60n, nested: { a: 1, comm } },
  ]);
});

test("a map by least recent use makes room for new keys", { needs: NEEDS }, () => {
  using plain = hash(u32, u64, { maxEntries: 64 });
  using recent = hash(u32, u64, { maxEntries: 64, lru: true });
  const PID = process.pid;
  using _probe = tracepoint(
    "syscalls:sys_enter_getpriority",
    { plain, recent, PID },
    (c, { plain, recent, PID }) => {
      if (c.pid !== PID) return;
      for (let i = 0; i < 1000; i++) {
        plain.set(i, 1);
        recent.set(i, 1);
      }
    },
  );
  fire(1);
  assertEquals([plain.has(0), plain.has(999), plain.size], [true, false, 64]);
  assertEquals([recent.has(0), recent.has(999), recent.size <= 64], [false, true, true]);
});

test("keys of several fields are told apart by all of them", { needs: NEEDS }, () => {
  using keyed = counter<{ small: number; text: string; big: number; flag: boolean }>();
  const PID = process.pid;
  using _probe = tracepoint("syscalls:sys_enter_getpriority", { keyed, PID }, (c, { keyed, PID }) => {
    if (c.pid !== PID) return;
    for (let i = 0; i < 4; i++) {
      keyed.count({ small: c.args.which, text: "x", big: c.nsecs * 0 + (i >> 1), flag: (i & 1) === 0 }, 10);
    }
  });
  fire(3);
  const seen = [...keyed].map(([key, count]) =>
    JSON.stringify([key.small, key.text, key.big, key.flag, count])
  );
  assertEquals(seen.sort(), [
    '[0,"x",0,false,30]',
    '[0,"x",0,true,30]',
    '[0,"x",1,false,30]',
    '[0,"x",1,true,30]',
  ]);
});

test("texts that were kept come at any place of an event", { needs: NEEDS }, async () => {
  using sent = events<{ first: boolean; comm: string; second: boolean; again: string }>();
  const PID = process.pid;
  using _probe = tracepoint("syscalls:sys_enter_getpriority", { sent, PID }, (c, { sent, PID }) => {
    const { comm } = c;
    if (c.pid === PID) sent.emit({ first: true, comm, second: true, again: comm });
  });
  const comm = readFileSync("/proc/thread-self/comm", "utf8").trim();
  fire(1);
  for await (const event of sent.events({ timeout: 5000 })) {
    assertEquals(event, { first: true, comm, second: true, again: comm });
    return;
  }
  throw new Error("nothing was sent");
});

test("what a field calls may send an event of its own", { needs: NEEDS }, async () => {
  using sent = events();
  const PID = process.pid;
  using _probe = tracepoint("syscalls:sys_enter_getpriority", { sent, PID }, (c, { sent, PID }) => {
    const noted = (number: number) => {
      sent.emit({ noted: number });
      return number + 1;
    };
    if (c.pid === PID) sent.emit({ first: 1, second: noted(noted(7)), third: 3 });
  });
  fire(1);
  const found = [];
  for await (const event of sent.events({ timeout: 5000 })) {
    found.push(event);
    if (found.length === 3) break;
  }
  // The kernel hands records over in the order in which they were reserved
  assertEquals(found, [{ first: 1, second: 9, third: 3 }, { noted: 7 }, { noted: 8 }]);
});

test(
  "a function that returns a record behind a condition sends it where that is true",
  { needs: NEEDS },
  async () => {
    const PID = process.pid;
    using probe = tracepoint(
      "syscalls:sys_enter_getpriority",
      { PID },
      (c, { PID }) => c.pid === PID && c.args.who === 7 && { who: c.args.who },
    );
    const os = process.getBuiltinModule("node:os");
    os.getPriority(0);
    try {
      os.getPriority(7);
    } catch {
      // No such process, which is no matter: the kernel was asked
    }
    const found: unknown[] = [];
    for await (const event of probe.events({ timeout: 200 })) found.push(event);
    assertEquals(found, [{ who: 7 }]);
  },
);
