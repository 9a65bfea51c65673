import { assertEquals } from "@std/assert";
import { formatQuantity, type Unit } from "../../src/output/mod.ts";
import { test } from "../_harness.ts";

test("formatQuantity() scales time by 1000 and bytes by 1024, to three digits", () => {
  const texts: readonly (readonly [number | bigint, Unit, string])[] = [
    [0, "ns", "0"],
    [1, "ns", "1ns"],
    [999, "ns", "999ns"],
    [1024n, "ns", "1.02us"],
    [999_499, "ns", "999us"],
    [999_500, "ns", "1ms"],
    [16_384_000, "ns", "16.4ms"],
    [1_500_000_000, "ns", "1.5s"],
    [7_200_000_000_000n, "ns", "7200s"],
    [1, "us", "1us"],
    [2048, "us", "2.05ms"],
    [250, "ms", "250ms"],
    [90, "s", "90s"],
    [-1500, "us", "-1.5ms"],
    [0.25, "ns", "0.25ns"],
    [0, "bytes", "0"],
    [1023, "bytes", "1023B"],
    [1024, "bytes", "1KiB"],
    [1536n, "bytes", "1.5KiB"],
    [1_048_575, "bytes", "1MiB"],
    [1n << 62n, "bytes", "4EiB"],
    [2 ** 64, "bytes", "16EiB"],
    [1536, "bytes/s", "1.5KiB/s"],
    [12_345_678n, "count", "12345678"],
    [2n ** 64n - 1n, "count", "18446744073709551615"],
    [1.23456, "count", "1.23"],
    [0, "count/s", "0/s"],
    [12.34, "count/s", "12.3/s"],
    [12345.6, "count/s", "12346/s"],
    [NaN, "ns", "NaN"],
  ];
  for (const [value, unit, text] of texts) {
    assertEquals(formatQuantity(value, unit), text, `${value} ${unit}`);
  }
  assertEquals(formatQuantity(1500, "ns", { unicode: true }), "1.5µs");
});
