import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { type Btf, layoutDifference } from "../../src/btf/mod.ts";
import {
  arrayOf,
  bits,
  bool,
  bytes,
  type Codec,
  cstr,
  enumOf,
  f32,
  f64,
  i32,
  ipv4,
  ipv6,
  rest,
  struct,
  u128,
  u16,
  u32,
  u64,
  u8,
  union,
} from "../../src/codec/mod.ts";
import { BtfError } from "../../src/errors.ts";
import { test } from "../_harness.ts";
import { C_TYPES } from "../codec/_c_type.ts";
import { compiledBtf } from "./_objects.ts";

let kept: Btf | undefined;

/** What clang makes of layout_difference.c. */
function btf(): Btf {
  return kept ??= compiledBtf(
    C_TYPES + readFileSync(new URL("layout_difference.c", import.meta.url), "utf8"),
  );
}

/** The difference from the type of a variable. */
function compared(codec: Codec<unknown>, variable: string): string | undefined {
  const found = btf().find(variable, "variable");
  if (found === undefined) throw new Error(`no variable "${variable}"`);
  return layoutDifference(codec, btf(), found.typeId);
}

const place = struct({ port: u16, family: u16, address: u32 });
const EVENT = {
  time: u64,
  tgid: u32,
  pid: u32,
  comm: cstr(16),
  places: arrayOf(place, 2),
  state: enumOf({ RUNNING: 0, SLEEPING: 1 }) as Codec<unknown>,
  uid: u32,
  ratio: f32,
  whole: u64,
  named: struct({ inner: u32, data: bytes(12) }),
  source: ipv6,
  task: u64,
};

/** `struct event` with some fields that are other ones, in place. */
function event(changes: Readonly<Record<string, Codec<unknown>>> = {}): Codec<unknown> {
  return struct({ ...EVENT, ...changes }, { name: "event" }) as Codec<unknown>;
}

/** `struct event` with some fields in place of one. */
function eventWith(name: string, fields: Readonly<Record<string, Codec<unknown>>>): Codec<unknown> {
  const entries = Object.entries(EVENT).flatMap(([key, codec]): [string, Codec<unknown>][] =>
    key === name ? Object.entries(fields) : [[key, codec as Codec<unknown>]]
  );
  return struct(Object.fromEntries(entries), { name: "event" }) as Codec<unknown>;
}

/** Tests a table of codecs, each with what is said about it. */
function tell(
  name: string,
  cases: () => readonly (readonly [Codec<unknown>, string, string | undefined])[],
): void {
  test(`layoutDifference() ${name}`, { needs: ["clang", "llvm-objdump"] }, () => {
    for (const [codec, variable, expected] of cases()) assertEquals(compared(codec, variable), expected);
  });
}

tell("finds none where there is none", () => [
  [event(), "event", undefined],
  [event({ source: arrayOf(u32, 4), uid: struct({ val: u32 }), task: bytes(8) }), "event", undefined],
  [event({ whole: union({ whole: u64, halves: struct({ low: u32, high: u32 }) }) }), "event", undefined],
  [struct({ a: bits(u32, 3), b: bits(u32, 5), c: i32, d: bits(bool, 1) }), "flags", undefined],
  [union({ number: u64, place }), "either", undefined],
  [u32, "number", undefined],
  [ipv4, "number", undefined],
  [u64, "when", undefined],
  [arrayOf(u32, 4), "numbers", undefined],
  [arrayOf(arrayOf(u32, 3), 2), "grid", undefined],
  [arrayOf(u32, 6), "grid", undefined],
  [bytes(16), "numbers", undefined],
  [f64, "precise", undefined],
]);

tell("says where a field is here and there", () => [
  [
    struct({ time: u64, pid: u32 }),
    "event",
    'field "pid" is at byte 8 here, at byte 12 in struct event',
  ],
  [
    event({ places: arrayOf(struct({ family: u16, port: u16, address: u32 }), 2) }),
    "event",
    'field "places[].family" is at byte 0 here, at byte 2 in struct place',
  ],
  [
    event({ named: struct({ data: bytes(12), inner: u32 }) }),
    "event",
    'field "named.data" is at byte 0 here, at byte 4 in struct {…}',
  ],
  [
    eventWith("whole", { high: u32, low: u32 }),
    "event",
    'field "high" is at byte 60 here, at byte 68 in struct event',
  ],
  [
    struct({ a: u8, b: u32 }, { packed: true }),
    "gap",
    'field "b" is at byte 1 here, at byte 4 in struct gap',
  ],
  [
    struct({ b: bits(u32, 5), a: bits(u32, 3) }),
    "flags",
    'field "b" is at bit 0 here, at bit 3 in struct flags',
  ],
]);

tell("says how large a field is here and there", () => [
  [
    event({ comm: cstr(12), places: arrayOf(struct({ port: u16, family: u16, address: u32 }), 2) }),
    "event",
    'field "comm" has 12 bytes here, 16 in struct event',
  ],
  [event({ tgid: u64 }), "event", 'field "tgid" has 8 bytes here, 4 in struct event'],
  [event({ places: arrayOf(place, 1) }), "event", 'field "places" has 8 bytes here, 16 in struct event'],
  [event({ places: arrayOf(struct({ port: u16, address: u32 }), 2) }), "event", undefined],
  [
    event({ places: arrayOf(struct({ port: u32, address: u32 }), 2) }),
    "event",
    'field "places[].port" has 4 bytes here, 2 in struct place',
  ],
  [
    struct({ a: bits(u32, 4), b: bits(u32, 4) }),
    "flags",
    'field "a" has 4 bits here, 3 bits in struct flags',
  ],
  [struct({ a: u8 }), "flags", 'field "a" has 1 byte here, 3 bits in struct flags'],
  [struct({ a: bits(u8, 8), b: u32 }), "gap", undefined],
  [struct({ a: bits(u8, 1), b: u32 }), "gap", 'field "a" has 1 bit here, 1 byte in struct gap'],
]);

