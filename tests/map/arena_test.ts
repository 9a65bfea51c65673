import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { u32, u64 } from "../../src/codec/mod.ts";
import { ClosedError, SyscallError } from "../../src/errors.ts";
import { type Arena, arena, createMap, openMap } from "../../src/map/mod.ts";
import { type BpfObject, load } from "../../src/object/mod.ts";
import { pageSize } from "../../src/sys/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { runScript } from "../_child.ts";

/** Arenas are of Linux 6.9, kernel functions on them too. */
const BPF = { needs: ["bpf", "btf"] } as const;
const PAGES = 16;
/** Above 2^46, below which V8 reserves memory at random places, and below what the kernel hands out. */
const ADDRESS = 3n << 45n;

/** The arena of an object that makes and follows lists. */
function memoryOf(object: BpfObject): Arena {
  return object.maps.get("memory", arena());
}

/** Runs a program of the object without data. */
function run(object: BpfObject, program: string): number {
  return object.programs.get(program).run().returnValue;
}

/** Where the process has mapped an arena, by what the kernel says. */
function mapped(): string[] {
  const maps = readFileSync("/proc/self/maps", "utf8").split("\n");
  return maps.filter((line) => line.includes("anon_inode:bpf-map")).map((line) =>
    line.slice(0, line.indexOf("-"))
  );
}

test("a script follows the pointers of a list that a program made in an arena()", BPF, async () => {
  await using object = await load(fixture("arena_list"));
  const memory = memoryOf(object);
  object.variables.get("length", u32).set(5);
  assertEquals(run(object, "make"), 5);
  const view = new DataView(memory.buffer);
  const numbers: bigint[] = [];
  const pages = new Set<number>();
  for (
    let at = object.variables.get("first", u64).get();
    at !== 0n;
    at = view.getBigUint64(memory.offsetOf(at), true)
  ) {
    const offset = memory.offsetOf(at);
    numbers.push(view.getBigUint64(offset + 8, true));
    pages.add(offset / pageSize());
  }
  assertEquals(numbers, [4n, 3n, 2n, 1n, 0n]);
  // A page for each node, of those that there are
  assertEquals([pages.size, [...pages].every((page) => Number.isInteger(page) && page < PAGES)], [5, true]);
});

test("a program follows the pointers of a list that a script made in an arena()", BPF, async () => {
  await using object = await load(fixture("arena_list"));
  const memory = memoryOf(object);
  // Pages that nobody has allocated; they come when they are written
  const view = new DataView(memory.buffer);
  const offsets = [7 * pageSize() + 64, 2 * pageSize(), 15 * pageSize() + 4000];
  offsets.forEach((offset, i) => {
    const next = offsets[i + 1];
    view.setBigUint64(offset, next === undefined ? 0n : memory.address + BigInt(next), true);
    view.setBigUint64(offset + 8, BigInt(10 ** i), true);
  });
  object.variables.get("first", u64).set(memory.address + BigInt(offsets[0] ?? 0));
  assertEquals([run(object, "follow"), object.variables.get("sum", u64).get()], [3, 111n]);
  assertEquals(offsets.map((offset) => view.getBigUint64(offset + 8, true)), [2n, 20n, 200n]);
});

test("a page that a program gives back comes anew, zeroed, when it is touched", BPF, async () => {
  await using object = await load(fixture("arena_list"));
  const memory = memoryOf(object);
  object.variables.get("length", u32).set(2);
  run(object, "make");
  const view = new DataView(memory.buffer);
  const at = memory.offsetOf(object.variables.get("first", u64).get());
  assertEquals([view.getBigUint64(at + 8, true), view.getBigUint64(at, true) === 0n], [1n, false]);
  run(object, "drop");
  assertEquals([view.getBigUint64(at + 8, true), view.getBigUint64(at, true)], [0n, 0n]);
  view.setBigUint64(at + 8, 9n, true);
  assertEquals([run(object, "follow"), object.variables.get("sum", u64).get()], [1, 9n]);
});

test("variables in an arena and arena() share its memory", BPF, async () => {
  await using object = await load(fixture("arena"));
  const memory = object.maps.get("arena", arena());
  const [counter, step] = [object.variables.get("counter", u64), object.variables.get("step", u32)];
  assertEquals([counter.get(), step.get(), memory.address], [7n, 2, 1n << 44n]);
  const view = new DataView(memory.buffer);
  const offset = Array.from({ length: 64 }, (_, i) => i).find((i) => view.getUint8(i) === 7) ?? -1;
  assertEquals(view.getBigUint64(offset, true), 7n);
  assertEquals(run(object, "advance"), 9);
  assertEquals([counter.get(), view.getBigUint64(offset, true)], [9n, 9n]);
  view.setBigUint64(offset, 100n, true);
  assertEquals([counter.get(), run(object, "advance")], [100n, 102]);
  assertEquals(mapped().filter((address) => BigInt(`0x${address}`) === memory.address).length, 1);
});

