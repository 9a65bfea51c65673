import { assertEquals, assertThrows } from "@std/assert";
import { be16, type Codec, enumOf, i32, i64, u32, u64, u8 } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

const view = new DataView(new ArrayBuffer(8));

test("enumOf() reads names, and numbers that have none", () => {
  const State = enumOf({ RUNNING: 0, SLEEPING: 1, STOPPED: 4 });
  assertEquals([State.size, State.align], [4, 4]);
  for (const [value, expected] of [[0, "RUNNING"], [1, "SLEEPING"], [4, "STOPPED"], [2, 2]] as const) {
    u32.write(view, 0, value);
    assertEquals(State.read(view, 0), expected);
    u32.write(view, 0, 99);
    State.write(view, 0, expected);
    assertEquals(u32.read(view, 0), value);
  }
  State.write(view, 0, 4);
  assertEquals(u32.read(view, 0), 4);
});

test("enumOf() takes the integer that C takes", () => {
  const cases: [Codec<unknown>, Codec<unknown>, unknown][] = [
    [enumOf({ A: 0xffffffff }) as Codec<unknown>, u32, 0xffffffff],
    [enumOf({ A: -1, B: 5 }) as Codec<unknown>, i32, -1],
    [enumOf({ A: 0xffffffffffffffffn }) as Codec<unknown>, u64, 0xffffffffffffffffn],
    [enumOf({ A: -1n }) as Codec<unknown>, i64, -1n],
    [enumOf({ A: 200 }, u8) as Codec<unknown>, u8, 200],
    [enumOf({ A: 0x0800 }, be16) as Codec<unknown>, be16, 0x0800],
  ];
  for (const [codec, base, value] of cases) {
    assertEquals([codec.size, codec.align], [base.size, base.align]);
    codec.write(view, 0, "A");
    assertEquals(base.read(view, 0), value);
    assertEquals(codec.read(view, 0), "A");
  }
});

test("enumOf() reads the first of several names for one value", () => {
  const codec = enumOf({ FIRST: 1, SECOND: 1 });
  codec.write(view, 0, "SECOND");
  assertEquals(codec.read(view, 0), "FIRST");
});

test("enumOf() knows no names that it was not given", () => {
  const codec: Codec<string | number> = enumOf({ A: 0, B: 1 });
  for (const name of ["C", "toString", "__proto__", "constructor", ""]) {
    assertThrows(
      () => codec.write(view, 0, name),
      RangeError,
      `Cannot encode "${name}" as enum: not one of A, B`,
    );
  }
});

test("enumOf() refuses what does not fit its integer", () => {
  const codec = enumOf({ A: 0 });
  assertThrows(() => codec.write(view, 0, -1), RangeError, "Cannot encode -1 as u32");
  const none: unknown = undefined;
  assertThrows(() => codec.write(view, 0, none as "A"), TypeError, "Cannot encode undefined as u32");
  assertThrows(() => enumOf({ A: 256 }, u8), RangeError, "Cannot encode 256 as u8");
  assertThrows(() => enumOf({ A: 2 ** 32 }), RangeError, "Cannot encode 4294967296 as u32");
  const mixed: unknown = { A: 1, B: 1n };
  assertThrows(() => enumOf(mixed as { A: number }), TypeError, "not a number");
});
