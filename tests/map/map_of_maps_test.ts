import { assertEquals, assertThrows } from "@std/assert";
import { add, atomicAdd, call, exit, type Instruction, jeq, label, ldMap, mov } from "../../src/asm/mod.ts";
import { r0, r1, r10, r2, st } from "../../src/asm/mod.ts";
import { u32, u64 } from "../../src/codec/mod.ts";
import { ClosedError, LayoutError, SyscallError } from "../../src/errors.ts";
import {
  array,
  arrayOfMaps,
  createMap,
  type CreateMapOptions,
  hash,
  hashOfMaps,
  type MapKind,
  type MapOfMaps,
  openMap,
  type PlainArrayMap,
} from "../../src/map/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { eventually, idsOf, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { dumpedNumbers } from "./_dumped.ts";

const BPF = { needs: ["bpf"] } as const;
const BPFTOOL = { needs: ["bpf", "bpftool"] } as const;
const INNER: CreateMapOptions = { name: "inner", maxEntries: 2 };

type Outer = MapOfMaps<number, PlainArrayMap<bigint>>;

/** Adds 1 to the first element of the map at 3; returns whether there is one. */
const COUNT: readonly Instruction[] = [
  st("u32", [r10, -4], 3),
  ldMap(r1, "outer"),
  mov(r2, r10),
  add(r2, -4),
  call("bpf_map_lookup_elem"),
  jeq(r0, 0, "none"),
  st("u32", [r10, -4], 0),
  mov(r1, r0),
  mov(r2, r10),
  add(r2, -4),
  call("bpf_map_lookup_elem"),
  jeq(r0, 0, "none"),
  mov(r1, 1),
  atomicAdd("u64", [r0, 0], r1),
  mov(r0, 1),
  exit(),
  label("none", mov(r0, 0)),
  exit(),
];

testMapOfMaps("arrayOfMaps", arrayOfMaps(array(u64), INNER));
testMapOfMaps("hashOfMaps", hashOfMaps(u32, array(u64), INNER));

