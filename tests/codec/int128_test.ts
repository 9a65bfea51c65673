import { assertEquals, assertThrows } from "@std/assert";
import { i128, u128, u64 } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

const view = new DataView(new ArrayBuffer(24));

test("u128 and i128 hold their whole range and nothing else", () => {
  for (
    const [name, codec, min, max] of [
      ["u128", u128, 0n, 340282366920938463463374607431768211455n],
      ["i128", i128, -170141183460469231731687303715884105728n, 170141183460469231731687303715884105727n],
    ] as const
  ) {
    assertEquals([codec.size, codec.align, codec.type], [16, 16, name]);
    for (const value of [min, max, 0n, 1n, 1n << 64n, (1n << 64n) - 1n, max - (1n << 64n)]) {
      codec.write(view, 5, value);
      assertEquals(codec.read(view, 5), value, name);
    }
    for (const value of [min - 1n, max + 1n]) {
      assertThrows(() => codec.write(view, 0, value), RangeError, `as ${name}: not from ${min} to ${max}`);
    }
    const number: unknown = 1;
    assertThrows(() => codec.write(view, 0, number as bigint), TypeError, `as ${name}: not a bigint`);
  }
});

test("u128 has its halves in the order of the machine", () => {
  u128.write(view, 0, 0x0011223344556677_8899aabbccddeeffn);
  const halves = [u64.read(view, 0), u64.read(view, 8)].sort();
  assertEquals(halves, [0x0011223344556677n, 0x8899aabbccddeeffn]);
});
