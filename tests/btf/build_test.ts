import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Btf, BtfBuilder, type BtfType, type NewBtfType, parseBtf } from "../../src/btf/mod.ts";
import { test } from "../_harness.ts";
import { withFile } from "../_run.ts";
import { dumpLines } from "./_dump.ts";
import { bpftoolLines, fixture, KERNEL_BTF, kernelBtf, pathOf } from "./_fixtures.ts";

/** Adds the types of some BTF one by one. */
function rebuilt(btf: Btf): BtfBuilder {
  const builder = new BtfBuilder();
  for (const type of btf.types()) {
    if (type.kind !== "void") builder.add(type);
  }
  return builder;
}

const u32: NewBtfType = {
  kind: "int",
  name: "u32",
  size: 4,
  bits: 32,
  bitOffset: 0,
  signed: false,
  char: false,
  bool: false,
};

for (const order of ["el", "eb"]) {
  test(`BtfBuilder.encode() writes what bpftool reads as what clang wrote, ${order}`, {
    needs: ["bpftool"],
  }, () => {
    const builder = rebuilt(parseBtf(fixture(`kinds.${order}.btf`)));
    for (const byteOrder of ["little", "big"] as const) {
      const lines = withFile(builder.encode({ byteOrder }), (path) => bpftoolLines(path));
      assertEquals(lines, bpftoolLines(pathOf(`kinds.${order}.btf`)));
    }
  });
}

test("BtfBuilder.encode() writes the kernel's types as they were", { needs: ["bpftool", "btf"] }, () => {
  const bytes = rebuilt(parseBtf(kernelBtf())).encode();
  const lines = withFile(bytes, (path) => bpftoolLines(path));
  const expected = bpftoolLines(KERNEL_BTF);
  assertEquals(lines.length, expected.length);
  assertEquals(lines.find((line, i) => line !== expected[i]), undefined);
});

test("BtfBuilder.encode() writes records byte by byte as btf.h has them", () => {
  const builder = new BtfBuilder();
  builder.add({ ...u32, name: "a", signed: true });
  builder.add({
    kind: "struct",
    name: "b",
    size: 4,
    members: [{ name: "a", typeId: 1, bitOffset: 3, bitSize: 5 }],
  });
  // struct btf_header, struct btf_type and __u32 of BTF_KIND_INT, struct btf_type and struct btf_member with kind_flag
  assertEquals(
    builder.encode({ byteOrder: "big" }).toHex(),
    [
      "eb9f01000000001800000000000000280000002800000005",
      "00000001010000000000000401000020",
      "0000000384000001000000040000000100000001" + "05000003",
      "0061006200",
    ].join(""),
  );
});

test("BtfBuilder.encode() keeps the kind_flag of tags", { needs: ["bpftool"] }, () => {
  const builder = new BtfBuilder();
  builder.add(u32);
  builder.add({ kind: "typeTag", name: "address_space(1)", typeId: 1, attribute: true });
  builder.add({ kind: "declTag", name: "note", typeId: 4, component: -1, attribute: true });
  builder.add({ kind: "struct", name: "s", size: 0, members: [] });
  builder.add({ kind: "typeTag", name: "user", typeId: 1 });
  const bytes = builder.encode();
  const btf = parseBtf(bytes);
  const flagged = [2, 3, 5].map((id) => {
    // Bit 31 of info, the second word
    return new DataView(bytes.buffer).getUint32(btf.recordOffset(id) + 4, true) >>> 31;
  });
  assertEquals(flagged, [1, 1, 0]);
  assertEquals(btf.type(2), { kind: "typeTag", id: 2, name: "address_space(1)", typeId: 1, attribute: true });
  assertEquals((btf.type(3) as BtfType & { attribute?: true }).attribute, true);
  assertEquals(btf.type(5), { kind: "typeTag", id: 5, name: "user", typeId: 1 });
});

