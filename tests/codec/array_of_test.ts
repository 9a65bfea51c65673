import { assertEquals, assertThrows } from "@std/assert";
import { arrayOf, be16, u32, u64 } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

test("arrayOf() reads and writes its elements in order", () => {
  const codec = arrayOf(be16, 3);
  assertEquals([codec.size, codec.align, codec.type], [6, 2, "be16[3]"]);
  const bytes = new Uint8Array(8);
  codec.write(new DataView(bytes.buffer), 1, [1, 2, 0x0304]);
  assertEquals(bytes, Uint8Array.of(0, 0, 1, 0, 2, 3, 4, 0));
  assertEquals(codec.read(new DataView(bytes.buffer), 1), [1, 2, 0x0304]);
});

test("arrayOf() writes types as C does", () => {
  assertEquals(arrayOf(arrayOf(u32, 3), 2).type, "u32[2][3]");
  assertEquals(arrayOf(u64, 2).align, 8);
});

test("arrayOf() wants exactly as many elements as it has", () => {
  const codec = arrayOf(u32, 2);
  const view = new DataView(new ArrayBuffer(8));
  assertThrows(
    () => codec.write(view, 0, [1]),
    RangeError,
    "Cannot encode 1 elements as u32[2]: not 2 elements",
  );
  assertThrows(() => codec.write(view, 0, [1, 2, 3]), RangeError, "not 2 elements");
  assertThrows(() => codec.write(view, 0, [1, -2]), RangeError, "Cannot encode -2 as u32");
  const text: unknown = "ab";
  assertThrows(
    () => codec.write(view, 0, text as number[]),
    TypeError,
    'Cannot encode "ab" as u32[2]: not an array',
  );
  assertThrows(() => arrayOf(u32, 0), RangeError, 'Cannot make codec "u32[0]"');
});
