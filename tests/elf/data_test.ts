import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "../_harness.ts";
import { assertEquals } from "@std/assert";
import { parseElf } from "../../src/elf/mod.ts";
import { libbpfFacts } from "./_libbpf.ts";

const OBJECT = join(import.meta.dirname ?? "", "data.bpf.o");
const spec = parseElf(readFileSync(OBJECT), "data.bpf.o");

test("parseElf() makes maps of data sections as libbpf does", { needs: ["cc", "libbpf"] }, () => {
  const theirs = libbpfFacts({ object: OBJECT }).maps;
  assertEquals(
    spec.maps.map((map) => ({
      // libbpf puts the name of the file before names with one dot.
      name: map.name.lastIndexOf(".") === 0 ? `data${map.name}` : map.name,
      type: map.type,
      keySize: map.keySize,
      valueSize: map.valueSize,
      maxEntries: map.maxEntries,
      flags: map.flags,
      mapExtra: Number(map.mapExtra),
      numaNode: map.numaNode ?? 0,
      pinned: map.pinning === "byName",
      keyTypeId: map.keyTypeId,
      valueTypeId: map.valueTypeId,
      contents: map.contents?.toHex(),
    })),
    [...theirs],
  );
});

test("parseElf() freezes what is read-only", () => {
  const frozen = spec.maps.filter((map) => map.frozen).map(({ name }) => name);
  assertEquals(frozen, [".rodata", ".rodata.table", ".rodata.str1.1"]);
});

// Offsets and sizes: llvm-readelf -s data.bpf.o, symbols that are OBJECT, not LOCAL and not HIDDEN.
test("parseElf() lists the variables that other files may see", () => {
  const variables = spec.variables.map(({ name, section, offset, size }) => [name, section, offset, size]);
  assertEquals(variables, [
    ["target_pid", ".rodata", 0, 4],
    ["prefix", ".rodata", 4, 8],
    ["limit", ".data", 0, 2],
    ["weak_limit", ".data", 8, 4],
    ["settings", ".data.settings", 0, 16],
    ["table", ".rodata.table", 0, 16],
    ["hits", ".bss", 8, 8],
    ["scratch", ".bss.scratch", 0, 20],
  ]);
});

test("parseElf() gives variables their types", () => {
  const { btf } = spec;
  for (const { name, size, typeId } of spec.variables) {
    const type = btf?.type(typeId);
    if (name === "hits") assertEquals(type?.name, "__u64");
    if (name === "settings") assertEquals(type?.kind === "struct" && type.size, size);
  }
});

test("parseElf() fills in the places of variables in the types", () => {
  const { btf } = spec;
  const section = btf?.find(".data", "section");
  assertEquals(section?.size, 16);
  assertEquals(section?.entries.map(({ typeId, offset }) => [btf?.nameOf(typeId), offset]), [
    ["limit", 0],
    ["hidden_limit", 4],
    ["weak_limit", 8],
    ["static_limit", 12],
  ]);
  const hidden = btf?.find("hidden_limit", "variable");
  assertEquals(hidden?.linkage, "static");
});

test("parseElf() reads the data of big-endian objects", () => {
  const big = parseElf(readFileSync(join(import.meta.dirname ?? "", "data.bpfeb.o")), "data.bpfeb.o");
  assertEquals(big.byteOrder, "big");
  assertEquals(
    big.variables.map(({ name, offset }) => [name, offset]),
    spec.variables.map(({ name, offset }) => [name, offset]),
  );
  const table = big.maps.find(({ name }) => name === ".rodata.table");
  assertEquals(table?.contents?.toHex(), "00000001000000020000000300000004");
});

// From arena.bpf.c; libbpf reads such objects since 1.4.
test("parseElf() gives an arena its variables", () => {
  const arena = parseElf(readFileSync(join(import.meta.dirname ?? "", "arena.bpf.o")), "arena.bpf.o");
  const [map] = arena.maps;
  assertEquals([map?.name, map?.type, map?.maxEntries, map?.mapExtra], ["arena", 33, 10, 1n << 44n]);
  assertEquals(map?.arenaData?.toHex(), "0700000000000000010000000200000003000000");
  assertEquals(arena.variables.map(({ name, section, offset, size }) => [name, section, offset, size]), [
    ["limit", ".data", 0, 4],
    ["counter", ".addr_space.1", 0, 8],
    ["table", ".addr_space.1", 8, 12],
  ]);
  const places = arena.programs[0]?.instructions.flatMap(({ reference, immHigh }) =>
    reference === undefined ? [] : [[reference.kind, reference.name, immHigh]]
  );
  // The address of `table[2]` is that of `table` and what the instructions add.
  assertEquals(places, [
    ["mapValue", "arena", 0],
    ["mapValue", "arena", 8],
    ["mapValue", ".data", 0],
  ]);
});

test("parseElf() gives maps, variables and programs their tags", () => {
  const { maps, variables, programs } = parseElf(
    readFileSync(join(import.meta.dirname ?? "", "arena.bpfeb.o")),
    "arena.bpfeb.o",
  );
  assertEquals(maps.map(({ tags }) => tags), [["first", "second"], undefined]);
  assertEquals(variables.map(({ name, tags }) => [name, tags]), [
    ["limit", ["plain"]],
    ["counter", undefined],
    ["table", ["of an arena"]],
  ]);
  assertEquals(programs.map(({ tags }) => tags), [["program"], ["exception_callback:on_exception"]]);
});