tell("says how large the whole is", () => [
  [struct({ time: u64 }), "event", "the value has 8 bytes here, struct event has 112"],
  [
    struct({ ...EVENT, more: u64 }),
    "event",
    'field "more" is at bytes 112 to 119 here, where struct event has nothing',
  ],
  [u64, "number", "the value has 8 bytes here, u32 has 4"],
  [u32, "event", "the value has 4 bytes here, struct event has 112"],
  [arrayOf(u32, 3), "numbers", "the value has 12 bytes here, u32[4] has 16"],
  [arrayOf(u16, 8), "numbers", "the element has 2 bytes here, 4 in BTF"],
]);

tell("takes fields of other names for what is in their place", () => [
  [eventWith("pid", { thread: u32 }), "event", undefined],
  [eventWith("uid", { user: u32 }), "event", undefined],
  [eventWith("whole", { all: u64 }), "event", undefined],
  [eventWith("named", { first: u32, others: bytes(12) }), "event", undefined],
  [eventWith("places", { port: u16, family: u16, address: u32, second: place }), "event", undefined],
  // Bytes may hold anything
  [event({ named: struct({ inner: u32, x: u32, y: u64 }, { packed: true }) }), "event", undefined],
  [struct({ x: bits(u32, 3), y: bits(u32, 5), c: i32, d: bits(bool, 1) }), "flags", undefined],
  [
    eventWith("pid", { thread: u16, more: u16 }),
    "event",
    'field "thread" is at bytes 12 to 13 here, where struct event has "pid" at bytes 12 to 15',
  ],
  [eventWith("ratio", { part: u32 }), "event", 'field "part" is u32 here, float in struct event'],
  // Padding that is spelled out
  [struct({ a: u8, pad: bytes(3), b: u32 }), "gap", undefined],
  [struct({ a: u8, pad: u8, more: u16, b: u32 }), "gap", undefined],
  [
    eventWith("pid", { both: bytes(8) }),
    "event",
    'field "comm" is at byte 20 here, at byte 16 in struct event',
  ],
  [
    struct({ x: bits(u32, 4) }),
    "flags",
    'field "x" is at bits 0 to 3 here, where struct flags has "a" at bits 0 to 2',
  ],
]);

tell("tells floating point numbers and structs from integers", () => [
  [event({ ratio: u32 }), "event", 'field "ratio" is u32 here, float in struct event'],
  [event({ tgid: f32 }), "event", 'field "tgid" is float here, u32 in struct event'],
  [event({ state: f32 }), "event", 'field "state" is float here, enum state in struct event'],
  [f64, "when", "the value is double here, stamp in BTF"],
  [u64, "precise", "the value is u64 here, double in BTF"],
  [struct({ low: u32, high: u32 }, { name: "pair" }), "when", "the value is struct pair here, stamp in BTF"],
  [
    event({ task: struct({ low: u32, high: u32 }) }),
    "event",
    'field "task" is struct here, void * in struct event',
  ],
  [union({ low: u32, all: u64 }), "when", undefined],
  [union({ low: u32, half: f64 }), "when", "the value is union here, stamp in BTF"],
  [struct({ a: u64, b: u64 }), "numbers", "the value is struct here, u32[4] in BTF"],
  [struct({ a: u64, b: u64 }), "raw", undefined],
  [arrayOf(u32, 4), "raw", undefined],
  [arrayOf(u8, 4), "number", "the value is u8[4] here, u32 in BTF"],
  [event({ named: arrayOf(u32, 4) }), "event", 'field "named" is u32[4] here, struct {…} in struct event'],
  [u128, "raw", undefined],
]);

tell("compares of flexible codecs what precedes", () => [
  [struct({ count: u32, values: rest(u64) }), "list", undefined],
  [
    struct({ count: u32, values: rest() }),
    "list",
    'field "values" is at byte 4 here, at byte 8 in struct list',
  ],
  [struct({ count: u32, pad: u32, values: rest() }), "list", undefined],
  [
    struct({ count: u32, values: rest(u32) }),
    "list",
    'field "values" is at byte 4 here, at byte 8 in struct list',
  ],
  [
    struct({ count: u32, values: rest(struct({ a: u64 })) }),
    "list",
    'field "values[]" is struct here, u64 in struct list',
  ],
  [struct({ time: u64, tgid: u32, others: rest() }), "event", undefined],
  [
    struct({ time: u64, pid: u32, others: rest() }),
    "event",
    'field "pid" is at byte 8 here, at byte 12 in struct event',
  ],
  [rest(), "event", undefined],
  [rest(u32), "numbers", undefined],
  [rest(u64), "numbers", "the element has 8 bytes here, 4 in BTF"],
  [struct({ time: u64, others: rest() }), "number", "the value has 8 bytes here, u32 has 4"],
]);

test("layoutDifference() refuses types without a size", { needs: ["clang", "llvm-objdump"] }, () => {
  assertThrows(() => layoutDifference(u32, btf(), 0), BtfError, "a void has no size");
});
