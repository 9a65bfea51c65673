import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { u32, u64 } from "../../src/codec/mod.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { NotFoundError, PermissionError } from "../../src/errors.ts";
import { array, createMap } from "../../src/map/mod.ts";
import { type BpfObject, load, loadObject } from "../../src/object/mod.ts";
import { bpftool, type Facts, fixture, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";

const BPF = { needs: ["bpf", "btf"] } as const;

/** What a program returns for a packet that begins with this byte. */
function result(object: BpfObject, program: string, first: number): number {
  return object.programs.get(program).run({ data: new Uint8Array(64).with(0, first) }).returnValue;
}

test("maps of maps hold what the source says", { needs: [...BPF.needs, "bpftool"] }, async () => {
  await using object = await load(fixture("nested"));
  object.maps.get("first", array(u64)).set(0, 11n);
  object.maps.get("second", array(u64)).set(0, 22n);
  assertEquals([0, 1, 2].map((index) => result(object, "lookup", index)), [11, 100, 22]);
  const held = bpftool("map", "dump", "id", object.maps.get("outer").info.id) as Facts[];
  const ids = held.map(({ value }) => Uint32Array.from(value as string[], Number));
  const numbers = ids.map((bytes) => bytes.reduceRight((sum, byte) => sum * 256 + byte, 0));
  assertEquals(numbers, ["first", "second"].map((name) => object.maps.get(name).info.id));
  assertEquals(shown("map", object.maps.get("table").info.id).type, "hash_of_maps");
});

test("arrays of programs hold what the source says", BPF, async () => {
  await using object = await load(fixture("nested"));
  assertEquals([0, 1, 2, 3].map((index) => result(object, "call", index)), [1, 7, 1, 9]);
});

test("sizes that depend on the machine are chosen", BPF, async () => {
  await using object = await load(fixture("nested"));
  const page = Number(run("getconf", ["PAGESIZE"]));
  assertEquals(object.maps.get("ring").info.maxEntries, Math.max(8192, page)); // 5000 in the source
  const possible = run("getconf", ["_NPROCESSORS_CONF"]).trim();
  const cpus = readFileSync("/sys/devices/system/cpu/possible", "utf8").trim();
  assertEquals(object.maps.get("perf").info.maxEntries, Number(cpus.split("-").at(-1)) + 1, possible);
});

test("constants are frozen", BPF, async () => {
  await using object = await load(fixture("nested"));
  const constants = object.maps.get(".rodata", array(u32));
  assertEquals([...constants], [5]);
  assertThrows(() => constants.set(0, 6), PermissionError, "the map is read-only or frozen");
});

test("the option maps puts other maps in the place of the object's", BPF, async () => {
  using mine = createMap(array(u64), { maxEntries: 2 });
  mine.set(0, 33n);
  {
    await using object = await load(fixture("nested"), { maps: { first: mine } });
    assertEquals(object.maps.get("first").info.id, mine.info.id);
    assertEquals(result(object, "lookup", 0), 33);
  }
  assertEquals(mine.get(0), 33n); // still open
});

test("a map in the place of an object's stays as it is", BPF, async () => {
  await using from = await load(fixture("nested"));
  const tails = from.maps.get("tails");
  await using object = await load(fixture("nested"), { maps: { tails } });
  const ids = () =>
    (bpftool("map", "dump", "id", tails.info.id) as { value: string[] }[]).map(({ value }) => value);
  const before = ids();
  assertEquals(result(object, "call", 1), 7);
  assertEquals(ids(), before);
});

test("load() refuses to replace a map that the object does not have", BPF, async () => {
  using mine = createMap(array(u64), { maxEntries: 2 });
  await assertRejects(
    () => load(fixture("nested"), { maps: { frist: mine } }),
    NotFoundError,
    'Cannot replace map "frist": the object has none of that name: did you mean "first"?',
  );
});

test("load() leaves the place of a program that was not asked for empty", BPF, async () => {
  await using object = await load(fixture("nested"), { only: ["call", "tail_nine"] });
  assertEquals([0, 1, 2, 3].map((index) => result(object, "call", index)), [1, 1, 1, 9]);
});

test("loadObject() leaves the place of an optional program that is refused empty", BPF, async () => {
  const spec = parseElf(readFileSync(fixture("nested")), "nested");
  const programs = spec.programs.map((program) =>
    program.name === "tail_seven" ? { ...program, instructions: program.instructions.slice(0, -1) } : program
  );
  await using object = loadObject({ ...spec, programs }, "nested", { load: "optional" });
  assertEquals([...object.refused.keys()], ["tail_seven"]);
  assertEquals([0, 1, 2, 3].map((index) => result(object, "call", index)), [1, 1, 1, 9]);
});

test("names of maps may be those of every object's properties", BPF, async () => {
  const spec = parseElf(readFileSync(fixture("pinned")), "pinned");
  const [map] = spec.maps.filter(({ name }) => name === "own");
  if (!map) throw new Error("pinned.bpf.c has no map own");
  const maps = [{ ...map, name: "constructor" }];
  const variables = [{ name: "toString", section: "constructor", offset: 0, size: 8, typeId: 0 }];
  await using object = loadObject({ ...spec, maps, variables, programs: [] }, "pinned", {
    maps: {},
    variables: {},
  });
  assertEquals(object.maps.names(), ["constructor"]);
});
