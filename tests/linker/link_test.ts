import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Instruction, programTag } from "../../src/asm/mod.ts";
import { type Btf, typeName } from "../../src/btf/mod.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { linkObjects } from "../../src/linker/mod.ts";
import type { MapSpec, ObjectSpec } from "../../src/spec/mod.ts";
import { test } from "../_harness.ts";
import { run, withFile } from "../_run.ts";
import { fixture, linkByBpftool } from "./_bpftool.ts";

const MAIN = fixture("main.bpf.o");
const LIBRARY = fixture("library.bpf.o");

/** What of maps must be the same, with types by their names since linkers number them in their own ways. */
function comparableMap(btf: Btf | undefined, map: MapSpec): unknown {
  const name = (id: number) => btf === undefined ? "" : typeName(btf, id);
  return {
    ...map,
    keyTypeId: name(map.keyTypeId),
    valueTypeId: name(map.valueTypeId),
    ...(map.inner === undefined ? {} : { inner: comparableMap(btf, map.inner) }),
    ...(map.kconfig === undefined
      ? {}
      : { kconfig: map.kconfig.map((value) => ({ ...value, typeId: name(value.typeId) })) }),
    ...(map.structOps === undefined
      ? {}
      : { structOps: { ...map.structOps, typeId: name(map.structOps.typeId) } }),
  };
}

/** The tag, before anything of the kernel has its place. */
function tagOf(instructions: readonly Instruction[]): string {
  return programTag(
    instructions.map(({ reference, ...rest }) =>
      reference === undefined || reference.kind === "ksym" ? rest : { ...rest, reference }
    ),
  );
}

/** What of instructions must be the same: all but the numbers of types and strings. */
function comparableInstruction(name: (id: number) => string, instruction: Instruction): unknown {
  const { source, relocation, reference, functionTypeId, ...rest } = instruction;
  return {
    ...rest,
    source: source && { ...source, fileOffset: 0, textOffset: 0 },
    relocation: relocation && { ...relocation, typeId: name(relocation.typeId) },
    reference: reference?.kind === "ksym" ? { ...reference, typeId: name(reference.typeId) } : reference,
    function: functionTypeId && name(functionTypeId),
  };
}

/** What of an object must be the same. */
function comparable({ btf, maps, variables, ksyms, programs, license, byteOrder }: ObjectSpec): unknown {
  const name = (id: number) => btf === undefined ? "" : typeName(btf, id);
  const byName = (a: { name: string }, b: { name: string }) => a.name < b.name ? -1 : 1;
  return {
    license,
    byteOrder,
    maps: maps.toSorted(byName).map((map) => comparableMap(btf, map)),
    variables: variables.map((variable) => ({ ...variable, typeId: name(variable.typeId) })),
    ksyms: ksyms.map((ksym) => ({ ...ksym, typeId: name(ksym.typeId) })).toSorted(byName),
    programs: programs.map(({ name: program, section, type, instructions }) => ({
      program,
      section,
      type,
      tag: tagOf(instructions),
      instructions: instructions.map((instruction) => comparableInstruction(name, instruction)),
    })),
  };
}

/** The types that have names, by these, as bpftool reads them. */
function namedTypes(object: Uint8Array): string[] {
  const dump = withFile(object, (path) => run("bpftool", ["-j", "btf", "dump", "file", path]));
  const { types } = JSON.parse(dump) as { types: readonly { kind: string; name: string }[] };
  return types.filter(({ name }) => name !== "(anon)").map(({ kind, name }) => `${kind} ${name}`).sort();
}

const SETS = {
  "an object before its library": [MAIN, LIBRARY],
  "a library before its user": [LIBRARY, MAIN],
  "an object alone": [fixture("../elf/values.bpf.o")],
  "an object with variables of struct_ops, and others": [
    "../elf/kconfig.bpf.o",
    "../elf/struct_ops.bpf.o",
  ].map(fixture),
  "an object with filled maps, and others": ["../elf/arena.bpf.o", "../elf/values.bpf.o"].map(fixture),
  "an object with kernel functions": ["../elf/ksyms.bpf.o", "../elf/data.bpf.o"].map(fixture),
};

for (const [what, objects] of Object.entries(SETS)) {
  test(`linkObjects() makes of ${what} what bpftool makes`, { needs: ["bpftool"] }, () => {
    const ours = linkObjects(objects);
    const theirs = linkByBpftool(objects);
    assert(typeof theirs !== "string", String(theirs));
    assertEquals(comparable(parseElf(ours)), comparable(parseElf(theirs)));
    assertEquals(namedTypes(ours), namedTypes(theirs));
  });
}

test("linkObjects() links what it has linked", { needs: ["bpftool"] }, () => {
  const library = { name: "linked.o", bytes: linkObjects([LIBRARY]) };
  const again = linkObjects([{ name: "again.o", bytes: linkObjects([MAIN, library]) }]);
  const theirs = linkByBpftool([MAIN, LIBRARY]);
  assert(typeof theirs !== "string", String(theirs));
  assertEquals(comparable(parseElf(again)), comparable(parseElf(theirs)));
});

test("linkObjects() gives the same for the same bytes, and leaves these as they are", () => {
  const copies = [MAIN, LIBRARY].map(({ name, bytes }) => ({ name, bytes: bytes.slice() }));
  assertEquals(linkObjects([MAIN, LIBRARY]), linkObjects([MAIN, LIBRARY]));
  assertEquals([MAIN, LIBRARY].map(({ bytes }) => bytes.toHex()), copies.map(({ bytes }) => bytes.toHex()));
});

test("linkObjects() takes big-endian objects", () => {
  const big = parseElf(linkObjects(["main.bpfeb.o", "library.bpfeb.o"].map(fixture)));
  const little = parseElf(linkObjects([MAIN, LIBRARY]));
  // clang compiles the same source to the same instructions for both; libbpf links big-endian ones since 1.6
  const programs = ({ programs }: ObjectSpec) =>
    programs.map(({ name, section, instructions }) => ({ name, section, tag: tagOf(instructions) }));
  assertEquals(programs(big), programs(little));
  assertEquals(big.byteOrder, "big");
});

test("linkObjects() needs something to link", () => {
  assertThrows(() => linkObjects([]), TypeError, "Cannot link objects: there are none");
});
