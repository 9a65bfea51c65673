import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { u32, u64 } from "../../src/codec/mod.ts";
import {
  ClosedError,
  MapFullError,
  NotFoundError,
  NotSupportedError,
  WaggleError,
} from "../../src/errors.ts";
import { TestKernel } from "../../src/testing/mod.ts";
import { counter, events, hash, histogram, lpm, tc, uprobe, xdp } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { bytes, checksum, frame, ipv6, u16, udp } from "../trace/_packets.ts";
import { blocked, drops, firewall } from "./_firewall.ts";
import { udpPacket } from "./_packets.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("a tool runs in a kernel of a test as it is", async () => {
  const kernel = new TestKernel();
  kernel.use(blocked).set("192.0.2.0/24", 0).set("192.0.2.128/25", 0);
  using probe = firewall("eth0");
  const verdictOf = (from: string, port: number) => {
    return kernel.program(probe).run({ data: udpPacket(from, port) }).verdict;
  };
  assertEquals(
    [verdictOf("192.0.2.7", 53), verdictOf("198.51.100.1", 53), verdictOf("192.0.2.200", 443)],
    ["drop", "pass", "drop"],
  );
  assertEquals(new Map(blocked), new Map([["192.0.2.0/24", 1], ["192.0.2.128/25", 1]]));
  const ports: number[] = [];
  for await (const { port } of drops.events({ timeout: 0 })) ports.push(port);
  assertEquals(ports, [53, 443]);
  const later = drops.events()[Symbol.asyncIterator]().next();
  verdictOf("192.0.2.7", 5353);
  assertEquals((await later).value, { port: 5353 });
  assertThrows(() => probe.program, NotSupportedError, "runs in a test");
});

test("a kernel of a test needs no rights at all", { needs: ["deno"] }, () => {
  const script = fileURLToPath(new URL("_firewall.ts", import.meta.url));
  const printed = run("deno", ["run", "--no-prompt", "--no-check", script], ROOT);
  const { verdicts, count, seen, lines } = JSON.parse(printed);
  assertEquals({ verdicts, count, seen }, { verdicts: ["drop", "pass"], count: 1, seen: [{ port: 53 }] });
  assertEquals(lines.includes('1 return "drop";'), true, printed);
});

test("coverage is by the lines of the file that the function is in", { needs: ["bpf"] }, () => {
  const kernel = new TestKernel();
  using probe = xdp("eth0", { kernel }, (c) => {
    if (c.ipv6()) {
      return "drop"; // never
    }
    return "pass"; // always
  });
  kernel.program(probe).run({ data: udpPacket("192.0.2.7", 53) });
  kernel.program(probe).run({ data: udpPacket("192.0.2.8", 53) });
  const file = fileURLToPath(import.meta.url);
  const source = readFileSync(file, "utf8").split("\n");
  const { lines } = kernel.program(probe).coverage;
  const hitsAt = (text: string) => {
    const line = source.findIndex((one) => one.endsWith(text)) + 1;
    return lines.find((one) => one.file === file && one.line === line)?.hits;
  };
  assertEquals([hitsAt("// never"), hitsAt("// always")], [0, 2]);
});

test("functions of traffic control change packets in memory, and checksums with them", () => {
  const kernel = new TestKernel();
  using probe = tc("eth0", "ingress", { kernel }, (c) => {
    const ip = c.ipv6();
    const udp = c.udp();
    if (!ip || !udp || c.vlan() !== 5) return "shot";
    ip.saddr = "2001:db8:ffff::1";
    udp.dest = 5353;
    return "ok";
  });
  const data = frame(0x86dd, ipv6(17, udp(6, 9, 53, bytes("0102"))), [[0x8100, 5]]);
  const result = kernel.program(probe).run({ data });
  assertEquals([result.verdict, result.data.length], ["ok", data.length]);
  const segment = result.data.subarray(58);
  const addresses = result.data.subarray(26, 58);
  assertEquals(segment.subarray(0, 4).toHex(), "000914e9");
  assertEquals(checksum(segment, ~checksum(bytes(addresses, u16(17), u16(segment.length))) & 0xffff), 0);
});

