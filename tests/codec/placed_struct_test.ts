import { assertEquals, assertThrows } from "@std/assert";
import { bits, LITTLE_ENDIAN, placedStruct, rest, u16, u32, u64, u8 } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

interface Event {
  time: bigint;
  kind: number;
  port?: number;
  id?: number;
}

const Event = placedStruct<Event>([
  { name: "time", offset: 8, codec: u64 },
  { name: "kind", bitOffset: 3, bits: bits(u32, 9) },
  { name: "port", offset: 4, codec: u16, shared: true },
  { name: "id", offset: 4, codec: u32, shared: true },
], { type: "struct event", size: 16, align: 8 });

test("placedStruct() reads and writes fields where they are", () => {
  const bytes = new Uint8Array(18).fill(0xff);
  const view = new DataView(bytes.buffer);
  Event.write(view, 1, { time: 1n, kind: 0x1ab, id: 0x01020304 });
  if (LITTLE_ENDIAN) {
    const expected = [0xff, 0x58, 0x0d, 0, 0, 4, 3, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0xff];
    assertEquals([...bytes], expected);
    assertEquals(Event.read(view, 1), { time: 1n, kind: 0x1ab, port: 0x0304, id: 0x01020304 });
  }
  assertEquals([Event.size, Event.align, Event.type], [16, 8, "struct event"]);
});

test("placedStruct() wants all fields but those of unions", () => {
  const view = new DataView(new ArrayBuffer(16));
  Event.write(view, 0, { time: 1n, kind: 1 });
  assertEquals(Event.read(view, 0), { time: 1n, kind: 1, port: 0, id: 0 });
  assertThrows(
    () => Event.write(view, 0, { time: 1n } as Event),
    TypeError,
    'Cannot encode a value as struct event: member "kind" is missing',
  );
  assertThrows(
    () => Event.write(view, 0, { time: 1n, kind: 1, port: 1, id: 2 }),
    TypeError,
    'member "port" shares',
  );
});

test("placedStruct() tells its fields", () => {
  const fields = Event.fields.map(({ codec: _, ...field }) => field);
  assertEquals(fields, [
    { name: "time", offset: 8, size: 8, type: "u64" },
    { name: "kind", offset: 0, size: 2, type: "u32:9", bitOffset: 3, bitWidth: 9 },
    { name: "port", offset: 4, size: 2, type: "u16", shared: true },
    { name: "id", offset: 4, size: 4, type: "u32", shared: true },
  ]);
});

test("placedStruct() goes on to the end where its last field does", () => {
  const codec = placedStruct<{ count: number; data: Uint8Array }>([
    { name: "count", offset: 0, codec: u8 },
    { name: "data", offset: 1, codec: rest() },
  ], { type: "struct", size: 4 });
  assertEquals([codec.flexible, codec.align], [true, 1]);
  const view = new DataView(new ArrayBuffer(6));
  codec.write(view, 0, { count: 2, data: Uint8Array.of(7, 8) });
  assertEquals(codec.read(view, 0), { count: 2, data: Uint8Array.of(7, 8, 0, 0, 0) });
});

test("placedStruct() refuses fields beyond its end", () => {
  const options = { type: "struct x", size: 4 };
  assertThrows(
    () => placedStruct([{ name: "a", offset: 1, codec: u32 }], options),
    RangeError,
    'Cannot place field "a" of struct x: it reaches beyond 4 bytes',
  );
  assertThrows(() => placedStruct([{ name: "a", offset: -1, codec: u8 }], options), RangeError);
  assertThrows(() => placedStruct([{ name: "a", bitOffset: 30, bits: bits(u32, 3) }], options), RangeError);
});
