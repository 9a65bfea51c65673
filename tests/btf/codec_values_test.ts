import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { type Btf, btfCodec, type BtfValue } from "../../src/btf/mod.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { test } from "../_harness.ts";

/** What the compiler made of `values.bpf.c`. */
const OBJECT = parseElf(new Uint8Array(readFileSync(new URL("values.bpf.o", import.meta.url))), "values");

/** The type of a variable, and the bytes that the compiler gave it. */
function variable(name: string): { btf: Btf; typeId: number; bytes: Uint8Array } {
  const { btf, variables, maps } = OBJECT;
  const found = variables.find((variable) => variable.name === name);
  const section = maps.find((map) => map.name === found?.section)?.contents;
  if (!btf || !found || !section) throw new Error(`values.bpf.c has no variable "${name}"`);
  return { btf, typeId: found.typeId, bytes: section.slice(found.offset, found.offset + found.size) };
}

/** As the source initializes it; a union has all its members. */
const VALUES = {
  u8: 200,
  s8: -100,
  u16: 60000,
  s16: -30000,
  u32: 4000000000,
  s32: -2000000000,
  u64: 0xfedcba9876543210n,
  s64: -0x7edcba9876543210n,
  u128: 0xfedcba98765432100123456789abcdefn,
  s128: -(2n ** 100n),
  yes: true,
  no: false,
  single: 1.5,
  precise: -0.1,
  small: -3,
  large: 0xfffffff0,
  wide: 0x123456789abcdef0n,
  wide_signed: -0x123456789abcdef0n,
  tiny: 200,
  text: "waggle",
  full: "bee",
  raw: [1, 2, 255],
  points: [{ x: -1, y: -2n }, { x: 3, y: 4n }],
  grid: [[1, 2, 3], [4, 5, 6]],
  inner_a: -7,
  inner_word: 0x04030201,
  inner_bytes: [1, 2, 3, 4],
  named: { whole: 0x2_0000_0001n, halves: { low: 1, high: 2 } },
  pointer: 0xffff888012345678n,
  string: 0n,
};

const BITS = {
  a: 5,
  b: -9,
  c: 0xabcdef,
  d: 0xa123456789n,
  e: -345678,
  f: true,
  g: -3,
  i: -2,
  j: 9,
  k: -4,
};

for (const [name, value] of Object.entries({ values: VALUES, bits: BITS, numbers: [0.5, 1e300] })) {
  test(`btfCodec() reads "${name}" as the compiler laid it out`, () => {
    const { btf, typeId, bytes } = variable(name);
    const codec = btfCodec(btf, typeId);
    assertEquals(codec.size, bytes.length);
    assertEquals(codec.read(viewOf(bytes), 0), value as BtfValue);
  });

  test(`btfCodec() writes "${name}" as the compiler laid it out`, () => {
    const { btf, typeId, bytes } = variable(name);
    // Not at the start, and over bytes that are all ones
    const written = new Uint8Array(bytes.length + 16).fill(0xff);
    btfCodec(btf, typeId).write(viewOf(written), 8, value as BtfValue);
    assertEquals(written.subarray(8, -8), bytes);
    assertEquals([written.at(7), written.at(-8)], [0xff, 0xff]);
  });
}

test("btfCodec() writes a union by the members that are given", () => {
  const { btf, typeId, bytes } = variable("values");
  const { inner_word: _, inner_bytes: __, ...rest } = VALUES;
  for (
    const value of [
      { ...rest, inner_word: 0x04030201, named: { whole: 0x2_0000_0001n } },
      { ...rest, inner_bytes: [1, 2, 3, 4], named: { halves: { low: 1, high: 2 } } },
    ]
  ) {
    assertEquals(write(btf, typeId, value), bytes);
  }
  const none = btfCodec(btf, typeId).read(viewOf(write(btf, typeId, { ...rest, named: {} })), 0);
  assertEquals(none, {
    ...VALUES,
    inner_word: 0,
    inner_bytes: [0, 0, 0, 0],
    named: { whole: 0n, halves: { low: 0, high: 0 } },
  });
});

test("btfCodec() refuses members of a union that differ", () => {
  const { btf, typeId } = variable("values");
  assertThrows(
    () => write(btf, typeId, { ...VALUES, inner_word: 5 }),
    TypeError,
    'Cannot encode a value as struct values: member "inner_word" shares bytes with one that differs: give one of them',
  );
  assertThrows(() => write(btf, typeId, { ...VALUES, named: { ...VALUES.named, whole: 1n } }), TypeError);
});

test("btfCodec() refuses values that do not fit", () => {
  const wrong = [
    ["values", { u8: 256 }, RangeError],
    ["values", { s8: 128 }, RangeError],
    ["values", { u8: "1" }, TypeError],
    ["values", { u64: 1 }, TypeError],
    ["values", { u128: 2n ** 128n }, RangeError],
    ["values", { u128: -1n }, RangeError],
    ["values", { s128: 2n ** 127n }, RangeError],
    ["values", { u128: 1.5 }, TypeError],
    ["values", { u128: "1" }, TypeError],
    ["values", { yes: 1 }, TypeError],
    ["values", { precise: "0.1" }, TypeError],
    ["values", { text: "too long" }, RangeError],
    ["values", { raw: [1, 2] }, TypeError],
    ["values", { raw: 1 }, TypeError],
    ["values", { points: [{ x: 1 }, { x: 1, y: 1n }] }, TypeError],
    ["values", { points: [null, null] }, TypeError],
    ["values", { inner_a: undefined }, TypeError],
    ["values", { pointer: -1n }, RangeError],
    ["bits", { a: 8 }, RangeError],
    ["bits", { a: -1 }, RangeError],
    ["bits", { b: 16 }, RangeError],
    ["bits", { d: 1n << 40n }, RangeError],
    ["bits", { f: 1 }, TypeError],
  ] as const;
  for (const [name, change, error] of wrong) {
    const { btf, typeId } = variable(name);
    const value = { ...(name === "values" ? VALUES : BITS), ...change };
    assertThrows(() => write(btf, typeId, value), error, "Cannot encode");
  }
});

test("btfCodec() names the member that is missing", () => {
  const { btf, typeId } = variable("bits");
  const { k: _, ...rest } = BITS;
  assertThrows(
    () => write(btf, typeId, rest),
    TypeError,
    'Cannot encode a value as struct bits: member "k" is missing',
  );
});

function write(btf: Btf, typeId: number, value: unknown): Uint8Array {
  const codec = btfCodec(btf, typeId);
  const bytes = new Uint8Array(codec.size);
  codec.write(viewOf(bytes), 0, value as BtfValue);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