test("clock, task, processor and chance are the test's", () => {
  const kernel = new TestKernel({
    cpus: 3,
    clock: 5_000n,
    task: { pid: 7, tid: 8, uid: 1000, comm: "bash" },
  });
  const start = kernel.use(hash(u32, u64));
  const calls = counter<string>();
  const times = histogram();
  using probe = uprobe("libc:malloc", { start, calls, times }, (c, { start, calls, times }) => {
    const before = start.get(c.tid);
    if (before === undefined) start.set(c.tid, c.nsecs);
    else times.record(c.nsecs - before);
    calls.count(c.comm);
  });
  const program = kernel.program(probe);
  program.run();
  kernel.clock += 1000n;
  kernel.cpu = 2;
  program.run();
  kernel.task = { pid: 9, comm: "curl" };
  program.run();
  assertEquals([...start], [[8, 5_000n], [9, 6_000n]]);
  assertEquals(new Map(calls), new Map([["bash", 2], ["curl", 1]]));
  const buckets = times.snapshot().buckets().filter(({ count }) => Number(count) > 0);
  assertEquals(buckets.map(({ from, to }) => [from, to]), [[512, 1024]]);
  assertThrows(
    () => {
      kernel.cpu = 3;
      program.run();
    },
    RangeError,
    "CPU 3",
  );
});

test("operations fail when the test says so", () => {
  const kernel = new TestKernel();
  const seen = kernel.use(hash(u32, u64));
  const other = kernel.use(hash(u32, u64));
  using probe = uprobe("libc:malloc", { seen, other }, (c, { seen, other }) => {
    seen.set(c.pid, 1);
    other.set(c.pid, 1);
  });
  const runAs = (pid: number) => {
    kernel.task = { pid };
    kernel.program(probe).run();
  };
  kernel.fail("bpf_map_update_elem", "E2BIG", { map: "seen", nth: 2, times: 2 });
  for (const pid of [1, 2, 3, 4]) runAs(pid);
  assertEquals([[...seen.map.keys()], [...other.map.keys()]], [[1, 4], [1, 2, 3, 4]]);
  kernel.fail("BPF_MAP_UPDATE_ELEM", "E2BIG");
  assertThrows(() => seen.set(5, 1n), MapFullError, 'map "seen": the map is full');
  seen.set(5, 1n);
  kernel.fail("BPF_PROG_LOAD", "EPERM");
  assertThrows(() => xdp("eth0", { kernel }, () => "drop"), WaggleError, 'Cannot load program "xdp"');
  assertThrows(
    () => kernel.fail("bpf_map_update_elem", "E2BG" as "E2BIG"),
    RangeError,
    'did you mean "E2BIG"',
  );
});

test("maps and rings are full when they are", async () => {
  const kernel = new TestKernel();
  const seen = kernel.use(hash(u32, u64, { maxEntries: 2 }));
  const sent = events<{ pid: number }>({ size: 4096 });
  using probe = uprobe("libc:free", { seen, sent }, (c, { seen, sent }) => {
    seen.count(c.pid);
    sent.emit({ pid: c.pid });
  });
  for (let pid = 1; pid <= 300; pid++) {
    kernel.task = { pid };
    kernel.program(probe).run();
  }
  assertEquals([...seen], [[1, 1n], [2, 1n]]);
  assertThrows(() => seen.set(3, 1n), MapFullError);
  // A record is a tag and a number, with 8 bytes in front: of 4096 bytes one always stays free (kernel/bpf/ringbuf.c)
  const room = Math.floor(4095 / 16);
  assertEquals(sent.lost, 300 - room);
  const pids: number[] = [];
  for await (const { pid } of sent.events({ timeout: 0 })) pids.push(pid);
  assertEquals(pids, Array.from({ length: room }, (_, i) => i + 1));
  kernel.program(probe).run();
  assertEquals(sent.lost, 300 - room);
});

test("programs are there until they are detached", async () => {
  const kernel = new TestKernel();
  const probe = uprobe("libc:free", { kernel }, (c) => ({ pid: c.pid }));
  const program = kernel.program("free");
  assertEquals([program.attached, program.type, kernel.programs.length], [true, "kprobe", 1]);
  program.run();
  const all: number[] = [];
  for await (const { pid } of probe.events({ timeout: 0 })) all.push(pid);
  assertEquals(all, [1]);
  probe.close();
  assertEquals([program.attached, kernel.programs.length], [false, 0]);
  assertThrows(() => kernel.program("free"), NotFoundError, 'Cannot find program "free"');
  assertThrows(() => probe.events(), ClosedError);
});

test("what is of another kernel is named", { needs: ["bpf"] }, () => {
  using real = lpm();
  real.set("192.0.2.0/24", 1);
  const [kernel, another] = [new TestKernel(), new TestKernel()];
  assertThrows(
    () => xdp("eth0", { kernel, real }, (c, { real }) => real.has(c.ipv4()!.saddr) ? "drop" : "pass"),
    WaggleError,
    "give what it is of to use() before anything else",
  );
  const here = kernel.use(lpm());
  assertThrows(() => another.use(here), WaggleError, "it is in another one");
});
