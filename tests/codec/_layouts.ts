/** The structs of layouts.h as codecs, each with the value that layouts.c gives it. */
import {
  arrayOf,
  be16,
  be32,
  bool,
  bytes,
  cstr,
  i16,
  i32,
  i64,
  i8,
  rest,
  struct,
  type StructCodec,
  u16,
  u32,
  u53,
  u64,
  u8,
} from "../../src/codec/mod.ts";

/** A codec and a value of it, with the type that joins them forgotten. */
export interface Layout {
  readonly codec: StructCodec<unknown>;
  readonly value: unknown;
}

function layout<T>(codec: StructCodec<T>, value: T): Layout {
  return { codec: codec as StructCodec<unknown>, value };
}

const inner = struct({ a: u8, b: u32 }, { name: "inner" });
const packed = struct({ a: u8, b: u64, c: u16, d: inner }, { name: "packed", packed: true });
const event = struct(
  { time: u64, pid: u32, uid: u32, status: i32, wide: u53, flags: u32, comm: cstr(16) },
  { name: "event" },
);

/** By the tag of the struct in C. */
export const LAYOUTS: Readonly<Record<string, Layout>> = {
  one: layout(struct({ a: u8 }), { a: 0xff }),
  gaps: layout(struct({ a: u8, b: u64, c: u8 }), { a: 1, b: 0x1122334455667788n, c: 3 }),
  ordered: layout(struct({ a: u64, b: u32, c: u16, d: u8 }), {
    a: 0xffffffffffffffffn,
    b: 0xfffffffe,
    c: 0xfffd,
    d: 0xfc,
  }),
  event: layout(event, {
    time: 123456789012345n,
    pid: 42,
    uid: 1000,
    status: -13,
    wide: Number.MAX_SAFE_INTEGER,
    flags: 0x80000000,
    comm: "héllo",
  }),
  signs: layout(struct({ a: i8, b: i16, c: i32, d: i64, e: bool }), {
    a: -128,
    b: -32768,
    c: -2147483648,
    d: -9223372036854775808n,
    e: true,
  }),
  network: layout(struct({ port: be16, address: be32, other: be16 }), {
    port: 443,
    address: 0xc0a80102,
    other: 0xfffe,
  }),
  odd: layout(struct({ head: u8, middle: bytes(5), tail: u16 }), {
    head: 1,
    middle: Uint8Array.of(2, 3, 4, 5, 6),
    tail: 7,
  }),
  outer: layout(struct({ a: u8, b: inner, c: u8 }), { a: 1, b: { a: 2, b: 3 }, c: 4 }),
  table: layout(struct({ a: u8, rows: arrayOf(arrayOf(u16, 2), 3), cells: arrayOf(inner, 2) }), {
    a: 1,
    rows: [[2, 3], [4, 5], [6, 7]],
    cells: [{ a: 8, b: 9 }, { a: 10, b: 11 }],
  }),
  packed: layout(packed, { a: 1, b: 2n, c: 3, d: { a: 4, b: 5 } }),
  holder: layout(struct({ a: u8, b: packed, c: u32 }), {
    a: 1,
    b: { a: 2, b: 3n, c: 4, d: { a: 5, b: 6 } },
    c: 7,
  }),
  flexible: layout(struct({ length: u32, kind: u8, data: rest() }), {
    length: 6,
    kind: 1,
    data: new TextEncoder().encode("abcdef"),
  }),
  wide: layout(struct({ a: u64, b: cstr(2) }), { a: 0xfedcba9876543210n, b: "x" }),
};
