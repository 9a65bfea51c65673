import { assertEquals, assertThrows } from "@std/assert";
import {
  arrayOf,
  be32,
  bits,
  bytes,
  cstr,
  ipv4,
  ipv4Prefix,
  rest,
  struct,
  u16,
  u32,
  u53,
  u64,
  u8,
  union,
} from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

const Address = union({ v4: ipv4, raw: be32, bytes: bytes(4), wide: bytes(6) }, { name: "address" });

function write<T>(
  codec: { size: number; write(view: DataView, at: number, value: T): void },
  value: T,
): Uint8Array {
  const bytes = new Uint8Array(codec.size).fill(0xff);
  codec.write(new DataView(bytes.buffer), 0, value);
  return bytes;
}

test("union() is as large and aligned as its largest members", () => {
  assertEquals([Address.size, Address.align, Address.type], [8, 4, "union address"]);
  const packed = union({ a: u64, b: bytes(9) }, { packed: true });
  assertEquals([packed.size, packed.align], [9, 1]);
  assertEquals(union({ a: bits(u32, 3), b: u8 }).size, 4);
  assertEquals(Address.fields.map(({ name, offset, size }) => [name, offset, size]), [
    ["v4", 0, 4],
    ["raw", 0, 4],
    ["bytes", 0, 4],
    ["wide", 0, 6],
  ]);
});

test("union() reads every member", () => {
  const source = Uint8Array.of(9, 192, 0, 2, 1, 5, 6, 7, 8);
  assertEquals(Address.read(new DataView(source.buffer), 1), {
    v4: "192.0.2.1",
    raw: 0xc0000201,
    bytes: Uint8Array.of(192, 0, 2, 1),
    wide: Uint8Array.of(192, 0, 2, 1, 5, 6),
  });
});

test("union() leaves out members that cannot be read", () => {
  const codec = union({ small: u53, large: u64, prefix: ipv4Prefix });
  const view = new DataView(new ArrayBuffer(8));
  u64.write(view, 0, 2n ** 64n - 1n);
  assertEquals(codec.read(view, 0), { large: 2n ** 64n - 1n });
  u64.write(view, 0, 0n);
  assertEquals(codec.read(view, 0), { small: 0, large: 0n, prefix: "0.0.0.0/0" });
  assertThrows(() => codec.read(view, 1), RangeError);
});

test("union() writes one member and zeroes the rest", () => {
  assertEquals(write(Address, { v4: "192.0.2.1" }), Uint8Array.of(192, 0, 2, 1, 0, 0, 0, 0));
  assertEquals(
    write(Address, { wide: Uint8Array.of(1, 2, 3, 4, 5, 6) }),
    Uint8Array.of(1, 2, 3, 4, 5, 6, 0, 0),
  );
});

test("union() writes members that agree, as they were read", () => {
  const source = Uint8Array.of(192, 0, 2, 1, 5, 6, 0, 0);
  const read = Address.read(new DataView(source.buffer), 0);
  assertEquals(write(Address, read), source);
  // What is padding in one is a value in the other, whichever comes first
  const halves = struct({ a: u8, b: u16 });
  for (const codec of [union({ whole: be32, halves }), union({ halves, whole: be32 })]) {
    const bytes = Uint8Array.of(1, 0xee, 2, 3);
    assertEquals(write(codec, codec.read(new DataView(bytes.buffer), 0)), bytes);
  }
});

test("union() refuses members that differ", () => {
  assertThrows(
    () => write(Address, { v4: "192.0.2.1", raw: 4 }),
    TypeError,
    'Cannot encode a value as union address: member "v4" shares bytes with one that differs: give one of them',
  );
  const text = union({ text: cstr(4), raw: be32 });
  assertThrows(() => write(text, { text: "ab", raw: 0x61626364 }), TypeError, "differs");
});

test("union() wants a member", () => {
  for (const value of [{}, { v6: "::1" } as unknown as { v4: string }]) {
    assertThrows(
      () => write(Address, value),
      TypeError,
      "Cannot encode a value as union address: it has none of the members v4, raw, bytes, wide",
    );
  }
  assertThrows(
    () => write(Address, "192.0.2.1" as unknown as { v4: string }),
    TypeError,
    'Cannot encode "192.0.2.1" as union address: not an object',
  );
  assertThrows(() => write(union({ constructor: u8, toString: u8 }), {}), TypeError, "none of the members");
  assertEquals(write(union({ constructor: u8, b: u16 }), { constructor: 1 }), Uint8Array.of(1, 0));
});

test("union() says which member does not fit", () => {
  assertThrows(
    () => write(struct({ at: Address }), { at: { raw: -1 } }),
    RangeError,
    'Cannot encode field "at": field "raw": -1 as be32: not an integer from 0 to 4294967295',
  );
});

test("union() refuses members that have no place", () => {
  assertThrows(
    () => union({ rest: rest() }, { name: "x" }),
    TypeError,
    'Cannot place field "rest" of union x',
  );
  assertThrows(() => union({ none: bits(u32, 0) }), TypeError, "it has no value");
  assertThrows(() => union({ 1: u8 }), TypeError, 'Cannot place field "1" of union');
  assertEquals(arrayOf(Address, 2).size, 16);
});
