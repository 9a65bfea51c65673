import { assertEquals, assertThrows } from "@std/assert";
import { bool, cstr, i16, i64, lazyReader, struct, u32, u53, u8 } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

const Event = struct({ time: u53, delta: i64, pid: u32, port: i16, last: bool, kind: u8, comm: cstr(8) }, {
  name: "event",
});

/** As C would have them on a little-endian machine. */
const BYTES = Uint8Array.of(
  ...[0, 0, 0, 0, 1, 0, 0, 0],
  ...[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  ...[0, 0, 0, 0x80, 0xff, 0xff, 2, 7],
  ...[0x73, 0x68, 0, 0, 0, 0, 0, 0],
);

test("lazyReader() reads fields when they are asked for, each where its call was for", () => {
  const read = lazyReader(Event);
  const view = new DataView(new ArrayBuffer(3 * 32));
  new Uint8Array(view.buffer).set(BYTES, 32);
  const event = read(view, 32, 32);
  assertEquals([event.time, event.delta, event.pid, event.port], [2 ** 32, -2n, 2 ** 31, -1]);
  assertEquals([event.last, event.kind, event.comm], [true, 7, "sh"]);
  const { time, delta, pid, port, last, kind, comm } = event;
  assertEquals({ time, delta, pid, port, last, kind, comm }, Event.read(view, 32));
  view.setUint32(48, 5, true);
  assertEquals(event.pid, 5);
  assertEquals(read(view, 0, 40).pid, 0);
  assertEquals([event.pid, event.time], [5, 2 ** 32]);
});

test("lazyReader() refuses what is too short, too large, or gone", () => {
  const read = lazyReader(Event);
  const view = new DataView(new ArrayBuffer(32));
  assertThrows(() => read(view, 0, 31), RangeError, "Cannot decode 31 bytes as struct event: it needs 32");
  view.setUint32(4, 0x20_0000, true);
  const event = read(view, 0, 32);
  assertThrows(
    () => event.time,
    RangeError,
    "Cannot decode 9007199254740992 as u53: larger than 9007199254740991: use u64",
  );
  (view.buffer as ArrayBuffer).transfer();
  assertThrows(() => event.pid, TypeError);
});
