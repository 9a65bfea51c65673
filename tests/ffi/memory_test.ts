import { assertEquals, assertNotEquals } from "@std/assert";
import { addressOf, allocate, keepAlive } from "../../ffi/mod.ts";
import { test } from "../_harness.ts";

test("allocate() gives zeroes in a buffer of their own", () => {
  for (const size of [0, 1, 16, 1000]) {
    const bytes = allocate(size);
    assertEquals([...bytes], Array(size).fill(0));
    assertEquals([bytes.byteOffset, bytes.buffer.byteLength], [0, size]);
  }
});

test("addressOf() is that of the first byte", { needs: ["linux"] }, () => {
  const bytes = allocate(16);
  assertNotEquals(addressOf(bytes), 0n);
  assertEquals(addressOf(bytes.subarray(5)), addressOf(bytes) + 5n);
  assertEquals(addressOf(bytes.subarray(5, 5)), 0n);
  keepAlive(bytes);
});
