import { assertEquals, assertThrows } from "@std/assert";
import { BtfError } from "../../src/errors.ts";
import { parseBtf } from "../../src/btf/mod.ts";
import { test } from "../_harness.ts";
import { withFile } from "../_run.ts";
import { dumpLines } from "./_dump.ts";
import { bpftoolLines, fixture, KERNEL_BTF, kernelBtf, pathOf } from "./_fixtures.ts";

for (const order of ["el", "eb"]) {
  const file = `kinds.${order}.btf`;

  test(`Btf reads every kind as bpftool does, ${order}`, { needs: ["bpftool"] }, () => {
    assertEquals(dumpLines(parseBtf(fixture(file))), bpftoolLines(pathOf(file)));
  });

  test(`Btf reads the same where the bytes are not aligned, ${order}`, () => {
    const bytes = fixture(file);
    const moved = new Uint8Array(bytes.length + 3).subarray(3);
    moved.set(bytes);
    assertEquals(dumpLines(parseBtf(moved)), dumpLines(parseBtf(bytes)));
  });
}

test("Btf reads the kernel's types as bpftool does", { needs: ["bpftool", "btf"] }, () => {
  const ours = dumpLines(parseBtf(kernelBtf()));
  const theirs = bpftoolLines(KERNEL_BTF);
  assertEquals(ours.length, theirs.length);
  assertEquals(ours.findIndex((line, i) => line !== theirs[i]), -1);
});

// The values are those of kinds.c.

const btf = parseBtf(fixture("kinds.el.btf"));

test("Btf.byteOrder tells the order of the bytes", () => {
  assertEquals(btf.byteOrder, "little");
  assertEquals(parseBtf(fixture("kinds.eb.btf")).byteOrder, "big");
});

test("Btf.type() keeps what it has read", () => {
  assertEquals(btf.type(30), btf.type(30));
  assertEquals(btf.type(30) === btf.type(30), true);
});

test("Btf.type() refuses ids that are not there", () => {
  assertEquals(btf.type(0), { kind: "void", id: 0, name: "" });
  for (const id of [btf.count, -1, 1.5, NaN, 2 ** 32]) assertThrows(() => btf.type(id), BtfError);
  assertThrows(() => btf.kindOf(btf.count), BtfError, `ids go from 1 to ${btf.count - 1}`);
  assertThrows(() => btf.nameOf(btf.count), BtfError);
});

test("Btf.stringAt() refuses offsets out of the string section", () => {
  assertEquals(btf.stringAt(0), "");
  assertEquals(btf.stringAt(1), "u32");
  for (const offset of [-1, NaN, btf.bytes.length]) assertThrows(() => btf.stringAt(offset), BtfError);
});

test("Btf.find() looks for name and kind", () => {
  assertEquals(btf.find("packed", "struct")?.size, 9);
  assertEquals(btf.find("packed", "union"), undefined);
  assertEquals(btf.find("u64", "typedef")?.typeId, btf.find("unsigned long long", "int")?.id);
  assertEquals(btf.find("unknown", "forward")?.union, false);
  assertEquals(btf.find("unknown_union", "forward")?.union, true);
  assertEquals(btf.find("sub", "function")?.linkage, "static");
  assertEquals(btf.find("outside", "variable")?.linkage, "extern");
  assertEquals(btf.find("big", "enum")?.values, [
    { name: "BIG", value: 0x1234567890abcdefn },
    { name: "BIG_MAX", value: 0xffffffffffffffffn },
  ]);
  assertEquals(btf.find("big_negative", "enum")?.values, [
    { name: "BIG_NEGATIVE", value: -0x1234567890abcdefn },
  ]);
  assertEquals(btf.find("small", "enum")?.values.at(-1), { name: "SMALL_MAX", value: 0xffffffffn });
  assertEquals(btf.find("negative", "enum")?.values[0], { name: "NEGATIVE", value: -3n });
});

