import { assertEquals, assertThrows } from "@std/assert";
import { cstr, readText } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

/** A view of bytes that do not start where their buffer does. */
function viewOf(bytes: Iterable<number>): DataView {
  const all = Uint8Array.from([0xee, ...bytes, 0xee]);
  return new DataView(all.buffer, 1, all.length - 2);
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const TEXTS = ["", "sh", "systemd-journal", "größe", "日本", "🐝", "\ufeffbom", "~\x01\x7f"];

test("cstr() and readText() read UTF-8 up to the NUL", () => {
  const codec = cstr(40);
  for (const text of [...TEXTS, "x".repeat(39), "y".repeat(33), "z".repeat(32), ...TEXTS]) {
    const bytes = new Uint8Array(40).fill(0x41);
    bytes.set(encoded(`${text}\0`));
    assertEquals(codec.read(viewOf(bytes), 0), text);
    assertEquals(readText(viewOf(bytes), 0, 40), text);
  }
});

test("cstr() and readText() read text that fills its bytes", () => {
  for (const text of ["full", "größ", "x".repeat(32), "x".repeat(64)]) {
    const bytes = encoded(text);
    assertEquals(cstr(bytes.length).read(viewOf(bytes), 0), text);
    assertEquals(readText(viewOf(bytes), 0, bytes.length), text);
  }
});

test("readText() puts U+FFFD for bytes that are no UTF-8", () => {
  assertEquals(readText(viewOf([0x61, 0xff, 0x62, 0]), 0, 4), "a\ufffdb");
});

test("cstr() tells thousands of texts apart", () => {
  const codec = cstr(16);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 2000; i++) {
      const text = `worker/${(i * 7919) % 2000}:${round}`;
      assertEquals(codec.read(viewOf(encoded(text.padEnd(16, "\0"))), 0), text);
    }
  }
});

test("cstr() writes text with NULs to the end", () => {
  const codec = cstr(16);
  for (const text of TEXTS) {
    const bytes = new Uint8Array(18).fill(0xaa);
    codec.write(new DataView(bytes.buffer, 1, 16), 0, text);
    const expected = new Uint8Array(16);
    expected.set(encoded(text));
    assertEquals(bytes.subarray(1, 17), expected, text);
    assertEquals([bytes[0], bytes[17]], [0xaa, 0xaa]);
  }
});

test("cstr() refuses text that does not fit with its NUL", () => {
  const view = new DataView(new ArrayBuffer(8));
  const codec = cstr(4);
  codec.write(view, 0, "abc");
  assertThrows(
    () => codec.write(view, 0, "abcd"),
    RangeError,
    'Cannot encode "abcd" as char[4]: 4 bytes and a NUL do not fit in 4',
  );
  assertThrows(() => codec.write(view, 0, "öö"), RangeError, "do not fit in 4");
  assertThrows(() => codec.write(view, 0, "a\0b"), RangeError, "it has a NUL in it");
  const number: unknown = 5;
  assertThrows(
    () => codec.write(view, 0, number as string),
    TypeError,
    "Cannot encode 5 as char[4]: not a string",
  );
});

test("cstr() refuses sizes that no array has", () => {
  for (const size of [0, -1, 1.5, NaN, 2 ** 31]) {
    assertThrows(() => cstr(size), RangeError, "Cannot make codec");
  }
});
