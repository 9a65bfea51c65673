import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { struct, u64 } from "../../src/codec/mod.ts";
import { ClosedError, SyscallError } from "../../src/errors.ts";
import { cgroupArray, createMap, perfEventArray, type SlotArray } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { openFile } from "../../src/sys/mod.ts";
import { fixture } from "../_bpf.ts";
import { Cgroup } from "../_cgroup.ts";
import { test } from "../_harness.ts";
import { counterOfThread, OutputEvent } from "./_perf.ts";
import { udpSocket } from "./_sockets.ts";

test("a program asks a cgroupArray() where it runs", { needs: ["bpf", "btf", "cgroup"] }, async () => {
  await using object = await load(fixture("slots"), { only: ["is_under"] });
  const isUnder = () => object.programs.get("is_under").run().returnValue | 0;
  const map = object.maps.get("cgroups", cgroupArray());
  const EAGAIN = -11; // what the helper returns for an empty place
  using cgroup = new Cgroup();
  using other = new Cgroup();
  assertEquals(isUnder(), EAGAIN);
  map.set(2, cgroup.path);
  assertEquals(isUnder(), 0);
  {
    using _inside = cgroup.enter();
    assertEquals(isUnder(), 1);
    map.set(2, other.path);
    assertEquals(isUnder(), 0);
    {
      using directory = openFile(cgroup.path);
      map.set(2, directory.fd); // which the kernel keeps
    }
    assertEquals(isUnder(), 1);
  }
  assertEquals(isUnder(), 0);
  assertEquals([map.delete(2), map.delete(2), map.delete(3)], [true, false, false]);
  assertEquals(isUnder(), EAGAIN);
});

test("a program reads the counters of a perfEventArray()", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("slots"), { only: ["read_count"] });
  const readCount = () => object.programs.get("read_count").run().returnValue | 0;
  const map = object.maps.get("events", perfEventArray());
  const count = object.variables.get("count", struct({ counter: u64, enabled: u64, running: u64 }));
  const ENOENT = -2; // what the helper returns for an empty place
  assertEquals(readCount(), ENOENT);
  using counter = counterOfThread();
  map.set(3, counter.fd);
  const before = counter.read();
  assertEquals(readCount(), 0);
  const between = count.get().counter;
  const after = counter.read();
  assertEquals(
    [before > 0n, before < between, between < after],
    [true, true, true],
    `${[before, between, after]}`,
  );
  assertEquals([map.delete(3), map.delete(3), readCount()], [true, false, ENOENT]);
});

test("a program writes to the events of a perfEventArray()", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("slots"), { only: ["send"] });
  const send = () => object.programs.get("send").run().returnValue | 0;
  const map = object.maps.get("events", perfEventArray());
  assertEquals(send(), -2);
  using events = new DisposableStack();
  const opened = onlineCpus().map((cpu) => {
    const event = events.use(new OutputEvent(cpu));
    map.set(cpu, event.fd);
    return event;
  });
  assertEquals([send(), send()], [0, 0]);
  const text = [...new TextEncoder().encode("waggle\0\0")];
  assertEquals(opened.flatMap((event) => event.samples()).map((bytes) => bytes.slice(0, 8)), [text, text]);
});

test("perfEventArray() has a place for each possible CPU", { needs: ["bpf"] }, () => {
  using map = createMap(perfEventArray());
  const possible = readFileSync("/sys/devices/system/cpu/possible", "utf8");
  assertEquals(map.length, Number(/\d+$/.exec(possible.trim())?.[0]) + 1);
});

/** What is true of both: `none` are no values for them, with why. */
function testSlots<V>(
  map: SlotArray & { set(index: number, value: V): unknown },
  value: V,
  none: readonly (readonly [V, string])[],
): void {
  assertEquals(map.length, 4);
  map.set(3, value);
  for (const index of [4, NaN, -1, 1.5, 2 ** 32]) {
    assertThrows(() => map.set(index, value), RangeError, `Cannot access element ${index} of map "subject"`);
    assertThrows(() => map.delete(index), RangeError, `Cannot access element ${index} of map "subject"`);
  }
  for (const [other, message] of none) {
    const error = assertThrows(() => map.set(1, other), SyscallError, message);
    assertEquals(error.code, message.includes("ENOENT") ? "ENOENT" : "EBADF");
  }
  for (const fd of [NaN, -1, 1.5, 2 ** 31] as V[]) {
    assertThrows(() => map.set(1, fd), RangeError, `${fd} in map "subject": it is no descriptor`);
  }
  assertEquals([map.delete(1), map.delete(3)], [false, true]);
  map.close();
  assertThrows(() => map.set(3, value), ClosedError, 'Cannot use map "subject": it is closed');
  assertThrows(() => map.delete(3), ClosedError);
}

test("cgroupArray() takes cgroups alone", { needs: ["bpf", "cgroup"] }, () => {
  using map = createMap(cgroupArray(), { name: "subject", maxEntries: 4 });
  using cgroup = new Cgroup();
  const problem = "(EBADF from bpf(2)): it is not the directory of a cgroup of version 2";
  testSlots<string | number>(map, cgroup.path, [
    ["/proc", `Cannot put cgroup "/proc" in map "subject": bad file descriptor ${problem}`],
    [map.descriptor.fd, problem],
    [
      "/no/such/cgroup",
      'Cannot open "/no/such/cgroup": no such file, object or element (ENOENT from openat)',
    ],
  ]);
});

test("perfEventArray() takes perf events alone", { needs: ["bpf"] }, () => {
  using map = createMap(perfEventArray(), { name: "subject", maxEntries: 4 });
  using counter = counterOfThread();
  using socket = udpSocket();
  const { fd } = map.descriptor;
  const problem =
    "bad file descriptor (EBADF from bpf(2)): nothing is open under this number, or something else";
  testSlots(map, counter.fd, [
    [fd, `Cannot put perf event ${fd} in map "subject": ${problem}`],
    [socket.fd, problem],
    [0x7fff_ffff, problem],
  ]);
});

function onlineCpus(): number[] {
  const ranges = readFileSync("/sys/devices/system/cpu/online", "utf8").trim().split(",");
  return ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
