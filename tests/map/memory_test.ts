import { assertEquals, assertThrows } from "@std/assert";
import { add, atomicAdd, call, exit, jeq, label, ldMap, mov } from "../../src/asm/mod.ts";
import { r0, r1, r10, r2, st } from "../../src/asm/mod.ts";
import { struct, u32, u64 } from "../../src/codec/mod.ts";
import { ClosedError, NotSupportedError, PermissionError, SyscallError } from "../../src/errors.ts";
import { array, createMap, openMap } from "../../src/map/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { test } from "../_harness.ts";

const BPF = { needs: ["bpf"] } as const;

/** Adds 1 to element 2. */
const COUNT = [
  st("u32", [r10, -4], 2),
  ldMap(r1, "map"),
  mov(r2, r10),
  add(r2, -4),
  call("bpf_map_lookup_elem"),
  jeq(r0, 0, "out"),
  mov(r1, 1),
  atomicAdd("u64", [r0, 0], r1),
  label("out", mov(r0, 2)),
  exit(),
];

test("memory() is what system calls and programs see", BPF, () => {
  using map = createMap(array(u64), { maxEntries: 4, flags: ["mmapable"] });
  using memory = map.memory();
  assertEquals([memory.length, memory.stride, memory.writable], [4, 8, true]);
  memory.set(2, 40n);
  using program = loadProgram({ name: "count", type: "xdp", instructions: COUNT, maps: { map } });
  program.run({ data: new Uint8Array(64), repeat: 2 });
  assertEquals([memory.get(2), map.get(2)], [42n, 42n]);
  map.set(3, 7n);
  assertEquals([...new BigUint64Array(memory.buffer, 0, memory.length)], [0n, 0n, 42n, 7n]);
});

test("memory() has values of any size at places of 8 bytes", BPF, () => {
  const Value = struct({ a: u32, b: u32, c: u32 });
  using map = createMap(array(Value), { maxEntries: 1000, flags: ["mmapable"] });
  using memory = map.memory();
  assertEquals(memory.stride, 16); // round_up(12, 8): array_map_alloc()
  for (const i of [0, 1, 999]) {
    map.set(i, { a: i, b: 2, c: 3 });
    assertEquals(memory.get(i), { a: i, b: 2, c: 3 });
    memory.set(i, { a: 9, b: i, c: 8 });
    assertEquals(map.get(i), { a: 9, b: i, c: 8 });
  }
});

test("memory() of a frozen array can be read alone, and keeps it from being frozen otherwise", BPF, () => {
  using map = createMap(array(u64), { name: "cold", maxEntries: 2, flags: ["mmapable"] });
  map.set(1, 5n);
  {
    using _memory = map.memory();
    assertThrows(() => map.freeze(), SyscallError, 'Cannot freeze map "cold": it is mapped for writing');
  }
  map.freeze();
  using memory = map.memory();
  assertEquals([memory.writable, memory.get(1)], [false, 5n]);
  assertThrows(
    () => memory.set(1, 6n),
    TypeError,
    'Cannot set an element of map "cold": its memory is read-only',
  );
});

test("memory() of an array opened for reading is refused by the kernel", BPF, () => {
  using map = createMap(array(u64), { name: "reader", maxEntries: 2, flags: ["mmapable"] });
  using reader = openMap({ id: map.info.id, access: "read" }, array(u64));
  assertThrows(
    () => reader.memory(),
    PermissionError,
    'Cannot map the memory of map "reader": it was opened for reading',
  );
});

test("memory() refuses indices that are none", BPF, () => {
  using map = createMap(array(u64), { name: "two", maxEntries: 2, flags: ["mmapable"] });
  using memory = map.memory();
  for (const index of [2, -1, 0.5, NaN, 2 ** 32]) {
    assertThrows(() => memory.get(index), RangeError, `element ${index} of map "two": it has 2 elements`);
    assertThrows(() => memory.set(index, 0n), RangeError, `${index}`);
  }
});

test("memory() says which flag an array lacks", BPF, () => {
  using map = createMap(array(u64), { name: "plain", maxEntries: 2 });
  assertThrows(
    () => map.memory(),
    NotSupportedError,
    'Cannot map the memory of map "plain": create it with the flag "mmapable"',
  );
});

test("closed memory() cannot be used, and the map can", BPF, () => {
  using map = createMap(array(u64), { name: "kept", maxEntries: 2, flags: ["mmapable"] });
  const memory = map.memory();
  const words = new BigUint64Array(memory.buffer);
  memory.set(0, 1n);
  memory.close();
  memory.close();
  assertEquals(words.length, 0);
  assertThrows(() => memory.get(0), ClosedError, 'the memory of map "kept": it is closed');
  assertThrows(() => memory.set(0, 1n), ClosedError);
  assertEquals(map.get(0), 1n);
});