test("Btf.idsNamed() wants the whole name", () => {
  assertEquals(btf.idsNamed("everything").map((id) => btf.nameOf(id)), ["everything"]);
  assertEquals(btf.idsNamed("everythin"), []);
  assertEquals(btf.idsNamed("everything___flavour").map((id) => btf.kindOf(id)), ["struct"]);
  assertEquals(btf.idsNamed(""), []);
  assertEquals(btf.idsNamed("packed\0"), []);
  assertEquals(btf.idsNamed("größe"), []);
});

test("Btf.idsOfEssentialName() leaves flavours out", () => {
  const names = (essential: string) => btf.idsOfEssentialName(essential).map((id) => btf.nameOf(id));
  assertEquals(names("everything"), ["everything___flavour", "everything"]);
  assertEquals(names("everything___flavour"), []);
  assertEquals(names("packed"), ["packed"]);
  assertEquals(names("exported"), []); // a function
  assertEquals(names(""), []);
});

test("Btf finds the name of every type of the kernel", { needs: ["btf"] }, () => {
  const kernel = parseBtf(kernelBtf());
  const ids = new Map<string, number[]>();
  for (let id = 1; id < kernel.count; id++) {
    const name = kernel.nameOf(id);
    if (name === "") continue;
    const same = ids.get(name);
    if (same === undefined) ids.set(name, [id]);
    else same.push(id);
  }
  for (const [name, expected] of ids) {
    const found = kernel.idsNamed(name);
    if (found.length !== expected.length || found.some((id, i) => id !== expected[i])) {
      assertEquals(found, expected, name);
    }
  }
});

/** Split BTF over kinds.el.btf: `struct extra { struct packed packed; } `, `typedef struct packed packed`. */
function splitBtf(base: { count: number }, baseStrings: number): Uint8Array<ArrayBuffer> {
  const strings = "extra\0own\0extra___old\0";
  const packed = btf.find("packed", "struct")?.id ?? 0;
  const packedName = new DataView(btf.bytes.buffer).getUint32(btf.recordOffset(packed), true);
  const first = base.count;
  const types = [
    [baseStrings, 4 << 24 | 1, 9, baseStrings + 6, packed, 0], // struct extra { struct packed own; }
    [packedName, 8 << 24, packed], // typedef struct packed packed, its name in the base
    [baseStrings + 10, 4 << 24 | 1, 9, baseStrings + 6, first + 1, 0], // struct extra___old { packed own; }
  ].flat();
  const header = [0x0001eb9f, 24, 0, types.length * 4, types.length * 4, strings.length];
  const words = Uint32Array.from([...header, ...types]);
  const bytes = new Uint8Array(words.byteLength + strings.length);
  bytes.set(new Uint8Array(words.buffer));
  bytes.set(new TextEncoder().encode(strings), words.byteLength);
  return bytes;
}

/** The length of the string section is the last word of the header. */
const baseStrings = new DataView(btf.bytes.buffer).getUint32(20, true);

test("Btf reads split BTF over its base", () => {
  const split = parseBtf(splitBtf(btf, baseStrings), { base: btf });
  assertEquals(split.base, btf);
  assertEquals(split.firstId, btf.count);
  assertEquals(split.count, btf.count + 3);
  assertEquals([...split.types()].map((type) => type.name), ["extra", "packed", "extra___old"]);
  assertEquals(split.type(30), btf.type(30));
  assertEquals(split.kindOf(30), "struct");
  assertEquals(split.nameOf(30), "everything");
  assertEquals(split.find("packed", "struct")?.id, btf.find("packed", "struct")?.id);
  assertEquals(split.find("packed", "typedef")?.id, btf.count + 1);
  assertEquals(split.idsNamed("packed"), [25, btf.count + 1]);
  assertEquals(split.idsOfEssentialName("extra"), [btf.count, btf.count + 2]);
  assertEquals(split.idsOfEssentialName("everything"), btf.idsOfEssentialName("everything"));
  assertEquals(btf.idsNamed("extra"), []);
});

test("Btf reads split BTF as bpftool does", { needs: ["bpftool"] }, () => {
  const bytes = splitBtf(btf, baseStrings);
  const lines = withFile(bytes, (path) => bpftoolLines(path, "-B", pathOf("kinds.el.btf")));
  assertEquals(dumpLines(parseBtf(bytes, { base: btf })), lines);
});
