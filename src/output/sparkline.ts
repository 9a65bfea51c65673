/**
 * Numbers over time in one line of text.
 *
 * @module
 */
import { PLAIN, type Style } from "./style.ts";

const BLOCKS = "▁▂▃▄▅▆▇█";
const ASCII = "_.:-=+*#";

/** How a sparkline is drawn. */
export interface SparklineOptions {
  /** How many of the last values are drawn, one a column; all by default. */
  readonly width?: number;
  /** The value of the highest mark; the largest of those drawn by default. The lowest stands for 0. */
  readonly max?: number;
}

/**
 * The last values as marks of eight heights. A value that is no finite number leaves a gap.
 *
 * @example
 * ```ts
 * import { sparkline } from "@waggle/ebpf/output";
 *
 * sparkline([0, 1, 2, 4, 8]); // ▁▂▃▅█
 * ```
 */
export function sparkline(
  values: readonly number[],
  options: SparklineOptions = {},
  { unicode }: Pick<Style, "unicode"> = PLAIN,
): string {
  const { width = values.length } = options;
  const drawn = width > 0 ? values.slice(-width) : [];
  const max = options.max ??
    drawn.reduce((max, value) => Number.isFinite(value) ? Math.max(max, value) : max, 0);
  const marks = unicode ? BLOCKS : ASCII;
  return drawn.map((value) => Number.isFinite(value) ? marks[level(value, max)] : " ").join("");
}

function level(value: number, max: number): number {
  const share = max > 0 ? value / max : 0;
  return Math.min(BLOCKS.length - 1, Math.max(0, Math.round(share * (BLOCKS.length - 1))));
}
