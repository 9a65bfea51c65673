import { assertEquals, assertThrows } from "@std/assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Btf, BtfBuilder, type NewBtfType, relocateSplit } from "../../src/btf/mod.ts";
import { BtfError } from "../../src/errors.ts";
import { test } from "../_harness.ts";
import { withFolder } from "../_run.ts";
import { bpftoolLines } from "./_fixtures.ts";

function built(types: readonly NewBtfType[], base?: Btf): Btf {
  const builder = new BtfBuilder(base === undefined ? {} : { base });
  for (const type of types) builder.add(type);
  return builder.build();
}

const int: NewBtfType = {
  kind: "int",
  name: "int",
  size: 4,
  bits: 32,
  bitOffset: 0,
  signed: true,
  char: false,
  bool: false,
};

function struct(name: string, size: number, ...typeIds: number[]): NewBtfType {
  const members = typeIds.map((typeId, i) => ({ name: `m${i}`, typeId, bitOffset: i * 64, bitSize: 0 }));
  return { kind: "struct", name, size, members };
}

function pointer(typeId: number): NewBtfType {
  return { kind: "pointer", name: "", typeId };
}

function enumOf(name: string, size: number): NewBtfType {
  return { kind: "enum", name, size, signed: false, is64: false, values: [] };
}

/** A kernel with the same types at other places, and members that the distilled base left out. */
const KERNEL: readonly NewBtfType[] = [
  enumOf("state", 4),
  struct("task", 16, 4, 5),
  { kind: "forward", name: "opaque", union: false },
  int,
  pointer(2),
  struct("twice", 8, 4),
  struct("twice", 16, 4, 4),
  { ...enumOf("wide", 8), is64: true } as NewBtfType,
  { kind: "float", name: "double", size: 8 },
  struct("grown", 24, 4, 4, 4),
  { kind: "union", name: "either", size: 8, members: [] },
];

/** What a module has of them: names and sizes, sorted by nothing. */
const DISTILLED: readonly NewBtfType[] = [
  int,
  struct("task", 16),
  { kind: "forward", name: "opaque", union: false },
  struct("twice", 16),
  enumOf("wide", 8),
  enumOf("state", 4),
  { kind: "float", name: "double", size: 8 },
  // Only pointed to, so that its size does not matter
  struct("grown", 8),
  { kind: "forward", name: "either", union: true },
];

const OWN: readonly NewBtfType[] = [
  pointer(3), // 10
  struct("module", 64, 1, 2, 10, 4, 5, 6, 7, 13), // 11
  { kind: "typedef", name: "module_t", typeId: 11 }, // 12
  pointer(8), // 13
  pointer(9), // 14
  pointer(12), // 15
];

test("relocateSplit() finds the types of the distilled base in a whole one", { needs: ["bpftool"] }, () => {
  const base = built(KERNEL);
  const split = built(OWN, built(DISTILLED));
  const moved = relocateSplit(split, base);
  const lines = withFolder((folder) => {
    const [basePath, path] = [join(folder, "base"), join(folder, "split")];
    writeFileSync(basePath, base.bytes);
    writeFileSync(path, moved.bytes);
    return bpftoolLines(path, "--base-btf", basePath);
  });
  assertEquals(lines, [
    "[12] PTR '(anon)' type_id=3",
    "[13] STRUCT 'module' size=64 vlen=8",
    ...[4, 2, 12, 7, 8, 1, 9, 15].map((id, i) => `\t'm${i}' type_id=${id} bits_offset=${i * 64}`),
    "[14] TYPEDEF 'module_t' type_id=13",
    "[15] PTR '(anon)' type_id=10",
    "[16] PTR '(anon)' type_id=11",
    "[17] PTR '(anon)' type_id=14",
  ]);
});

test("relocateSplit() refuses a base that lacks a type or has it twice", () => {
  const base = built(KERNEL);
  const refuse = (distilled: NewBtfType, own: NewBtfType, message: string) => {
    assertThrows(() => relocateSplit(built([own], built([distilled])), base), BtfError, message);
  };
  refuse(struct("gone", 8), pointer(1), '1 "gone" of the distilled base: the base has no struct like it');
  refuse({ ...int, name: "int", size: 8, bits: 64 } as NewBtfType, pointer(1), "the base has no int like it");
  refuse(enumOf("state", 8), pointer(1), "the base has no enum like it");
  refuse(struct("grown", 8), struct("own", 8, 1), "the base has no struct like it");
  refuse(
    { kind: "forward", name: "twice", union: false },
    pointer(1),
    "the base has 2 like it, types 6 and 7",
  );
  refuse(pointer(0), pointer(1), "a distilled base has no pointer");
});

test("relocateSplit() looks through arrays and typedefs for embedded structs", () => {
  const array: NewBtfType = { kind: "array", name: "", typeId: 3, indexTypeId: 1, length: 2 };
  const own = [{ kind: "typedef", name: "grown_t", typeId: 2 } as const, array, struct("own", 16, 4)];
  const split = built(own, built([int, struct("grown", 8)]));
  assertThrows(() => relocateSplit(split, built(KERNEL)), BtfError, 'type 2 "grown"');
});

test("relocateSplit() wants split BTF", () => {
  assertThrows(
    () => relocateSplit(built(OWN.slice(0, 0)), built(KERNEL)),
    TypeError,
    "it has no base of its own",
  );
});