test("createMap() of arena() takes an address, at which the memory is", BPF, () => {
  using memory = createMap(arena({ address: ADDRESS }), { name: "memory", maxEntries: 4 });
  assertEquals([memory.info.extra, memory.byteLength], [ADDRESS, 4 * pageSize()]);
  assertEquals([memory.address, memory.buffer.byteLength], [ADDRESS, 4 * pageSize()]);
  assertEquals(mapped().includes(ADDRESS.toString(16)), true);
  using other = createMap(arena({ address: ADDRESS }), { name: "other", maxEntries: 4 });
  const error = assertThrows(
    () => other.buffer,
    SyscallError,
    'Cannot map map "other": exists already (EEXIST from mmap): something else is at its address 0x600000000000',
  );
  assertEquals(error.code, "EEXIST");
  memory.close();
  assertEquals([other.address, mapped().includes(ADDRESS.toString(16))], [ADDRESS, true]);
});

test("handles of an arena() share one mapping until the last is closed", BPF, () => {
  const memory = createMap(arena(), { name: "memory", maxEntries: 4 });
  const bytes = new Uint8Array(memory.buffer);
  bytes[5] = 42;
  const clone = memory.clone();
  const again = openMap({ id: memory.info.id }, arena());
  assertEquals([new Uint8Array(clone.buffer)[5], new Uint8Array(again.buffer)[5]], [42, 42]);
  assertEquals([clone.address, again.address], [memory.address, memory.address]);
  memory.close();
  assertEquals([bytes.length, bytes[5]], [4 * pageSize(), 42]);
  clone.close();
  again.close();
  assertEquals([bytes.length, bytes[5]], [0, undefined]);
});

test("an arena() that was unmapped is mapped at its address again", BPF, () => {
  using memory = createMap(arena(), { name: "memory", maxEntries: 4 });
  let address: bigint;
  {
    using clone = memory.clone();
    new Uint8Array(clone.buffer)[0] = 7;
    address = clone.address;
    assertNotEquals(address, 0n);
  }
  assertEquals(mapped().includes(address.toString(16)), false);
  assertEquals([memory.address, new Uint8Array(memory.buffer)[0]], [address, 7]);
});

test("another process has an arena() at the same address, where it is told", BPF, async () => {
  const script = new URL("_other_process.ts", import.meta.url);
  const print = async (memory: Arena) => {
    const numbers = new Uint32Array(memory.buffer);
    numbers[0] = 21;
    const { stdout } = await runScript(script, { args: [String(memory.info.id)] });
    return [stdout.trim(), numbers[0]];
  };
  using told = createMap(arena({ address: ADDRESS }), { maxEntries: 4 });
  assertEquals(await print(told), ["21 at 0x600000000000", 42]);
  using untold = createMap(arena(), { name: "untold", maxEntries: 4 });
  assertEquals(await print(untold), [
    'SyscallError: Cannot map map "untold": invalid argument (EINVAL from mmap): ' +
    "another process has it where this one cannot know: create it with an address",
    21,
  ]);
});

test("offsetOf() of an arena() refuses what points elsewhere", BPF, () => {
  using memory = createMap(arena(), { name: "memory", maxEntries: 4 });
  const { address, byteLength } = memory;
  assertEquals([memory.offsetOf(address), memory.offsetOf(address + 100n)], [0, 100]);
  // Programs have but the lower half of a pointer
  assertEquals(memory.offsetOf(BigInt.asUintN(32, address + 8n)), 8);
  for (const pointer of [0n, address - 1n, address + BigInt(byteLength)]) {
    assertThrows(
      () => memory.offsetOf(pointer),
      RangeError,
      `Cannot follow pointer 0x${pointer.toString(16)}: it is not of map "memory"`,
    );
  }
});

test("createMap() of arena() refuses places and sizes that there are not", BPF, () => {
  const create = (address: bigint, maxEntries: number) => () => createMap(arena({ address }), { maxEntries });
  assertThrows(create(123n, 1), RangeError, `its address, 0x7b, is not a multiple of ${pageSize()}`);
  assertThrows(create(ADDRESS - BigInt(pageSize()), 2), RangeError, "it goes across a multiple of 4 GiB");
  const most = 2 ** 32 / pageSize();
  assertThrows(create(ADDRESS, most + 1), RangeError, `its size, ${most + 1} pages, is more than 4 GiB`);
  using memory = createMap(arena({ address: ADDRESS }), { maxEntries: most });
  assertEquals([memory.byteLength, memory.buffer.byteLength], [2 ** 32, 2 ** 32]);
});

test("a closed arena() cannot be used", BPF, () => {
  const memory = createMap(arena(), { name: "memory", maxEntries: 1 });
  const bytes = new Uint8Array(memory.buffer);
  memory.close();
  memory.close();
  assertEquals(bytes.length, 0);
  for (const use of [() => memory.buffer, () => memory.address, () => memory.offsetOf(0n)]) {
    assertThrows(use, ClosedError, 'Cannot use map "memory": it is closed');
  }
});
