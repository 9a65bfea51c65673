import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { exit, ldMap, r1 } from "../../src/asm/mod.ts";
import { bytes, u32, u64 } from "../../src/codec/mod.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { NotFoundError, NotSupportedError, VmError } from "../../src/errors.ts";
import { kernelVersionCode } from "../../src/kernel/mod.ts";
import { array, hash, lpmTrie } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { ring } from "../../src/ring/mod.ts";
import type { ObjectSpec } from "../../src/spec/mod.ts";
import { type Vm, vmOf } from "../../src/vm/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { Chance } from "./_random.ts";

const BPF = { needs: ["bpf", "btf"] } as const;

function spec(name: string): ObjectSpec {
  return parseElf(readFileSync(fixture(name)));
}

/** An IPv4 packet with UDP to a port, in an Ethernet frame. */
function udp(port: number, from: readonly number[] = [127, 0, 0, 1]): Uint8Array {
  const packet = new Uint8Array(64);
  packet.set([0x08, 0x00, 0x45], 12);
  packet[14 + 9] = 17;
  packet.set(from, 14 + 12);
  new DataView(packet.buffer).setUint16(14 + 20 + 2, port);
  return packet;
}

function bigints(map: Iterable<[Uint8Array, Uint8Array]> = []): [number, bigint][] {
  const entries = [...map].map(([key, value]): [number, bigint] => [
    new DataView(key.buffer).getUint32(0, true),
    new DataView(value.buffer).getBigUint64(0, true),
  ]);
  return entries.sort(([a], [b]) => a - b);
}

test("vmOf() runs subprograms and callbacks as the kernel does", BPF, async () => {
  await using object = await load(fixture("calls"));
  const packet = new Uint8Array(64);
  const arithmetic = vmOf(spec("calls"), "arithmetic");
  for (const [a, b] of [[5, 7], [255, 255], [0, 1]] as const) {
    const data = packet.with(0, a).with(1, b);
    const { returnValue } = object.programs.get("arithmetic").run({ data });
    assertEquals(arithmetic.run({ data }).returnValue, returnValue);
    assertEquals(returnValue, a ** 3 + b ** 2);
  }
  const loops = vmOf(spec("calls"), "loops");
  const numbers = object.maps.get("numbers", hash(u32, u64));
  for (const [key, value] of [[3, 10n], [9, 1n << 40n]] as const) {
    numbers.set(key, value);
    loops.maps["numbers"]?.set(key, value);
  }
  assertEquals(
    loops.run({ data: packet }).returnValue,
    object.programs.get("loops").run({ data: packet }).returnValue,
  );
  assertEquals(bigints(loops.maps["sums"]?.entries()), [[0, 12n], [1, 10n + (1n << 40n)]]);
});

test("vmOf() finds the longest prefix as the kernel does", BPF, async () => {
  await using object = await load(fixture("routes"));
  const vm = vmOf(spec("routes"), "lookup");
  const routes = object.maps.get("routes4", lpmTrie(bytes(8), u32));
  const chance = new Chance(4);
  const key = new Uint8Array(8);
  for (let i = 0; i < 60; i++) {
    new DataView(key.buffer).setUint32(0, chance.below(33), true);
    key.set([10, chance.below(4), chance.below(2), chance.below(256)], 4);
    routes.set(key, i + 1);
    vm.maps["routes4"]?.set(key, i + 1);
  }
  const seen = new Set<number>();
  for (let i = 0; i < 300; i++) {
    const data = udp(1, [10, chance.below(5), chance.below(3), chance.below(256)]);
    const { returnValue } = object.programs.get("lookup").run({ data });
    assertEquals(vm.run({ data }).returnValue, returnValue);
    seen.add(returnValue);
  }
  assertEquals(seen.size > 5, true);
});

