import { assert, assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { type Btf, BtfBuilder, formatValue, parseBtf } from "../../src/btf/mod.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { BtfError } from "../../src/errors.ts";
import { test } from "../_harness.ts";
import { withFolder } from "../_run.ts";
import { compile } from "./_objects.ts";

/** Values that clang lays out, and how they read. */
const SOURCE = `
typedef unsigned int u32;
typedef unsigned long long u64;
enum state { IDLE, RUNNING = 2, BROKEN = -1 };
struct event {
  u32 pid;
  char comm[16];
  enum state state, unknown;
  _Bool ok;
  struct { int x; long y; } place[2];
  union { u32 word; unsigned char bytes[4]; };
  struct { short anonymous; };
  u64 big;
  long negative;
  double ratio;
  float half;
  void *nowhere;
  signed char letters[3];
  char not_text[3];
  int first : 3;
  u32 second : 12;
  u64 third : 40;
  int : 3;
  int last : 2;
};
struct event event = {
  .pid = 42, .comm = "sh \\"x\\"", .state = RUNNING, .unknown = 7, .ok = 1, .place = {{1, -2}, {3, 4}},
  .word = 0x01010101, .anonymous = -5, .big = 0xffffffffffffffff, .negative = -9007199254740993,
  .ratio = 0.1, .half = -1.5, .letters = {1, -1, 0}, .not_text = {1, 2, -1},
  .first = -3, .second = 0xabc, .third = 0x123456789a, .last = -1,
};
int many[100] = {1, 2, 3};
`;

const EVENT = '{ pid: 42, comm: "sh \\"x\\"", state: RUNNING, unknown: 7, ok: true, ' +
  "place: [{ x: 1, y: -2 }, { x: 3, y: 4 }], word: 16843009, bytes: [1, 1, 1, 1], anonymous: -5, " +
  "big: 18446744073709551615, negative: -9007199254740993, ratio: 0.1, half: -1.5, nowhere: 0x0, " +
  "letters: [1, -1, 0], not_text: [1, 2, -1], first: -3, second: 2748, third: 78187493530, last: -1 }";

/** The section `.data` of the source above, with its types. */
function dataOf(target: string): { readonly btf: Btf; readonly data: DataView } {
  return withFolder((folder) => {
    const { object, btf } = compile(folder, SOURCE, target);
    const map = parseElf(readFileSync(object)).maps.find(({ name }) => name.endsWith(".data"));
    const contents = map?.contents;
    assert(contents);
    return {
      btf: parseBtf(readFileSync(btf)),
      data: new DataView(contents.buffer, contents.byteOffset, contents.byteLength),
    };
  });
}

for (const target of ["bpfel", "bpfeb"]) {
  test(`formatValue() reads what clang laid out, ${target}`, { needs: ["clang", "llvm-objdump"] }, () => {
    const { btf, data } = dataOf(target);
    const event = btf.find("event", "variable");
    const many = btf.find("many", "variable");
    assert(event && many);
    assertEquals(formatValue(btf, event.id, data, 0), EVENT);
    const elements = ["1", "2", "3", ...Array.from({ length: 61 }, () => "0")].join(", ");
    assertEquals(formatValue(btf, many.id, data, data.byteLength - 400), `[${elements}, … 36 more]`);
    assertThrows(
      () => formatValue(btf, event.id, data, data.byteLength - 8),
      RangeError,
      "Cannot show a value",
    );
  });
}

test("formatValue() shows the variables of a section", { needs: ["clang", "llvm-objdump"] }, () => {
  withFolder((folder) => {
    const { object } = compile(
      folder,
      `int one = 1; char two[4] = "zwei"; struct { long a; } three = { 3 };`,
    );
    const { btf, maps } = parseElf(readFileSync(object));
    const contents = maps[0]?.contents;
    const section = btf?.find(".data", "section");
    assert(btf && contents && section);
    const view = new DataView(contents.buffer, contents.byteOffset, contents.byteLength);
    assertEquals(formatValue(btf, section.id, view), '{ one: 1, two: "zwei", three: { a: 3 } }');
  });
});

test("formatValue() refuses what has no values", () => {
  const builder = new BtfBuilder();
  builder.add({ kind: "forward", name: "unknown", union: false });
  const btf = builder.build();
  assertThrows(() => formatValue(btf, 0, new DataView(new ArrayBuffer(8))), BtfError, "void");
  assertThrows(() => formatValue(btf, 1, new DataView(new ArrayBuffer(8))), BtfError, "unknown");
});

test("formatValue() shows a bounded part of what is large", () => {
  const builder = new BtfBuilder();
  const flags = { signed: true, char: true, bool: false };
  builder.add({ kind: "int", name: "char", size: 1, bits: 8, bitOffset: 0, ...flags });
  builder.add({ kind: "array", name: "", typeId: 1, indexTypeId: 1, length: 1 << 20 });
  // Each has the one before it 64 times
  for (let id = 2; id < 7; id++) {
    builder.add({
      kind: "array",
      name: "",
      typeId: id === 2 ? 1 : id,
      indexTypeId: 1,
      length: id === 2 ? 0 : 64,
    });
  }
  const btf = builder.build();
  const text = new DataView(new Uint8Array(1 << 20).fill(0x61).buffer);
  assertEquals(formatValue(btf, 2, text), `"${"a".repeat(1024)}"…`);
  assert(formatValue(btf, 7, new DataView(new ArrayBuffer(0))).length < 100_000);
});
