import { assertEquals, assertThrows } from "@std/assert";
import { f32, f64 } from "../../src/codec/mod.ts";
import { test } from "../_harness.ts";

const view = new DataView(new ArrayBuffer(9));

test("f32 and f64 have the precision of their bytes", () => {
  f64.write(view, 1, 0.1);
  assertEquals(f64.read(view, 1), 0.1);
  f32.write(view, 1, 0.1);
  assertEquals(f32.read(view, 1), 0.10000000149011612);
  assertEquals([f32.size, f32.align, f32.type, f64.size, f64.align, f64.type], [
    4,
    4,
    "float",
    8,
    8,
    "double",
  ]);
  const text: unknown = "1";
  assertThrows(
    () => f32.write(view, 0, text as number),
    TypeError,
    'Cannot encode "1" as float: not a number',
  );
});
