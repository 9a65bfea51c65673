import { assertEquals, assertThrows } from "@std/assert";
import { BtfError } from "../../src/errors.ts";
import {
  encodeFunctionInfo,
  encodeLineInfo,
  parseBtf,
  parseExtInfo,
  type RelocationInfo,
} from "../../src/btf/mod.ts";
import { test } from "../_harness.ts";
import { fixture } from "./_fixtures.ts";

const btf = parseBtf(fixture("kinds.el.btf"));
const ext = fixture("kinds.el.ext");
const extView = new DataView(ext.buffer);

// By `llvm-objdump -d -r kinds.o`.
const RELOCATIONS: [string, readonly RelocationInfo[]][] = [
  ["first", [
    { offset: 0x18, typeId: 10, accessor: "0:0", kind: 0 },
    { offset: 0x48, typeId: 10, accessor: "0:0", kind: 0 },
  ]],
  ["second", [{ offset: 0xc0, typeId: 10, accessor: "0:0", kind: 2 }]],
];

// By `llvm-readelf -s kinds.o`: section, value and name of the symbols of type FUNC.
const FUNCTIONS = [
  [".text", [[0, "exported"], [0x38, "sub"]]],
  ["first", [[0, "one"]]],
  ["second", [[0, "two"]]],
];

// By `llvm-dwarfdump --debug-line kinds.o`: address, line, column.
const LINES = [
  [".text", [
    [0x00, 81, 9],
    [0x08, 81, 22],
    [0x20, 81, 20],
    [0x28, 81, 2],
    [0x38, 76, 17],
    [0x50, 76, 15],
    [0x58, 76, 2],
  ]],
  ["first", [
    [0x00, 86, 26],
    [0x18, 86, 19],
    [0x20, 86, 24],
    [0x28, 86, 38],
    [0x40, 86, 36],
    [0x48, 86, 65],
    [0x50, 86, 46],
    [0x58, 86, 9],
    [0x60, 86, 2],
  ]],
  ["second", [[0x00, 91, 90], [0xc8, 91, 58], [0xe0, 91, 75], [0xe8, 91, 2]]],
];

for (const order of ["el", "eb"]) {
  const btf = parseBtf(fixture(`kinds.${order}.btf`));
  const info = parseExtInfo(fixture(`kinds.${order}.ext`), btf);

  test(`parseExtInfo() finds what clang wrote, ${order}`, () => {
    assertEquals([...info.relocations], RELOCATIONS);
    const functions = [...info.functions].map(([section, records]) => [
      section,
      records.map(({ offset, typeId }) => [offset, btf.find(btf.nameOf(typeId), "function")?.name]),
    ]);
    assertEquals(functions, FUNCTIONS);
    const lines = [...info.lines].map(([section, records]) => [
      section,
      records.map(({ offset, line, column }) => [offset, line, column]),
    ]);
    assertEquals(lines, LINES);
  });

  test(`parseExtInfo() gives the text of lines, ${order}`, () => {
    const source = new TextDecoder().decode(fixture("kinds.c")).split("\n");
    for (const { file, text, line, fileOffset, textOffset } of [...info.lines.values()].flat()) {
      assertEquals(file, "./kinds.c");
      assertEquals(text, source[line - 1]);
      assertEquals(btf.stringAt(fileOffset), file);
      assertEquals(btf.stringAt(textOffset), text);
    }
  });
}

/** The bytes of the records of one section, by the header's field for their part. */
function recordBytes(field: number, size: number, section: string): Uint8Array<ArrayBuffer> {
  const word = (at: number) => extView.getUint32(at, true);
  let at = word(4) + word(field) + 4;
  for (;;) {
    const length = word(at + 4) * size;
    if (btf.stringAt(word(at)) === section) return ext.slice(at + 8, at + 8 + length);
    at += 8 + length;
  }
}

/** The same records with the first word, an offset in bytes, as a number of slots. */
function inSlots(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array {
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += size) view.setUint32(at, view.getUint32(at, true) / 8, true);
  return bytes;
}

