import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "../_harness.ts";
import { assert, assertEquals } from "@std/assert";
import { parseElf } from "../../src/elf/mod.ts";
import { libbpfFacts } from "./_libbpf.ts";

const FOLDER = import.meta.dirname ?? "";
const read = (name: string) => parseElf(readFileSync(join(FOLDER, name)), name);
const spec = read("maps.bpf.o");

/** `enum bpf_map_type`: perf event arrays and ring buffers, whose sizes libbpf takes from the types. */
const EVENT_MAPS = [4, 27];

test("parseElf() reads maps as libbpf opens them", { needs: ["cc", "libbpf"] }, () => {
  for (const name of ["maps.bpf.o", "values.bpf.o"]) {
    const { maps } = read(name);
    const theirs = libbpfFacts({ object: join(FOLDER, name) }).maps;
    assertEquals(maps.map(({ name }) => name), theirs.map(({ name }) => name));
    for (const [index, map] of maps.entries()) {
      const other = theirs[index];
      const events = EVENT_MAPS.includes(map.type);
      assert(other !== undefined);
      assertEquals({
        name: map.name,
        type: map.type,
        keySize: map.keySize,
        valueSize: events ? other.valueSize : map.valueSize,
        maxEntries: map.maxEntries,
        flags: map.flags,
        mapExtra: Number(map.mapExtra),
        numaNode: map.numaNode ?? 0,
        pinned: map.pinning === "byName",
        keyTypeId: map.keyTypeId,
        valueTypeId: map.valueTypeId,
        contents: "",
      }, other);
    }
  }
});

// From values.bpf.c.
test("parseElf() reads the maps in maps, and what maps start with", () => {
  for (const name of ["values.bpf.o", "values.bpfeb.o"]) {
    const { maps } = read(name);
    const find = (name: string) => maps.find((map) => map.name === name);
    const [byKey, rings, tails] = ["by_key", "rings", "tails"].map(find);
    assertEquals(byKey?.values, [
      { index: 1, kind: "map", name: "first" },
      { index: 5, kind: "map", name: "second" },
    ]);
    assertEquals(tails?.values, [
      { index: 0, kind: "program", name: "other" },
      { index: 2, kind: "program", name: "target" },
    ]);
    assertEquals([rings?.values, tails?.inner], [undefined, undefined]);
    assertEquals({ ...byKey?.inner, name: "first" }, { ...find("first") });
    assertEquals([rings?.inner?.type, rings?.inner?.maxEntries], [27, 4096]);
  }
});

test("parseElf() reads the attributes of maps", () => {
  const [pinned, sized, bloom] = spec.maps;
  assertEquals(pinned?.pinning, "byName");
  assertEquals(sized?.numaNode, 0);
  assertEquals(bloom?.mapExtra, 5n);
  assertEquals(bloom?.pinning, "none");
  assertEquals(spec.btf?.nameOf(pinned?.keyTypeId ?? 0), "key");
});

test("parseElf() gives event maps the sizes that the kernel demands, and keeps their types", () => {
  const [perf, ring] = ["perf", "ring"].map((name) => spec.maps.find((map) => map.name === name));
  assertEquals([perf?.keySize, perf?.valueSize], [4, 4]);
  assertEquals([ring?.keySize, ring?.valueSize], [0, 0]);
  assertEquals(spec.btf?.nameOf(ring?.valueTypeId ?? 0), "event");
  assertEquals(spec.btf?.nameOf(perf?.valueTypeId ?? 0), "event");
});
