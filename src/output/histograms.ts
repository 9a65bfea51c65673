/**
 * Several histograms at once.
 *
 * @module
 */
import { escapeControls } from "./escape.ts";
import { formatPanels } from "./_histogram_text.ts";
import type { Histogram } from "./histogram.ts";
import { PLAIN, type Printable } from "./style.ts";

/**
 * Histograms by what they are of, side by side where they have the same buckets and the width allows, else one below the
 * other. Those with the most values come first.
 *
 * @example
 * ```ts
 * import { histograms, log2Histogram } from "@waggle/ebpf/output";
 *
 * const sizes = new Map([["cat", log2Histogram().add(4096)], ["dd", log2Histogram().add(512)]]);
 * console.log(`${histograms(sizes)}`);
 * ```
 */
export function histograms(of: Iterable<readonly [key: unknown, histogram: Histogram]>): Printable {
  const sorted = [...of].sort(([, a], [, b]) => b.count - a.count);
  const format: Printable["format"] = (style) =>
    formatPanels(
      sorted.map(([key, histogram]) => ({ title: escapeControls(String(key), style.unicode), histogram })),
      style,
    );
  return { format, toString: () => format(PLAIN) };
}
