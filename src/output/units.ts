/**
 * Quantities as people read them.
 *
 * @module
 */
import type { Style } from "./style.ts";

/** What a number counts: things, bytes, or time; by second where it is a rate. */
export type Unit = "count" | "bytes" | "ns" | "us" | "ms" | "s" | "count/s" | "bytes/s";

/** Nanoseconds of each unit of time. */
const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };
const TIME = ["ns", "us", "ms", "s"];
const BYTES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/**
 * A quantity with its unit, with three significant digits where it is scaled: `1.5KiB`, `16.4ms`, `850ns`. Counts are
 * neither scaled nor rounded, their rates have one decimal below 100.
 *
 * @example
 * ```ts
 * import { formatQuantity } from "@waggle/ebpf/output";
 *
 * formatQuantity(16_384_000n, "ns"); // 16.4ms
 * formatQuantity(1536, "bytes/s"); // 1.5KiB/s
 * ```
 */
export function formatQuantity(
  value: number | bigint,
  unit: Unit,
  { unicode }: Pick<Style, "unicode"> = { unicode: false },
): string {
  if (unit === "count") return formatNumber(value);
  const number = Number(value);
  if (!Number.isFinite(number)) return String(number);
  if (unit === "count/s") {
    return `${Math.abs(number) < 100 ? trimmed(number.toFixed(1)) : number.toFixed(0)}/s`;
  }
  if (unit === "bytes") return scaled(number, 1024, BYTES);
  if (unit === "bytes/s") return `${scaled(number, 1024, BYTES)}/s`;
  const text = scaled(number * (NANOSECONDS[unit] ?? 1), 1000, TIME);
  return unicode ? text.replace("us", "µs") : text;
}

/** A plain number; one with decimals has three significant digits. */
export function formatNumber(value: number | bigint): string {
  if (typeof value === "bigint" || Number.isInteger(value) || !Number.isFinite(value)) return String(value);
  return significant(value);
}

/** Whether numbers of this unit are whole, so that a range of length 1 is one number. */
export function isDiscrete(unit: Unit): boolean {
  return unit === "count" || unit === "bytes";
}

function scaled(value: number, step: number, names: readonly string[]): string {
  let scale = 0;
  let rest = value;
  // What rounds up to the next unit is of that
  while (Math.abs(Number(significant(rest))) >= step && scale < names.length - 1) {
    rest /= step;
    scale++;
  }
  return value === 0 ? "0" : `${significant(rest)}${names[scale]}`;
}

/** Three significant digits, or all of the whole ones. */
function significant(value: number): string {
  const size = Math.abs(value);
  if (Number(size.toFixed(0)) >= 100) return value.toFixed(0);
  return trimmed(value.toFixed(Number(size.toFixed(1)) >= 10 ? 1 : 2));
}

function trimmed(decimal: string): string {
  return decimal.replace(/\.?0+$/, "");
}