test("vmOf() counts by what packets say, as the kernel does", BPF, async () => {
  await using object = await load(fixture("count"));
  const vm = vmOf(spec("count"), "on_packet");
  for (const data of [udp(53), udp(53), udp(4242), new Uint8Array(64), new Uint8Array(20)]) {
    assertEquals(vm.run({ data }).returnValue, object.programs.get("on_packet").run({ data }).returnValue);
  }
  const hits = [...object.maps.get("hits", hash(u32, u64))].sort(([a], [b]) => a - b);
  assertEquals(bigints(vm.maps["hits"]?.entries()), hits);
  assertEquals(hits, [[53, 2n], [4242, 1n]]);
});

test("vmOf() shares maps and variables between programs of an object", BPF, async () => {
  await using object = await load(fixture("queue"));
  const data = new Uint8Array(64);
  const queue = spec("queue");
  const push = vmOf(queue, "push");
  const machines: Record<string, Vm> = { push };
  for (const name of ["replace", "pop", "peek"]) machines[name] = vmOf(queue, name, { maps: push.maps });
  const inKernel = object.variables.get("value", u64);
  const value = push.variable("value");
  const chance = new Chance(7);
  const seen = new Set<number>();
  for (let i = 0; i < 200; i++) {
    const name = chance.pick(["push", "push", "replace", "pop", "peek"]);
    inKernel.set(BigInt(i));
    value.setBigUint64(0, BigInt(i), true);
    const { returnValue } = object.programs.get(name).run({ data });
    assertEquals(machines[name]?.run({ data }).returnValue, returnValue, name);
    assertEquals(value.getBigUint64(0, true), inKernel.get(), name);
    seen.add(returnValue | 0);
  }
  assertEquals([...seen].sort((a, b) => a - b), [-7, -2, 0]); // E2BIG, ENOENT
});

test("vmOf() records where packets are sent", () => {
  const vm = vmOf(spec("redirect"), "to_device");
  vm.maps["devices"]?.set(2, 7n);
  assertEquals(vm.run({ data: udp(40_002) }), {
    returnValue: 4, // XDP_REDIRECT
    data: udp(40_002),
    instructions: vm.coverage.programs[0]!.hits.reduce((a, b) => a + b),
    printed: [],
    redirects: [{ by: "bpf_redirect_map", map: "devices", to: 2, flags: 1n }],
  });
  assertEquals(vm.run({ data: udp(40_003) }).returnValue, 1); // XDP_DROP: nothing there
  assertEquals(vm.run({ data: udp(39_999) }).returnValue, 2); // XDP_PASS
});

test("vmOf() fills maps of maps and arrays of programs as the object does", BPF, async () => {
  await using object = await load(fixture("nested"));
  for (const name of ["first", "second"]) {
    object.maps.get(name, array(u64)).set(0, name === "first" ? 11n : 22n);
  }
  const lookup = vmOf(spec("nested"), "lookup");
  lookup.maps["first"]?.set(0, 11n);
  lookup.maps["second"]?.set(0, 22n);
  const call = vmOf(spec("nested"), "call");
  for (let index = 0; index < 5; index++) {
    const data = new Uint8Array(64).with(0, index);
    assertEquals(lookup.run({ data }).returnValue, object.programs.get("lookup").run({ data }).returnValue);
    assertEquals(call.run({ data }).returnValue, object.programs.get("call").run({ data }).returnValue);
  }
  assertEquals(lookup.run({ data: new Uint8Array(64).with(0, 2) }).returnValue, 22);
  assertEquals(call.run({ data: new Uint8Array(64).with(0, 3) }).returnValue, 9);
});

test("vmOf() writes the records that the kernel writes", BPF, async () => {
  // The verifier of Linux 6.1 refuses "copy".
  const names = ["emit", "emit", "discard", ...kernelVersionCode() < (6 << 16 | 12 << 8) ? [] : ["copy"]];
  await using object = await load(fixture("ring"), { only: [...new Set(names)] });
  const producers = spec("ring");
  const emit = vmOf(producers, "emit");
  const { maps } = emit;
  const machines: Record<string, Vm> = {
    emit,
    discard: vmOf(producers, "discard", { maps }),
    copy: vmOf(producers, "copy", { maps }),
  };
  const chance = new Chance(11);
  for (let i = 0; i < 80; i++) {
    const name = chance.pick(names);
    const data = chance.bytes(64);
    // More than fit: the last ones are refused, by both.
    assertEquals(
      machines[name]?.run({ data }).returnValue,
      object.programs.get(name).run({ data }).returnValue,
    );
  }
  const ours = maps["events"]?.take().map((record) => record.toHex());
  const theirs: string[] = [];
  object.maps.get("events", ring(bytes(64))).drain((view, at, size) => {
    theirs.push(new Uint8Array(view.buffer, view.byteOffset + at, size).toHex());
  });
  assertEquals(ours, theirs);
  assertEquals((ours?.length ?? 0) > 20, true);
});

