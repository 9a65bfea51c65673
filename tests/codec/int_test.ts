import { assertEquals, assertThrows } from "@std/assert";
import { endianness } from "node:os";
import {
  be16,
  be32,
  bool,
  type Codec,
  i16,
  i32,
  i64,
  i8,
  LITTLE_ENDIAN,
  u16,
  u32,
  u53,
  u64,
  u8,
} from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

const view = new DataView(new ArrayBuffer(16));

test("LITTLE_ENDIAN is the order of the machine", () => {
  assertEquals(LITTLE_ENDIAN, endianness() === "LE");
});

const NUMBERS: [string, Codec<number>, number, number][] = [
  ["u8", u8, 0, 255],
  ["u16", u16, 0, 65535],
  ["u32", u32, 0, 4294967295],
  ["i8", i8, -128, 127],
  ["i16", i16, -32768, 32767],
  ["i32", i32, -2147483648, 2147483647],
  ["u53", u53, 0, 9007199254740991],
  ["be16", be16, 0, 65535],
  ["be32", be32, 0, 4294967295],
];

test("numbers hold their whole range and nothing else", () => {
  for (const [name, codec, min, max] of NUMBERS) {
    for (const value of [min, max, 0, 1, max - 1]) {
      codec.write(view, 3, value);
      assertEquals(codec.read(view, 3), value, name);
    }
    const message = `as ${name}: not an integer from ${min} to ${max}`;
    for (const value of [min - 1, max + 1, 0.5, NaN, Infinity]) {
      assertThrows(() => codec.write(view, 0, value), RangeError, message);
    }
    for (const value of ["1", 1n, undefined, null, {}, true]) {
      assertThrows(() => codec.write(view, 0, value as number), TypeError, `as ${name}: not a number`);
    }
  }
});

test("bigints hold their whole range and nothing else", () => {
  const cases: [string, Codec<bigint>, bigint, bigint][] = [
    ["u64", u64, 0n, 18446744073709551615n],
    ["i64", i64, -9223372036854775808n, 9223372036854775807n],
  ];
  for (const [name, codec, min, max] of cases) {
    for (const value of [min, max, 0n, 1n]) {
      codec.write(view, 1, value);
      assertEquals(codec.read(view, 1), value, name);
    }
    for (const value of [min - 1n, max + 1n]) {
      assertThrows(() => codec.write(view, 0, value), RangeError, `as ${name}: not from ${min} to ${max}`);
    }
    const others: unknown[] = [1, "1", undefined];
    for (const value of others) {
      assertThrows(() => codec.write(view, 0, value as bigint), TypeError, `as ${name}: not a bigint`);
    }
  }
});

test("u53 refuses to round", () => {
  for (const value of [2n ** 53n, 2n ** 64n - 1n]) {
    u64.write(view, 0, value);
    assertThrows(() => u53.read(view, 0), RangeError, `Cannot decode ${value} as u53`);
  }
  for (const value of [2n ** 53n - 1n, 2n ** 32n, 2n ** 32n - 1n]) {
    u64.write(view, 0, value);
    assertEquals(u53.read(view, 0), Number(value));
    u53.write(view, 8, Number(value));
    assertEquals(u64.read(view, 8), value);
  }
});

test("bool reads whatever is not 0 as true", () => {
  for (const [byte, value] of [[0, false], [1, true], [2, true], [255, true]] as const) {
    view.setUint8(0, byte);
    assertEquals(bool.read(view, 0), value);
  }
  bool.write(view, 0, true);
  assertEquals(view.getUint8(0), 1);
  const one: unknown = 1;
  assertThrows(
    () => bool.write(view, 0, one as boolean),
    TypeError,
    "Cannot encode 1 as bool: not a boolean",
  );
});
