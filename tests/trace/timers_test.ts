import { assert, assertEquals, assertThrows } from "@std/assert";
import { ipv6, u32, u64 } from "../../src/codec/mod.ts";
import { CompileError } from "../../src/errors.ts";
import { TestKernel } from "../../src/testing/mod.ts";
import { counter, events, hash, timers, tracepoint, xdp } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";

const NEEDS = ["bpf", "btf", "xdp"] as const;
const MS = 1_000_000;
const DATA = new Uint8Array(64);

/** A packet of Ethernet of so many bytes. */
const packet = (size: number) => new Uint8Array(size);

function later(size: number) {
  const quiet = timers(u32);
  const gone = events<{ length: number; at: number }>();
  const seen = hash(u32, u32, { maxEntries: size });
  const open = () =>
    xdp("lo", { quiet, gone, seen, MS }, (c, { quiet, gone, seen, MS }) => {
      const { length } = c;
      seen.set(length, 1);
      if (length === 66) return quiet.cancel(64) ? "drop" : "pass";
      quiet.start(length, 400 * MS, (length) => {
        seen.delete(length);
        gone.emit({ length, at: c.nsecs });
      });
      return "pass";
    }, { mode: "generic" });
  return { quiet, gone, seen, open };
}

test("timers go off once, in their time, and are gone then", { needs: NEEDS }, async () => {
  const { quiet, gone, seen, open } = later(10);
  using stack = new DisposableStack();
  for (const one of [quiet, gone, seen]) stack.use(one);
  const probe = stack.use(open());
  const before = performance.now();
  for (const size of [64, 65, 64]) probe.program.run({ data: packet(size) });
  assertEquals([quiet.size, seen.size], [2, 2]);
  const found: number[] = [];
  for await (const { length } of gone.events({ timeout: 1000 })) found.push(length);
  assert(performance.now() - before >= 400);
  assertEquals(found.sort(), [64, 65]);
  assertEquals([quiet.size, quiet.lost, seen.size], [0, 0, 0]);
});

test("timers that are cancelled do not go off", { needs: NEEDS }, async () => {
  const { quiet, gone, seen, open } = later(10);
  using stack = new DisposableStack();
  for (const one of [quiet, gone, seen]) stack.use(one);
  const probe = stack.use(open());
  const run = (size: number) => probe.program.run({ data: packet(size) }).returnValue;
  const [PASS, DROP] = [2, 1];
  assertEquals([run(66), run(64), run(65), run(66), run(66)], [PASS, PASS, PASS, DROP, PASS]);
  const found: number[] = [];
  for await (const { length } of gone.events({ timeout: 1000 })) found.push(length);
  assertEquals(found, [65]);
});

test("no timers go off once they are closed, nor are any started", { needs: NEEDS }, async () => {
  const { quiet, gone, seen, open } = later(10);
  using stack = new DisposableStack();
  for (const one of [quiet, gone, seen]) stack.use(one);
  const probe = stack.use(open());
  probe.program.run({ data: packet(64) });
  quiet.close();
  probe.program.run({ data: packet(65) });
  assertEquals([...seen].map(([key]) => key).sort(), [64, 65]);
  const found: unknown[] = [];
  for await (const event of gone.events({ timeout: 1000 })) found.push(event);
  assertEquals(found, []);
});

test("timers do the same in a kernel in memory, when the test lets time pass", async () => {
  const kernel = new TestKernel();
  const { quiet, gone, seen, open } = later(10);
  for (const one of [quiet, gone, seen]) kernel.use(one);
  const probe = open();
  const run = (size: number) => kernel.program(probe).run({ data: packet(size) }).returnValue;
  run(64);
  const start = kernel.clock;
  assertEquals(kernel.elapse(BigInt(200 * MS)), 0);
  assertEquals([run(65), run(64)], [2, 2]);
  assertEquals(kernel.elapse(BigInt(300 * MS)), 0);
  assertEquals(run(66), 1);
  assertEquals([kernel.elapse(BigInt(200 * MS)), quiet.size, seen.size], [1, 0, 2]);
  const found: unknown[] = [];
  for await (const event of gone.events({ timeout: 0 })) found.push(event);
  assertEquals(found, [{ length: 65, at: Number(start) + 600 * MS }]);
});

test("a timer goes off again in the time that its function returns", { needs: NEEDS }, async () => {
  using ticks = timers();
  using beats = events<{ left: number }>();
  using left = hash(u32, u32);
  using probe = xdp("lo", { ticks, beats, left, MS }, (c, { ticks, beats, left, MS }) => {
    left.set(c.length, 3);
    ticks.start(c.length, MS, (key) => {
      const now = left.get(key) ?? 0;
      beats.emit({ left: now });
      left.set(key, now - 1);
      return now > 0 ? 2 * MS : 0;
    });
    return "pass";
  }, { mode: "generic" });
  probe.program.run({ data: DATA });
  const found: number[] = [];
  for await (const { left } of beats.events({ timeout: 500 })) found.push(left);
  assertEquals(found, [3, 2, 1, 0]);
  assertEquals(ticks.size, 0);
});