test("vmOf() covers the programs that were gone on to", () => {
  const vm = vmOf(spec("nested"), "call");
  const names = () => vm.coverage.programs.map(({ name }) => name);
  vm.run({ data: new Uint8Array(64) });
  assertEquals(names(), ["call"]);
  vm.run({ data: new Uint8Array(64).with(0, 3) });
  assertEquals(names(), ["call", "tail_nine"]);
});

test("vmOf() runs a program whatever others of the object lack", () => {
  const object = spec("nested");
  const programs = object.programs.map((it) =>
    it.name === "others" ? { ...it, instructions: [ldMap(r1, "absent"), exit()] } : it
  );
  const vm = vmOf({ ...object, programs }, "call");
  vm.maps["tails"]?.set(0, "others");
  assertEquals(vm.run({ data: new Uint8Array(64).with(0, 1) }).returnValue, 7);
  assertThrows(
    () => vm.run({ data: new Uint8Array(64) }),
    NotFoundError,
    'Cannot run program "others": it refers to map "absent": give it in maps',
  );
});

test("vmOf() lets a test set constants", () => {
  const vm = vmOf(spec("nested"), "others");
  const run = () => vm.run({ data: new Uint8Array(64) }).returnValue;
  assertEquals(run(), 5 + 1);
  vm.variable("limit").setUint32(0, 40, true);
  assertEquals(run(), 40 + 1);
  assertThrows(
    () => vm.variable("limits"),
    NotFoundError,
    'Cannot find variable "limits": the program has limit',
  );
});

test("vmOf() tells what an object does not have, and what it cannot run", () => {
  const object = spec("calls");
  assertThrows(
    () => vmOf(object, "loop"),
    NotFoundError,
    'Cannot run program "loop": the object has arithmetic, loops',
  );
  assertThrows(
    () => vmOf({ ...object, byteOrder: "big" }, "loops"),
    NotSupportedError,
    "the object is for a big-endian machine",
  );
  const untyped = { ...object, programs: object.programs.map((it) => ({ ...it, type: 0 })) };
  assertThrows(
    () => vmOf(untyped, "loops"),
    NotSupportedError,
    "its section tells no type: give one as type",
  );
  assertEquals(vmOf(untyped, "loops", { type: "xdp" }).run({ data: new Uint8Array(64) }).returnValue, 4950);
  // Callbacks of the object slots.bpf.c that only a kernel can answer
  const error = assertThrows(
    () => vmOf(spec("slots"), "is_under").run({ context: new Uint8Array(64) }),
    VmError,
    'calls "bpf_current_task_under_cgroup", which the virtual machine does not have: give it in helpers',
  );
  assertEquals(error.source?.line, lineOf("slots", "bpf_current_task_under_cgroup("));
  const vm = vmOf(spec("slots"), "is_under", {
    helpers: {
      bpf_current_task_under_cgroup: (map, index, _3, _4, _5, vm) => vm.mapAt(map) && index === 0n ? 1 : -1,
    },
  });
  assertEquals(vm.run({ context: new Uint8Array(64) }).returnValue === 0, false);
});

/** The number of the line of a source that has a text. */
function lineOf(name: string, text: string): number {
  const source = readFileSync(new URL(`../bpf/${name}.bpf.c`, import.meta.url), "utf8");
  return source.split("\n").findIndex((line) => line.includes(text)) + 1;
}
