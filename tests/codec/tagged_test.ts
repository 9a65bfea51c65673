import { assertEquals, assertThrows } from "@std/assert";
import { cstr, enumOf, type Infer, rest, struct, tagged, u16, u32, u64, u8 } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

const Exec = struct({ kind: u32, pid: u32, comm: cstr(8) }, { name: "exec" });
const Exit = struct({ kind: u32, code: u16 }, { name: "exit" });
const Open = struct({ kind: u32, flags: u32, path: rest() }, { name: "open" });
const Event = tagged("kind", { 1: Exec, 2: Exit, 7: Open }, { name: "event" });

/** As C would have them on a little-endian machine. */
function view(...bytes: number[]): DataView {
  return new DataView(Uint8Array.from(bytes).buffer);
}

/** Checks at compile time that the tag tells the type. */
function describe(event: Infer<typeof Event>): string {
  switch (event.kind) {
    case 1:
      return event.comm satisfies string;
    case 2:
      return `${event.code satisfies number}`;
    case 7:
      return `${(event.path satisfies Uint8Array).length}`;
  }
}

test("tagged() reads the struct that the tag says", () => {
  const exec = Event.read(view(1, 0, 0, 0, 42, 0, 0, 0, 0x73, 0x68, 0, 0, 0, 0, 0, 0), 0);
  assertEquals(exec, { kind: 1, pid: 42, comm: "sh" });
  const exit = Event.read(view(2, 0, 0, 0, 5, 1, 0, 0), 0);
  assertEquals(exit, { kind: 2, code: 261 });
  const open = Event.read(view(9, 7, 0, 0, 0, 3, 0, 0, 0, 0x2f, 0x61), 1);
  assertEquals(open, { kind: 7, flags: 3, path: Uint8Array.of(0x2f, 0x61) });
  assertEquals([exec, exit, open].map(describe), ["sh", "261", "2"]);
  assertEquals([Event.size, Event.align, Event.type, Event.flexible], [4, 4, "struct event", true]);
});

test("tagged() tells by the names of an enum, wherever the field is", () => {
  const Kind = enumOf({ START: 1, STOP: 2 });
  const Named = tagged("kind", {
    START: struct({ time: u64, kind: Kind, pid: u32 }),
    STOP: struct({ time: u64, kind: Kind }),
  });
  const start = Named.read(view(9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0), 0);
  assertEquals(start, { time: 9n, kind: "START", pid: 4 });
  if (start.kind === "START") assertEquals(start.pid satisfies number, 4);
  assertEquals(Named.read(view(9, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0), 0), {
    time: 9n,
    kind: "STOP",
  });
  assertThrows(
    () => Named.read(view(9, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0), 0),
    RangeError,
    "Cannot decode tagged struct: its kind is 3: known are START, STOP",
  );
});

test("tagged() refuses what it does not know, or gives its bytes", () => {
  const message = "Cannot decode struct event: its kind is 3: known are 1, 2, 7";
  assertThrows(() => Event.read(view(3, 0, 0, 0, 1), 0), RangeError, message);
  const Open = tagged("kind", { 2: Exit }, { unknown: "bytes" });
  const event = Open.read(view(3, 0, 0, 0, 1), 0);
  assertEquals(event, { kind: undefined, unknown: 3, bytes: Uint8Array.of(3, 0, 0, 0, 1) });
  if (event.kind === undefined) assertEquals(event.bytes.length, 5);
  else assertEquals(event.code satisfies number, 0);
});

test("tagged() refuses what is too short for its struct", () => {
  assertThrows(
    () => Event.read(view(1, 0, 0, 0, 42, 0, 0, 0), 0),
    RangeError,
    "Cannot decode struct event whose kind is 1: it has 8 bytes, struct exec needs 16",
  );
  assertThrows(() => Event.read(view(1, 0), 0), RangeError);
});

test("tagged() writes the struct that the tag says", () => {
  const bytes = new Uint8Array(8).fill(0xff);
  Event.write(new DataView(bytes.buffer), 0, { kind: 2, code: 3 });
  assertEquals(bytes, Uint8Array.of(2, 0, 0, 0, 3, 0, 0, 0));
  const other = { kind: 5, code: 3 } as unknown as Infer<typeof Event>;
  const message = "Cannot encode a value as struct event: its kind is 5: known are 1, 2, 7";
  assertThrows(() => Event.write(new DataView(bytes.buffer), 0, other), RangeError, message);
});

test("tagged() wants the tag in the same place of all", () => {
  assertThrows(
    () => tagged("kind", { 1: Exec, 2: struct({ code: u32 }, { name: "bare" }) }),
    TypeError,
    'Cannot tell tagged struct by "kind": struct bare of 2 has no such field',
  );
  const message =
    'Cannot tell tagged struct by "kind": the structs have it in different places, or of different types';
  assertThrows(() => tagged("kind", { 1: Exec, 2: struct({ a: u32, kind: u32 }) }), TypeError, message);
  assertThrows(() => tagged("kind", { 1: Exec, 2: struct({ kind: u8 }) }), TypeError, message);
  assertThrows(() => tagged("kind", {}), TypeError, "there are no structs");
});
