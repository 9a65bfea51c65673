import { assertEquals, assertThrows } from "@std/assert";
import {
  be32,
  bits,
  bool,
  type Codec,
  i32,
  i64,
  i8,
  LITTLE_ENDIAN,
  struct,
  u16,
  u32,
  u64,
  u8,
} from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

/** The bit offset of each bitfield of a struct, and the size of it. */
function placesOf({ fields, size }: { fields?: readonly { bitOffset?: number }[]; size: number }): unknown[] {
  return [...(fields ?? []).map(({ bitOffset }) => bitOffset), size];
}

test("bits() lie as the examples of the System V ABI for x86-64, figure 3.3 ff., say", () => {
  // struct { int j : 5; int k : 6; int m : 7; }
  assertEquals(placesOf(struct({ j: bits(i32, 5), k: bits(i32, 6), m: bits(i32, 7) })), [0, 5, 11, 4]);
  // struct { short s : 9; int j : 9; char c; short t : 9; short u : 9; char d; }
  const S = struct({ s: bits(u16, 9), j: bits(i32, 9), c: u8, t: bits(u16, 9), u: bits(u16, 9), d: u8 });
  assertEquals(placesOf(S), [0, 9, undefined, 32, 48, undefined, 12]);
  assertEquals([S.fields[2]?.offset, S.fields[5]?.offset], [3, 8]);
  // struct { char c; int : 0; char d; short : 9; char e; }, without the nameless one
  assertEquals(struct({ c: u8, _: bits(i32, 0), d: u8 }).fields.map(({ offset }) => offset), [0, 4]);
});

test("bits() of no width go on with the next unit and have no value", () => {
  const Flags = struct({ a: bits(u32, 3), _: bits(u32, 0), b: bits(u32, 5), _2: bits(u8, 0), c: u8 });
  assertEquals(Flags.fields.map(({ name, offset }) => [name, offset]), [["a", 0], ["b", 4], ["c", 5]]);
  assertEquals(Flags.read(new DataView(new ArrayBuffer(8)), 0), { a: 0, b: 0, c: 0 });
  assertThrows(() => bits(u32, 0).at(0), TypeError, 'Cannot place bitfield "u32:0": it has no value');
});

test("bits() leave their neighbours and other bytes alone", () => {
  const codec = struct({ a: bits(u32, 3), b: bits(i32, 29), c: bits(u64, 40), d: bits(bool, 1) });
  const bytes = new Uint8Array(codec.size + 2).fill(0xff);
  const view = new DataView(bytes.buffer);
  const value = { a: 5, b: -(2 ** 28), c: 0xa1b2c3d4e5n, d: true };
  codec.write(view, 1, value);
  assertEquals(codec.read(view, 1), value);
  assertEquals([bytes[0], bytes.at(-1)], [0xff, 0xff]);
  if (LITTLE_ENDIAN) assertEquals(bytes[1], 5);
});

test("bits() hold their whole range and nothing else", () => {
  const view = new DataView(new ArrayBuffer(17));
  const numbers: [Codec<number>, number, number, number][] = [
    [u32, 3, 0, 7],
    [u32, 32, 0, 4294967295],
    [i32, 32, -2147483648, 2147483647],
    [i32, 1, -1, 0],
    [i8, 8, -128, 127],
    [u16, 9, 0, 511],
  ];
  for (const [base, width, min, max] of numbers) {
    // At 7 a field of 26 bits and more has bits in 5 bytes
    for (const start of [0, 3, 7]) {
      const codec = bits(base, width).at(start);
      for (const value of [min, max, 0]) {
        codec.write(view, 1, value);
        assertEquals(codec.read(view, 1), value);
      }
      for (const value of [min - 1, max + 1, 0.5]) {
        assertThrows(
          () => codec.write(view, 1, value),
          RangeError,
          `Cannot encode ${value} as ${base.type}:${width}: not an integer from ${min} to ${max}`,
        );
      }
      assertThrows(() => codec.write(view, 1, "1" as unknown as number), TypeError, "not a number");
    }
  }
  const wide = bits(i64, 40).at(5);
  for (const value of [-549755813888n, 549755813887n]) {
    wide.write(view, 0, value);
    assertEquals(wide.read(view, 0), value);
  }
  assertThrows(() => wide.write(view, 0, 549755813888n), RangeError, "as i64:40: not from -549755813888 to");
  assertThrows(() => wide.write(view, 0, 1 as unknown as bigint), TypeError, "as i64:40: not a bigint");
  assertThrows(
    () => bits(bool, 1).at(0).write(view, 0, 1 as unknown as boolean),
    TypeError,
    "Cannot encode 1 as bool:1: not a boolean",
  );
});

test("bits() refuses widths and types that C has not", () => {
  for (const width of [-1, 33, 1.5, NaN]) {
    assertThrows(
      () => bits(u32, width),
      RangeError,
      `Cannot make bitfield "u32:${width}": width is not an integer from 0 to 32`,
    );
  }
  assertThrows(() => bits(bool, 2), RangeError, "from 0 to 1");
  assertThrows(
    () => bits(be32, 3),
    TypeError,
    'Cannot make bitfield "be32:3": the type is not u8 to u128, i8 to i128 or bool',
  );
});
