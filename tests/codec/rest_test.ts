import { assertEquals, assertThrows } from "@std/assert";
import { arrayOf, be16, rest, struct, u32, u8 } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

test("rest() writes up to the end and zeroes what is left", () => {
  const target = new Uint8Array(5).fill(0xff);
  const view = new DataView(target.buffer, 0, 4);
  rest().write(view, 1, Uint8Array.of(7, 8));
  assertEquals(target, Uint8Array.of(0xff, 7, 8, 0, 0xff));
  assertThrows(() => rest().write(view, 3, Uint8Array.of(1, 2)), RangeError, "there is room for 1");
});

test("rest() of elements reads as many whole ones as fit", () => {
  const codec = rest(be16);
  assertEquals([codec.size, codec.align, codec.type, codec.flexible], [0, 2, "be16[]", true]);
  const bytes = Uint8Array.of(9, 0, 1, 0, 2, 3);
  assertEquals(codec.read(new DataView(bytes.buffer), 1), [1, 2]);
  assertEquals(codec.read(new DataView(bytes.buffer), 4), [0x0203]);
  assertEquals(codec.read(new DataView(bytes.buffer), 5), []);
  assertEquals(codec.read(new DataView(bytes.buffer), 6), []);
});

test("rest() of elements writes up to the end and zeroes what is left", () => {
  const target = new Uint8Array(9).fill(0xff);
  const view = new DataView(target.buffer, 0, 8);
  rest(be16).write(view, 1, [1, 2]);
  assertEquals(target, Uint8Array.of(0xff, 0, 1, 0, 2, 0, 0, 0, 0xff));
  assertThrows(
    () => rest(be16).write(view, 3, [1, 2, 3]),
    RangeError,
    "Cannot encode 3 elements as be16[]: there is room for 2",
  );
  const text: unknown = "ab";
  assertThrows(() => rest(be16).write(view, 0, text as number[]), TypeError, "as be16[]: not an array");
});

test("rest() of elements starts in the padding at the end of a struct, as in C", () => {
  // struct { __u32 count; __u8 kind; __u8 marks[]; }: sizeof 8, offsetof(marks) 5
  const codec = struct({ count: u32, kind: u8, marks: rest(u8) });
  assertEquals([codec.size, codec.fields[2]?.offset], [8, 5]);
  const bytes = new Uint8Array(9).fill(0xff);
  codec.write(new DataView(bytes.buffer), 0, { count: 2, kind: 1, marks: [7, 8] });
  assertEquals(bytes.subarray(4), Uint8Array.of(1, 7, 8, 0, 0));
  assertEquals(codec.read(new DataView(bytes.buffer, 0, 7), 0), { count: 2, kind: 1, marks: [7, 8] });
});

test("rest() refuses elements that it cannot count", () => {
  assertEquals(rest(arrayOf(u32, 3)).type, "u32[][3]");
  assertThrows(() => rest(rest()), TypeError, 'Cannot make codec "u8[][]": its elements have no fixed size');
  assertThrows(() => rest(struct({})), TypeError, 'Cannot make codec "struct[]": its elements take no bytes');
});
