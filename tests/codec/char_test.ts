import { assertEquals, assertThrows } from "@std/assert";
import { char } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

const view = new DataView(new ArrayBuffer(9));

test("char reads every byte as one character", () => {
  for (let byte = 0; byte < 256; byte++) {
    view.setUint8(0, byte);
    const value = char.read(view, 0);
    assertEquals([value.length, value.codePointAt(0)], [1, byte]);
    char.write(view, 1, value);
    assertEquals(view.getUint8(1), byte);
  }
});

test("char refuses what is not one character of one byte", () => {
  for (const value of ["", "ab", "€", "🐝"]) {
    assertThrows(
      () => char.write(view, 0, value),
      RangeError,
      `Cannot encode "${value}" as char: not one character from U+0000 to U+00FF`,
    );
  }
  const number: unknown = 65;
  assertThrows(
    () => char.write(view, 0, number as string),
    TypeError,
    "Cannot encode 65 as char: not a string",
  );
});
