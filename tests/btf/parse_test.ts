import { assert, assertEquals, assertThrows } from "@std/assert";
import { BtfError } from "../../src/errors.ts";
import { alignOf, type Btf, parseBtf, sizeOf, skipModifiers, typeName } from "../../src/btf/mod.ts";
import { test } from "../_harness.ts";
import { fixture } from "./_fixtures.ts";

const kinds = fixture("kinds.el.btf");

/** Bytes with one 32-bit word changed. */
function patched(at: number, word: number): Uint8Array {
  const bytes = kinds.slice();
  new DataView(bytes.buffer).setUint32(at, word, true);
  return bytes;
}

/** Calls everything that can stumble over bad bytes. */
function exercise(btf: Btf): void {
  for (let id = 0; id < btf.count; id++) {
    attempt(() => btf.type(id));
    attempt(() => btf.nameOf(id));
    attempt(() => sizeOf(btf, id));
    attempt(() => alignOf(btf, id));
    attempt(() => typeName(btf, id));
    attempt(() => skipModifiers(btf, id));
  }
  attempt(() => btf.idsOfEssentialName("everything"));
}

/** Lets nothing but `BtfError` pass for a refusal. */
function attempt(body: () => unknown): boolean {
  try {
    body();
    return true;
  } catch (error) {
    if (error instanceof BtfError) return false;
    throw error;
  }
}

test("parseBtf() refuses bytes cut off anywhere", () => {
  for (let length = 0; length < kinds.length; length++) {
    assertThrows(() => parseBtf(kinds.subarray(0, length)), BtfError);
  }
});

test("parseBtf() gives nothing but BtfError for changed bytes", () => {
  // xorshift32, so that a failure can be had again
  let state = 0x9e3779b9;
  const random = (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  let refused = 0;
  for (let round = 0; round < 5000; round++) {
    const bytes = kinds.slice();
    // All headers and types, a part of the strings
    for (let change = 0; change <= random(4); change++) bytes[random(1700)] = random(256);
    if (!attempt(() => exercise(parseBtf(bytes)))) refused++;
  }
  assert(refused > 500, `only ${refused} were refused`);
});

test("parseBtf() tells where a header is bad", () => {
  const cases: [number, number, string, number][] = [
    [0, 0x00010000, "magic is 0x0", 0],
    [0, 0x0002eb9f, "version is 2", 2],
    [4, 8, "header length is 8", 4],
    [4, 0xffffffff, "header length is 4294967295", 4],
    [8, 2, "type section is not aligned", 8],
    [12, 0xfffffffc, "type section reaches into the string section", 8],
    [16, 0xffffffff, "string section ends at byte", 16],
    [20, 0, "string section is empty", 20],
    [20, kinds.length, "string section ends at byte", 16],
  ];
  for (const [at, word, message, offset] of cases) {
    const error = assertThrows(() => parseBtf(patched(at, word)), BtfError, message);
    assertEquals(error.offset, offset, message);
  }
});

test("parseBtf() refuses a kind that it does not know", () => {
  for (const kind of [0, 20, 31, 127]) {
    const error = assertThrows(() => parseBtf(patched(28, kind << 24)), BtfError, `kind ${kind} is unknown`);
    assertEquals(error.offset, 24);
  }
});

test("parseBtf() refuses more members than there are bytes", () => {
  const struct = parseBtf(kinds).recordOffset(30);
  const error = assertThrows(() => parseBtf(patched(struct + 4, 4 << 24 | 0xffff)), BtfError, "goes beyond");
  assertEquals(error.offset, struct);
});

test("parseBtf() takes longer headers when the rest is zero", () => {
  const view = new DataView(kinds.buffer);
  const longer = (length: number): Uint8Array => {
    const bytes = new Uint8Array(kinds.length + length - 24);
    bytes.set(kinds.subarray(0, 24));
    new DataView(bytes.buffer).setUint32(4, length, true);
    bytes.set(kinds.subarray(view.getUint32(4, true)), length);
    return bytes;
  };
  const count = parseBtf(kinds).count;
  assertEquals(parseBtf(longer(28)).count, count);
  // layout_off and layout_len, which newer tools write
  const withLayout = longer(32);
  withLayout[28] = 4;
  assertEquals(parseBtf(withLayout).count, count);
  const unknown = longer(40);
  assertEquals(parseBtf(unknown).nameOf(30), "everything");
  unknown[39] = 1;
  assertEquals(assertThrows(() => parseBtf(unknown), BtfError).offset, 39);
});

test("parseBtf() asks for the base of split BTF", () => {
  const bytes = kinds.slice();
  bytes[new DataView(kinds.buffer).getUint32(16, true) + 24] = 0x41;
  assertThrows(() => parseBtf(bytes), BtfError, "give the base of split BTF");
});

test("Btf.type() refuses references out of range", () => {
  const pointer = parseBtf(kinds).recordOffset(9);
  const toNowhere = parseBtf(patched(pointer + 8, 5000));
  const error = assertThrows(() => toNowhere.type(9), BtfError, "type 5000 is referred to");
  assertEquals(error.offset, pointer + 8);

  const nameless = parseBtf(patched(pointer, 0xffffff));
  assertThrows(() => nameless.type(9), BtfError, "beyond the string section");
  assertThrows(() => nameless.idsNamed("u32"), BtfError, "beyond the string section");

  const call = parseBtf(kinds).recordOffset(5);
  assertThrows(() => parseBtf(patched(call + 4, 12 << 24 | 3)).type(5), BtfError, "linkage 3");
});