test("keys of timers are numbers, text, addresses and records of them", { needs: NEEDS }, async () => {
  using byText = timers<string>();
  using byAddress = timers(ipv6);
  using byRecord = timers<{ port: number; name: string }>();
  using found = events<{ name: string; port: number }>();
  using hosts = counter(ipv6);
  const HOST = "2001:db8::17";
  using probe = xdp("lo", { byText, byAddress, byRecord, found, hosts, MS }, (c, shared) => {
    const { byText, byAddress, byRecord, found, hosts, MS } = shared;
    byText.start("a text", MS, (name) => found.emit({ name, port: 0 }));
    byRecord.start({ port: c.length, name: "record" }, 2 * MS, (key) => {
      found.emit({ name: key.name, port: key.port });
    });
    const ip = c.ipv6();
    if (ip) byAddress.start(ip.saddr, 3 * MS, (host) => hosts.count(host));
    return "pass";
  }, { mode: "generic" });
  const data = new Uint8Array(64);
  data.set([0x86, 0xdd, 0x60], 12);
  data.set([0x20, 0x01, 0x0d, 0xb8], 22);
  data[37] = 0x17;
  probe.program.run({ data });
  const all: unknown[] = [];
  for await (const event of found.events({ timeout: 500 })) all.push(event);
  assertEquals(all, [{ name: "a text", port: 0 }, { name: "record", port: 64 }]);
  assertEquals([...hosts], [[HOST, 1]]);
});

test("loops run timers, and timers loops, of any length", { needs: [...NEEDS, "bpf-loop"] }, async () => {
  using many = timers(u32);
  using sums = hash(u32, u64);
  using done = events<{ key: number }>();
  using probe = xdp("lo", { many, sums, done, MS }, (c, { many, sums, done, MS }) => {
    let n = 0;
    while (n < c.length * 50) {
      if (n % 1000 === 0) {
        many.start(n, MS, (key) => {
          let [sum, i] = [0, 0];
          while (i <= key) {
            sum += i;
            i++;
          }
          sums.set(key, sum);
          done.emit({ key });
        });
      }
      n++;
    }
    return "pass";
  }, { mode: "generic" });
  probe.program.run({ data: DATA });
  const found: number[] = [];
  for await (const { key } of done.events({ timeout: 500 })) found.push(key);
  assertEquals(found.sort((a, b) => a - b), [0, 1000, 2000, 3000]);
  const expected = found.map((key) => [key, BigInt(key * (key + 1) / 2)]);
  assertEquals([...sums].sort(([a], [b]) => a - b), expected);
});

test("timers for which there is no room are counted", { needs: NEEDS }, () => {
  using few = timers(u32, { maxEntries: 2 });
  using probe = xdp("lo", { few }, (_c, { few }) => {
    for (let i = 0; i < 5; i++) few.start(i, 1e12, () => {});
    return "pass";
  }, { mode: "generic" });
  probe.program.run({ data: DATA });
  assertEquals([few.size, few.lost], [2, 3]);
});

test("what cannot be done with timers is told at its place", { needs: ["bpf", "btf"] }, () => {
  using later = timers();
  using calls = counter<number>();
  const faults: readonly (readonly [body: () => unknown, message: string])[] = [
    [
      () =>
        xdp("lo", { later, calls }, (c, { later, calls }) => {
          const { length } = c;
          later.start(1, 5, () => calls.count(length));
        }),
      `"length" is gone by the time that the timer goes off: keep it in a map, by the key of the timer`,
    ],
    [
      () =>
        xdp("lo", { later, calls }, (c, { later, calls }) => {
          later.start(1, 5, () => calls.count(c.length));
        }),
      "what the program was called with is gone by the time that the timer goes off",
    ],
    [
      () =>
        xdp("lo", { later, calls }, (c, { later, calls }) => {
          later.start(1, 5, () => {
            for (let i = 0; i < 100_000; i++) calls.count(c.length);
          });
        }),
      "what the program was called with is gone by the time that the timer goes off",
    ],
    [
      () =>
        tracepoint("raw_syscalls:sys_enter", { later }, (_c, { later }) => void later.start(1, 5, () => {})),
      "the kernel gives no timers to programs of tracepoints, probes and clocks",
    ],
    [
      () => xdp("lo", { later }, (_c, { later }) => void later.start(1, 5, 7 as unknown as () => void)),
      "start() takes a key, ns and a function",
    ],
  ];
  for (const [body, message] of faults) {
    const { line, file } = assertThrows(body, CompileError, message);
    assert(line > 0 && file.endsWith("timers_test.ts"), `${file}:${line}`);
  }
});