test("encodeFunctionInfo() writes what clang wrote, in slots", () => {
  const records = parseExtInfo(ext, btf).functions.get(".text") ?? [];
  const encoded = encodeFunctionInfo(
    records.map(({ offset, typeId }) => ({ slot: offset / 8, typeId })),
    "little",
  );
  assertEquals(encoded.length, 16);
  assertEquals(encoded, inSlots(recordBytes(8, 8, ".text"), 8));
});

test("encodeLineInfo() writes what clang wrote, in slots", () => {
  const records = parseExtInfo(ext, btf).lines.get("first") ?? [];
  const encoded = encodeLineInfo(records.map((record) => ({ ...record, slot: record.offset / 8 })), "little");
  assertEquals(encoded.length, 9 * 16);
  assertEquals(encoded, inSlots(recordBytes(16, 16, "first"), 16));
});

test("encodeLineInfo() gives up lines and columns that do not fit", () => {
  const record = { slot: 1, fileOffset: 2, textOffset: 3, line: 1 << 22, column: 1 << 10 };
  const view = new DataView(encodeLineInfo([record], "big").buffer);
  assertEquals([0, 4, 8, 12].map((at) => view.getUint32(at)), [1, 2, 3, 0]);
  const last = { ...record, line: (1 << 22) - 1, column: (1 << 10) - 1 };
  assertEquals(new DataView(encodeLineInfo([last], "big").buffer).getUint32(12), 0xffffffff);
});

test("parseExtInfo() skips what longer records add", () => {
  // func_info with records of 12 bytes, and nothing else
  const words = [0x0001eb9f, 24, 0, 24, 24, 0, 12, 0, 1, 8, 5, 0xffffffff];
  const info = parseExtInfo(new Uint8Array(Uint32Array.from(words).buffer), btf);
  assertEquals([...info.functions], [["", [{ offset: 8, typeId: 5 }]]]);
  assertEquals(info.lines.size, 0);
  assertEquals(info.relocations.size, 0);
});

test("parseExtInfo() refuses malformed parts and tells where", () => {
  const cases: [number[], string, number][] = [
    [[24, 0, 100, 24, 0], "goes beyond the section", 8],
    [[24, 0, 2, 0, 0, 8], "no record size", 24],
    [[24, 0, 4, 0, 0, 4], "record size is 4 where 8 is the least", 24],
    [[24, 0, 4, 0, 0, 10], "record size is 10", 24],
    [[24, 0, 8, 0, 0, 8, 0], "the header of a section is cut off", 28],
    [[24, 0, 12, 0, 0, 8, 0, 0], "has no records", 32],
    [[24, 0, 20, 0, 0, 8, 0, 2, 0, 0], "too few bytes", 32],
    [[24, 0, 20, 0, 0, 8, 0, 0xffffffff, 0, 0], "too few bytes", 32],
    [[24, 0, 20, 0, 0, 8, 0, 1, 4, 0], "byte 4 is within an instruction", 36],
    [[16, 0, 0, 0, 0], "header length is 16", 4],
  ];
  for (const [words, message, offset] of cases) {
    const bytes = new Uint8Array(Uint32Array.from([0x0001eb9f, ...words]).buffer);
    const error = assertThrows(() => parseExtInfo(bytes, btf), BtfError, message);
    assertEquals(error.offset, offset, message);
  }
  assertThrows(() => parseExtInfo(new Uint8Array(0), btf), BtfError);
});

test("parseExtInfo() gives nothing but BtfError for cut and changed bytes", () => {
  let refused = 0;
  const attempt = (bytes: Uint8Array) => {
    try {
      parseExtInfo(bytes, btf);
    } catch (error) {
      if (!(error instanceof BtfError)) throw error;
      refused++;
    }
  };
  for (let length = 0; length < ext.length; length++) attempt(ext.slice(0, length));
  assertEquals(refused, ext.length);
  for (let at = 0; at < ext.length; at++) {
    for (const value of [0, 1, 0x7f, 0xff]) {
      const bytes = ext.slice();
      bytes[at] = value;
      attempt(bytes);
    }
  }
  assertEquals(refused > 2 * ext.length, true);
});
