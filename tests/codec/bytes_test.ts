import { assertEquals, assertThrows } from "@std/assert";
import { bytes, rest } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

const source = Uint8Array.of(9, 1, 2, 3, 4, 5);
const view = new DataView(source.buffer, 1);

test("bytes() and rest() read copies", () => {
  const three = bytes(3).read(view, 1);
  const tail = rest().read(view, 3);
  assertEquals(three, Uint8Array.of(2, 3, 4));
  assertEquals(tail, Uint8Array.of(4, 5));
  assertEquals(rest().read(view, 5), new Uint8Array());
  three[0] = 99;
  tail[0] = 99;
  assertEquals(source, Uint8Array.of(9, 1, 2, 3, 4, 5));
});

test("bytes() writes exactly as many bytes as it has", () => {
  const target = new Uint8Array(4);
  const view = new DataView(target.buffer);
  bytes(2).write(view, 1, Uint8Array.of(7, 8));
  assertEquals(target, Uint8Array.of(0, 7, 8, 0));
  assertThrows(() => bytes(2).write(view, 0, Uint8Array.of(1)), RangeError, "Cannot encode 1 bytes as u8[2]");
  assertThrows(() => bytes(2).write(view, 0, Uint8Array.of(1, 2, 3)), RangeError, "not 2 bytes");
  const list: unknown = [1, 2];
  assertThrows(() => bytes(2).write(view, 0, list as Uint8Array), TypeError, "not a Uint8Array");
});

test("bytes() refuses lengths that no array has", () => {
  for (const length of [0, -1, 1.5, NaN]) assertThrows(() => bytes(length), RangeError, "Cannot make codec");
});
