import { assert, assertEquals, assertThrows } from "@std/assert";
import { BtfBuilder, btfCodec, type NewBtfType } from "../../src/btf/mod.ts";
import { BtfError } from "../../src/errors.ts";
import { test } from "../_harness.ts";

const INT: NewBtfType = {
  kind: "int",
  name: "int",
  size: 4,
  bits: 32,
  bitOffset: 0,
  signed: true,
  char: false,
  bool: false,
};

/** The codec of the last type; the first is `int`. */
function codecOf(...types: NewBtfType[]): ReturnType<typeof btfCodec> {
  const builder = new BtfBuilder();
  for (const type of [INT, ...types]) builder.add(type);
  return btfCodec(builder.build(), builder.count - 1);
}

function struct(size: number, bitOffset: number, bitSize = 0): NewBtfType {
  return { kind: "struct", name: "s", size, members: [{ name: "m", typeId: 1, bitOffset, bitSize }] };
}

test("btfCodec() refuses what reaches beyond the end of its type", () => {
  assertEquals(codecOf(struct(8, 32)).read(new DataView(new ArrayBuffer(8)), 0), { m: 0 });
  assertThrows(() => codecOf(struct(8, 40)), BtfError, 'member "m" is misplaced at bit 40');
  assertThrows(() => codecOf(struct(8, 33)), BtfError, "misplaced");
  assertThrows(() => codecOf(struct(4, 30, 3)), BtfError, "misplaced");
  assertThrows(() => codecOf({ ...INT, bits: 33 }), BtfError, "33 bits in 4 bytes");
  assertThrows(() => codecOf({ ...INT, bitOffset: 8 }), BtfError, "32 bits in 4 bytes");
});

test("btfCodec() takes no time for arrays of nothing", () => {
  const nothing: NewBtfType = { kind: "struct", name: "nothing", size: 0, members: [] };
  const many: NewBtfType = { kind: "array", name: "", typeId: 2, indexTypeId: 1, length: 0x7fff_ffff };
  const codec = codecOf(nothing, many);
  assertEquals(codec.size, 0);
  assertEquals(codec.read(new DataView(new ArrayBuffer(0)), 0), []);
});

test("btfCodec() refuses arrays that no buffer can hold", () => {
  const long: NewBtfType = { kind: "array", name: "", typeId: 1, indexTypeId: 1, length: 0xffff_ffff };
  assertThrows(() => codecOf(long), BtfError, "too long");
});

test("btfCodec() refuses unions whose parts are more than can be read", () => {
  for (const names of [["a", "b"], ["", ""]]) {
    const unions = Array.from({ length: 30 }, (_, i): NewBtfType => ({
      kind: "union",
      name: "",
      size: 4,
      members: names.map((name) => ({ name, typeId: i + 1, bitOffset: 0, bitSize: 0 })),
    }));
    const started = performance.now();
    assertThrows(() => codecOf(...unions), BtfError, "more than 65536 parts");
    assert(performance.now() - started < 60_000);
  }
});