test("BtfBuilder.encode() writes every string once", () => {
  const builder = new BtfBuilder();
  for (let i = 0; i < 10; i++) builder.add(u32);
  const offset = builder.addString("file.c");
  // One NUL, "u32", "file.c"
  assertEquals(builder.build().stringsLength, 1 + 4 + 7);
  assertEquals(builder.build().stringAt(offset), "file.c");
});

test("BtfBuilder.copy() takes along what a type refers to, and nothing twice", () => {
  const source = parseBtf(fixture("kinds.el.btf"));
  const builder = new BtfBuilder();
  const everything = source.find("everything", "struct");
  assert(everything);
  const id = builder.copy(source, everything.id);
  assertEquals(builder.copy(source, everything.id), id);
  const before = builder.count;
  const inner = source.find("inner", "struct");
  assert(inner);
  builder.copy(source, inner.id);
  assertEquals(builder.count, before);
  const built = builder.build();
  assertEquals(built.type(id).name, "everything");
  assertEquals(shown(built, id), shown(source, everything.id));
});

test("BtfBuilder adds to a base", { needs: ["bpftool"] }, () => {
  const base = parseBtf(fixture("kinds.el.btf"));
  const builder = new BtfBuilder({ base });
  const id = builder.add({ kind: "pointer", name: "", typeId: base.find("everything", "struct")?.id ?? 0 });
  builder.add({ kind: "typedef", name: "everything_ptr", typeId: id });
  const lines = withFile(
    builder.encode({ byteOrder: "little" }),
    (path) => bpftoolLines(path, "--base-btf", pathOf("kinds.el.btf")),
  );
  assertEquals(lines, [
    `[${base.count}] PTR '(anon)' type_id=${base.find("everything", "struct")?.id}`,
    `[${base.count + 1}] TYPEDEF 'everything_ptr' type_id=${base.count}`,
  ]);
  const other = new BtfBuilder({ base });
  assertEquals(other.copy(builder.build(), base.count + 1), base.count + 1);
  assertEquals(dumpLines(other.build()), lines);
});

test("BtfBuilder.encode() refuses what BTF cannot hold", () => {
  const refused = (type: NewBtfType, message: string) => {
    const builder = new BtfBuilder();
    builder.add(type);
    assertThrows(() => builder.encode(), RangeError, message);
  };
  const member = { name: "m", typeId: 0, bitOffset: 0, bitSize: 0 };
  refused({ kind: "const", name: "", typeId: 7 }, 'const "": it refers to type 7 and the highest is 1');
  refused({ ...u32, size: -1 }, "-1 is not an integer from 0 to 4294967295");
  refused({ ...u32, bits: 256 }, "it has more than 255 bits");
  refused({
    kind: "struct",
    name: "s",
    size: 0,
    members: [{ ...member, bitSize: 1 }, { ...member, bitOffset: 1 << 24 }],
  }, 'member "m" has more than 255 bits, or starts beyond bit 16777215');
  const values = [{ name: "A", value: 1n << 32n }];
  refused(
    { kind: "enum", name: "e", size: 4, signed: false, is64: false, values },
    "does not fit unsigned 32 bits",
  );
  const builder = new BtfBuilder();
  builder.add({ kind: "forward", name: "a\0b", union: false });
  assertThrows(() => builder.encode(), TypeError, "it has a NUL");
});

/** A type and all that it refers to, with ids counted from it. */
function shown(btf: Btf, root: number): unknown[] {
  const ids = new Map([[root, 0]]);
  const found: unknown[] = [];
  for (const id of ids.keys()) {
    const number = (next: number) => {
      if (next !== 0 && !ids.has(next)) ids.set(next, ids.size);
      return next === 0 ? "void" : ids.get(next);
    };
    found.push(
      JSON.parse(JSON.stringify(btf.type(id), (key, value) => {
        if (typeof value === "bigint") return String(value);
        return key === "id" || key.endsWith("ypeId") ? number(value) : value;
      })),
    );
  }
  return found;
}
