import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { u32, u64 } from "../../src/codec/mod.ts";
import { ClosedError, SyscallError } from "../../src/errors.ts";
import { attachXdp } from "../../src/link/mod.ts";
import { cpuMap, createMap, hash } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { eventually, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { Network } from "../link/_network.ts";
import { dumped, packetTo, portOf, XDP_DROP, XDP_REDIRECT } from "./_redirect.ts";

/** The last CPU of a list such as `0-3,8`. */
function lastCpu(file: "online" | "possible"): number {
  const text = readFileSync(`/sys/devices/system/cpu/${file}`, "utf8");
  return Number(/\d+$/.exec(text.trim())?.[0]);
}

test("cpuMap() has a place for each possible CPU", { needs: ["bpf", "bpftool"] }, () => {
  using map = createMap(cpuMap(), { name: "subject" });
  assertEquals(map.info.maxEntries, lastCpu("possible") + 1);
  assertEquals([map.get(0), map.has(0), map.delete(0), [...map.keys()]], [undefined, false, false, []]);
  map.set(0, 192);
  assertEquals(map.get(0), { queueSize: 192, programId: 0 });
  assertEquals(dumped(map.info.id), [[0, 192, 0]]);
  assertEquals([map.has(0), [...map.keys()]], [true, [0]]);
  assertEquals([map.delete(0), map.delete(0), map.size], [true, false, 0]);
  map.set(0, 64).clear();
  assertEquals(map.size, 0);
});

test("a program redirects to the CPUs of a cpuMap()", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("redirect"), { only: ["to_cpu"] });
  const program = object.programs.get("to_cpu");
  const result = (cpu: number) => program.run({ data: packetTo(cpu) }).returnValue;
  const map = object.maps.get("cpus", cpuMap());
  const cpu = lastCpu("online");
  assertEquals(result(cpu), XDP_DROP);
  map.set(cpu, 192);
  assertEquals([result(cpu), result(cpu + 1)], [XDP_REDIRECT, XDP_DROP]);
  map.delete(cpu);
  assertEquals(result(cpu), XDP_DROP);
});

for (const mode of ["native", "generic"] as const) {
  const needs = ["bpf", "btf", "xdp", "bpftool"] as const;
  test(`the program of a cpuMap() runs on its CPU in mode "${mode}"`, { needs }, async () => {
    await using object = await load(fixture("redirect"), { only: ["to_cpu", "on_cpu"] });
    using network = new Network();
    const program = object.programs.get("on_cpu");
    const cpu = lastCpu("online");
    const map = object.maps.get("cpus", cpuMap()).set(cpu, 192, { program });
    assertEquals(map.get(cpu), { queueSize: 192, programId: program.info.id });
    assertEquals(dumped(map.info.id), [[cpu, 192, program.info.id]]);
    using _link = attachXdp(object.programs.get("to_cpu"), network.device, { mode });
    network.send(portOf(cpu), 3);
    network.send(portOf(cpu + 1), 2); // nothing there
    const hits = object.maps.get("hits", hash(u32, u64));
    await eventually(() => hits.get(cpu) === 3n);
    assertEquals([...hits], [[cpu, 3n]]);
  });
}

test("cpuMap() says why it does not open a CPU", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("redirect"), { only: ["on_device"] });
  using map = createMap(cpuMap(), { name: "subject", maxEntries: lastCpu("possible") + 2 });
  const refused = (code: string, message: string, set: () => unknown) => {
    const error = assertThrows(set, SyscallError, 'in map "subject": ');
    assertEquals([error.code, error.message.endsWith(message)], [code, true], error.message);
  };
  refused("EOVERFLOW", "its queue can have 16384 packets at most", () => map.set(0, 16385));
  const absent = lastCpu("possible") + 1;
  refused("ENODEV", "the machine cannot have such a CPU", () => map.set(absent, 64));
  const program = object.programs.get("on_device");
  refused("ENOMEM", 'for such maps (section "xdp/cpumap")', () => map.set(0, 64, { program }));
  for (const size of [0, NaN, -1, 1.5]) {
    const message = `Cannot open CPU 0 in map "subject": no queue has ${size} packets`;
    assertThrows(() => map.set(0, size), RangeError, message);
  }
  for (const cpu of [NaN, -1, absent + 1]) {
    assertThrows(() => map.set(cpu, 64), RangeError, `element ${cpu} of`);
  }
  map.close();
  assertThrows(() => map.set(0, 64), ClosedError, 'Cannot use map "subject": it is closed');
  assertThrows(() => map.delete(0), ClosedError);
});
