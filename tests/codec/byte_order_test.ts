import { assertEquals, assertThrows } from "@std/assert";
import { be16, be32, be64, type Codec, le16, le32, le64 } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

/** Each codec with a value and its bytes. */
const NUMBERS: readonly [string, Codec<number>, number, readonly number[]][] = [
  ["be16", be16, 443, [0x01, 0xbb]],
  ["le16", le16, 443, [0xbb, 0x01]],
  ["be32", be32, 0x7f000001, [127, 0, 0, 1]],
  ["le32", le32, 0x7f000001, [1, 0, 0, 127]],
];
const BIGINTS: readonly [string, Codec<bigint>, bigint, readonly number[]][] = [
  ["be64", be64, 0x0102030405060708n, [1, 2, 3, 4, 5, 6, 7, 8]],
  ["le64", le64, 0x0102030405060708n, [8, 7, 6, 5, 4, 3, 2, 1]],
];

test("be16 to be64 and le16 to le64 have their bytes in an order that no machine changes", () => {
  for (
    const [name, codec, value, expected] of [...NUMBERS, ...BIGINTS] as [
      string,
      Codec<unknown>,
      unknown,
      number[],
    ][]
  ) {
    const bytes = new Uint8Array(codec.size + 1);
    const view = new DataView(bytes.buffer);
    codec.write(view, 1, value);
    assertEquals([...bytes], [0, ...expected], name);
    assertEquals(codec.read(view, 1), value);
    assertEquals([codec.align, codec.type], [expected.length, name]);
  }
});

test("be64 and le64 hold their whole range and nothing else", () => {
  const view = new DataView(new ArrayBuffer(8));
  for (const [name, codec] of BIGINTS) {
    codec.write(view, 0, 18446744073709551615n);
    assertEquals(codec.read(view, 0), 18446744073709551615n);
    assertThrows(
      () => codec.write(view, 0, -1n),
      RangeError,
      `as ${name}: not from 0 to 18446744073709551615`,
    );
    assertThrows(() => codec.write(view, 0, 2n ** 64n), RangeError, `as ${name}`);
  }
});

test("le16 and le32 hold their whole range and nothing else", () => {
  const view = new DataView(new ArrayBuffer(8));
  for (const [name, codec] of NUMBERS) {
    const max = 2 ** (codec.size * 8) - 1;
    codec.write(view, 0, max);
    assertEquals(codec.read(view, 0), max);
    for (const value of [-1, max + 1, 0.5]) {
      assertThrows(
        () => codec.write(view, 0, value),
        RangeError,
        `as ${name}: not an integer from 0 to ${max}`,
      );
    }
  }
});