/** What maps of maps fulfil. */
function testMapOfMaps(name: string, kind: MapKind<Outer>): void {
  const create = () => createMap(kind, { name: "outer", maxEntries: 4 });

  test(`a program counts in a map that it finds in ${name}()`, BPF, () => {
    using outer = create();
    using program = loadProgram({ name: "count", type: "xdp", instructions: COUNT, maps: { outer } });
    const run = (repeat: number) => program.run({ data: new Uint8Array(64), repeat }).returnValue;
    assertEquals(run(1), 0);
    using first = outer.createInner();
    using second = outer.createInner("second");
    outer.set(3, first);
    assertEquals([run(5), first.get(0)], [1, 5n]);
    outer.set(3, second);
    assertEquals([run(2), first.get(0), second.get(0)], [1, 5n, 2n]);
    assertEquals([outer.delete(3), outer.delete(3), run(1)], [true, false, 0]);
  });

  test(`createInner() of ${name}() makes the map that its options say`, BPFTOOL, () => {
    using outer = create();
    using inner = outer.createInner();
    using other = outer.createInner("other");
    const facts = shown("map", inner.info.id);
    assertEquals([facts.type, facts.name, facts.bytes_value, facts.max_entries], ["array", "inner", 8, 2]);
    assertEquals([inner.name, other.name, shown("map", other.info.id).name], ["inner", "other", "other"]);
  });

  test(`${name}() knows its maps by the ids that bpftool shows`, BPFTOOL, () => {
    using outer = create();
    assertEquals([outer.get(1), outer.getId(1), outer.has(1), outer.size], [undefined, undefined, false, 0]);
    using one = outer.createInner();
    using two = outer.createInner();
    outer.set(1, one).set(3, two);
    const ids: [number, number][] = [[1, one.info.id], [3, two.info.id]];
    assertEquals(dumpedNumbers(outer.info.id), ids);
    assertEquals([...outer.ids()].toSorted(), ids);
    assertEquals([[...outer.keys()].toSorted(), outer.size, outer.has(3)], [[1, 3], 2, true]);
    assertEquals([outer.getId(1), outer.getId(3)], [one.info.id, two.info.id]);
  });

  test(`get() of ${name}() opens the inner map anew`, BPF, () => {
    using outer = create();
    const inner = outer.createInner();
    const { id } = inner.info;
    outer.set(2, inner);
    inner.set(1, 7n);
    using same = outer.get(2);
    inner.close();
    assertEquals([same?.info.id, same?.get(1), same?.name], [id, 7n, "inner"]);
    same?.set(1, 8n);
    using again = outer.get(2);
    assertEquals(again?.get(1), 8n);
  });

  test(`inner maps of ${name}() are gone once nothing holds them`, BPFTOOL, async () => {
    using outer = create();
    const inner = outer.createInner();
    const { id } = inner.info;
    outer.set(1, inner).set(2, inner);
    inner.close();
    outer.delete(1);
    assertEquals([idsOf("map").includes(id), outer.getId(2)], [true, id]);
    outer.clear();
    assertEquals(outer.size, 0);
    assertEquals(await eventually(() => !idsOf("map").includes(id)), true);
  });

  test(`${name}() says how a map differs that it does not take`, BPF, () => {
    using outer = create();
    using larger = createMap(array(u64), { name: "larger", maxEntries: 3 });
    const error = assertThrows(
      () => outer.set(1, larger),
      SyscallError,
      'Cannot set an element of map "outer": invalid argument (EINVAL from bpf(2)): inner map "larger" ' +
        "(array, keys of 4 and values of 8 bytes, flags 0x0, 3 entries) differs from what the map was created for",
    );
    assertEquals([error.code, outer.has(1)], ["EINVAL", false]);
  });

  test(`${name}() with the flag inner_map takes arrays of any length`, BPF, () => {
    const options: CreateMapOptions = { ...INNER, flags: ["inner_map"] };
    const inner = array(u64);
    const free = name === "arrayOfMaps" ? arrayOfMaps(inner, options) : hashOfMaps(u32, inner, options);
    using outer = createMap(free, { name: "outer", maxEntries: 4 });
    using larger = createMap(inner, { name: "larger", maxEntries: 30, flags: ["inner_map"] });
    using found = outer.set(1, larger).get(1);
    assertEquals(found?.length, 30);
    using fixed = createMap(inner, { name: "fixed", maxEntries: 2 });
    assertThrows(() => outer.set(1, fixed), SyscallError, "flags 0x0, 2 entries) differs");
  });

  test(`get() of ${name}() tells inner maps of another kind`, BPF, () => {
    using outer = create();
    using inner = outer.createInner();
    outer.set(1, inner);
    const table = hash(u32, u64);
    const other = name === "arrayOfMaps" ? arrayOfMaps(table) : hashOfMaps(u32, table);
    using same = openMap({ id: outer.info.id }, other);
    assertThrows(() => same.get(1), LayoutError, 'Cannot use map "inner": it is of type array, not hash');
    assertEquals(same.getId(1), inner.info.id);
  });

  test(`${name}() without options of inner maps creates none`, BPF, () => {
    const unknown = name === "arrayOfMaps" ? arrayOfMaps(array(u64)) : hashOfMaps(u32, array(u64));
    assertThrows(
      () => createMap(unknown, { name: "outer", maxEntries: 4 }),
      TypeError,
      "Cannot create a map of maps: its kind does not say what inner maps are like",
    );
    using outer = create();
    using same = openMap({ id: outer.info.id }, unknown);
    assertThrows(
      () => same.createInner(),
      TypeError,
      'Cannot create a map for map "outer": its kind does not say how: give it the options of inner maps',
    );
  });

  test(`a closed ${name}() cannot be used`, BPF, () => {
    const outer = create();
    using inner = outer.createInner();
    outer.close();
    for (
      const use of [
        () => outer.get(0),
        () => outer.set(0, inner),
        () => outer.delete(0),
        () => [...outer.ids()],
      ]
    ) {
      assertThrows(use, ClosedError, 'Cannot use map "outer": it is closed');
    }
  });
}
