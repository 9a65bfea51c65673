import { assertEquals } from "@std/assert";
import { sparkline } from "../../src/output/mod.ts";
import { test } from "../_harness.ts";

const ASCII = { unicode: false };

test("sparkline() draws values from 0 to the largest", () => {
  assertEquals(sparkline([0, 1, 2, 3, 4, 5, 6, 7]), "▁▂▃▄▅▆▇█");
  assertEquals(sparkline([0, 1, 2, 3, 4, 5, 6, 7], {}, ASCII), "_.:-=+*#");
  assertEquals(sparkline([0, 0]), "▁▁");
  assertEquals(sparkline([5]), "█");
  assertEquals(sparkline([]), "");
});

test("sparkline() draws the last values, up to a maximum, and gaps", () => {
  assertEquals(sparkline([70, 0, 7], { width: 2 }), "▁█");
  assertEquals(sparkline([7], { width: 0 }), "");
  assertEquals(sparkline([7, 28, 14], { max: 14 }), "▅██");
  assertEquals(sparkline([-1, NaN, 7, Infinity]), "▁ █ ");
});
