import { assertEquals, assertThrows } from "@std/assert";
import { struct, u16, u32, u64 } from "../../src/codec/mod.ts";
import { MapFullError, NotFoundError, SyscallError } from "../../src/errors.ts";
import { readBlocks } from "../../src/map/blocks.ts";
import { Elements } from "../../src/map/elements.ts";
import { KernelMapHandle } from "../../src/map/handle.ts";
import { array, arrayOfMaps, createMap, type CreateMapOptions, hash, hashOfMaps } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { fixture, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { dumpedNumbers } from "./_dumped.ts";

const BPF = { needs: ["bpf"] } as const;
const BPFTOOL = { needs: ["bpf", "bpftool"] } as const;
const INNER: CreateMapOptions = { name: "inner", maxEntries: 2 };

test("arrayOfMaps() has the indices it was created with, and no modes", BPF, () => {
  using outer = createMap(arrayOfMaps(array(u64), INNER), { name: "outer", maxEntries: 4 });
  using inner = outer.createInner();
  assertThrows(() => outer.set(4, inner), RangeError, 'element 4 of map "outer": it has 4 elements');
  assertThrows(() => outer.get(-1), RangeError, "not an index");
  assertThrows(() => outer.set(1, inner, { mode: "exist" }), SyscallError, "arrays know no modes");
});

test("hashOfMaps() heeds the mode, and is full at its end", BPF, () => {
  using outer = createMap(hashOfMaps(u32, array(u64), INNER), { name: "outer", maxEntries: 2 });
  using inner = outer.createInner();
  assertThrows(() => outer.set(9, inner, { mode: "exist" }), NotFoundError, "there is none with this key");
  outer.set(9, inner, { mode: "noexist" }).set(8, inner);
  assertThrows(() => outer.set(9, inner, { mode: "noexist" }), SyscallError, "one with this key already");
  assertThrows(
    () => outer.set(7, inner),
    MapFullError,
    'Cannot set an element of map "outer": the map is full',
  );
  assertEquals([...outer.keys()].toSorted(), [8, 9]);
});

test("hashOfMaps() takes hash maps of any size", BPF, () => {
  const kind = hashOfMaps(struct({ port: u16, protocol: u16 }), hash(u32, u64), { maxEntries: 1 });
  using outer = createMap(kind, { maxEntries: 4 });
  using inner = createMap(hash(u32, u64), { maxEntries: 1000 });
  inner.set(1, 2n);
  using same = outer.set({ port: 443, protocol: 6 }, inner).get({ port: 443, protocol: 6 });
  assertEquals(same && [...same], [[1, 2n]]);
  assertEquals([...outer.ids()], [[{ port: 443, protocol: 6 }, inner.info.id]]);
});

test("hashOfMaps() lists all of its maps once, also while they are removed", BPF, () => {
  using outer = createMap(hashOfMaps(u32, array(u64), INNER), { maxEntries: 100 });
  using inner = outer.createInner();
  const keys = Array.from({ length: 40 }, (_, i) => i);
  for (const key of keys) outer.set(key, inner);
  assertEquals([...outer.keys()].sort((a, b) => a - b), keys);
  const handle = new KernelMapHandle(outer.descriptor, hash(u32, u32), { name: outer.name });
  const blocks = readBlocks(new Elements(handle, u32, u32), { size: 8 }); // several of them
  const listed: number[] = [];
  for (const { count, keys } of blocks) {
    for (let i = 0; i < count; i++) listed.push(keys.getUint32(4 * i, true));
  }
  assertEquals(listed.sort((a, b) => a - b), keys);
  assertEquals(new Set([...outer.ids()].map(([, id]) => id)), new Set([inner.info.id]));
  const seen: number[] = [];
  for (const key of outer.keys()) {
    seen.push(key);
    outer.delete(key);
  }
  assertEquals([seen.sort((a, b) => a - b), outer.size], [keys, 0]);
});

test("the maps in the maps of an object are those of its source", BPFTOOL, async () => {
  await using object = await load(fixture("nested"));
  const outer = object.maps.get("outer", arrayOfMaps(array(u64)));
  const lookup = object.programs.get("lookup");
  const run = (index: number) => lookup.run({ data: new Uint8Array(64).fill(index, 0, 1) }).returnValue;
  assertEquals([...outer.ids()], dumpedNumbers(outer.info.id));
  assertEquals([...outer.ids()].map(([index, id]) => [index, shown("map", id).name]), [[0, "first"], [
    2,
    "second",
  ]]);
  using second = outer.get(2);
  second?.set(0, 42n);
  assertEquals([run(0), run(1), run(2)], [0, 100, 42]);
  outer.delete(2);
  assertEquals(run(2), 100);
});
