import { assertEquals, assertThrows } from "@std/assert";
import { BtfError } from "../../src/errors.ts";
import {
  type Btf,
  type BtfFunction,
  type BtfSection,
  type BtfVariable,
  parseBtf,
  patchBtf,
} from "../../src/btf/mod.ts";
import { test } from "../_harness.ts";
import { withFile } from "../_run.ts";
import { dumpLines } from "./_dump.ts";
import { bpftoolLines, fixture } from "./_fixtures.ts";

// Sizes by `llvm-readelf -S kinds.o`, offsets of variables by `llvm-readelf -s kinds.o`.
const SIZES: Record<string, number> = { ".bss": 25, ".data": 8, ".data.custom": 8, ".rodata": 8 };
const OFFSETS: Record<string, number> = { zeroed: 0, packed_value: 16, counter: 0, hidden_counter: 4 };

/** A section with size and offsets, its entries the other way round. */
function filledIn(btf: Btf, name: string): BtfSection {
  const section = sectionOf(btf, name);
  const entries = section.entries.map((entry) => ({
    ...entry,
    offset: OFFSETS[btf.nameOf(entry.typeId)] ?? 0,
  }));
  return { ...section, size: SIZES[name] ?? 0, entries: entries.reverse() };
}

function sectionOf(btf: Btf, name: string): BtfSection {
  const section = btf.find(name, "section");
  if (section === undefined) throw new Error(`no section ${name}`);
  return section;
}

function variableOf(btf: Btf, name: string): BtfVariable {
  const variable = btf.find(name, "variable");
  if (variable === undefined) throw new Error(`no variable ${name}`);
  return variable;
}

function functionOf(btf: Btf, name: string): BtfFunction {
  const found = btf.find(name, "function");
  if (found === undefined) throw new Error(`no function ${name}`);
  return found;
}

function changesOf(btf: Btf): (BtfSection | BtfVariable | BtfFunction)[] {
  return [
    ...Object.keys(SIZES).map((name) => filledIn(btf, name)),
    { ...variableOf(btf, "outside"), linkage: "global" },
    { ...functionOf(btf, "exported"), linkage: "static" },
  ];
}

for (const order of ["el", "eb"]) {
  const bytes = fixture(`kinds.${order}.btf`);
  const btf = parseBtf(bytes);

  test(`patchBtf() changes what it is told, ${order}`, { needs: ["bpftool"] }, () => {
    const patched = patchBtf(btf, changesOf(btf));
    const lines = withFile(patched.bytes, (path) => bpftoolLines(path));
    const changed = lines.filter((line, i) => line !== dumpLines(btf)[i]);
    assertEquals(changed, [
      "[5] FUNC 'exported' type_id=3 linkage=static",
      "[24] VAR 'outside' type_id=4, linkage=global",
      "[67] DATASEC '.bss' size=25 vlen=2",
      "\ttype_id=28 offset=16 size=9 (VAR 'packed_value')",
      "[68] DATASEC '.data' size=8 vlen=2",
      "[69] DATASEC '.data.custom' size=8 vlen=1",
      "[71] DATASEC '.rodata' size=8 vlen=1",
    ]);
    assertEquals(dumpLines(patched), lines);
  });

  test(`patchBtf() leaves the original alone, ${order}`, () => {
    const before = bytes.slice();
    patchBtf(btf, changesOf(btf));
    assertEquals(bytes, before);
    assertEquals(patchBtf(btf, []).bytes, bytes);
  });
}

test("patchBtf() refuses what would not fit", () => {
  const btf = parseBtf(fixture("kinds.el.btf"));
  const section = sectionOf(btf, ".bss");
  assertThrows(
    () => patchBtf(btf, [{ ...section, entries: [] }]),
    TypeError,
    'Cannot patch BTF section ".bss": it has 2 entries, not 0',
  );
  assertThrows(() => patchBtf(btf, [{ ...section, id: 30 }]), TypeError, "it is a struct, not a section");
  assertThrows(() => patchBtf(btf, [{ ...section, id: btf.count }]), BtfError);
});
