/**
 * Histograms as text.
 *
 * @module
 */
import type { Histogram } from "./histogram.ts";
import type { Range } from "./scale.ts";
import { bold, ellipsis, type Style, tinted } from "./style.ts";
import { formatNumber, formatQuantity, isDiscrete } from "./units.ts";
import { elide, fit, textWidth } from "./width.ts";

/** Columns of a histogram where nobody says. */
const WIDTH = 80;
/** The least columns of a bar, alone and beside others. */
const NARROWEST = 4;
const NARROWEST_BESIDE = 16;
/** Columns between histograms. */
const GAP = 2;
const PERCENTILES = [50, 90, 99];
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const BINARY = ["", "K", "M", "G", "T", "P", "E"];

/** A histogram with what it is of. */
export interface Panel {
  readonly title: string;
  readonly histogram: Histogram;
}

/** One histogram, with its percentiles in a line below. */
export function formatHistogram(histogram: Histogram, style: Style): string {
  if (histogram.count === 0) return "no values";
  const rows = rowsOf([histogram]);
  const labels = rows.map((row) => label(histogram.scale.rangeOf(row), histogram, style));
  const width = style.width ?? WIDTH;
  const left = Math.max(...labels.map(textWidth));
  const layout = columns(width - left - 1, [histogram], style, NARROWEST);
  const narrow = left + 1 + layout.count + layout.edges + layout.bar > width;
  const lines = rows.map((row, i) => {
    const bar = cell(histogram, row, layout, narrow ? { ...style, color: false } : style);
    const line = `${fit(labels[i] ?? "", left, "left", "")} ${bar}`.trimEnd();
    return narrow ? elide(line, width, ellipsis(style)) : line;
  });
  return [...lines, "", ...summary(histogram, width, style)].join("\n");
}

/** Several histograms of the same buckets: side by side as far as the width allows, the rest below. */
export function formatPanels(panels: readonly Panel[], style: Style): string {
  if (panels.length === 0) return "no values";
  const [first] = panels;
  const same = panels.every(({ histogram }) =>
    histogram.scale.name === first?.histogram.scale.name && histogram.unit === first.histogram.unit
  );
  const beside = same ? fitting(panels, style) : 1;
  if (beside > 1) {
    const blocks = Math.ceil(panels.length / beside);
    const even = Math.ceil(panels.length / blocks);
    return Array.from({ length: blocks }, (_, i) => panels.slice(i * even, (i + 1) * even))
      .map((group) => formatBeside(group, even, style)).join("\n\n");
  }
  return panels.map(({ title, histogram }) =>
    `${bold(elide(title, style.width ?? WIDTH, ellipsis(style)), style)}\n${
      formatHistogram(histogram, style)
    }`
  ).join("\n\n");
}

/** How many panels the width has room for. */
function fitting(panels: readonly Panel[], style: Style): number {
  const histograms = panels.map(({ histogram }) => histogram).filter(({ count }) => count > 0);
  const [first] = histograms;
  if (first === undefined) return 1;
  const left = Math.max(
    ...rowsOf(histograms).map((row) => textWidth(label(first.scale.rangeOf(row), first, style))),
  );
  const { count, edges } = columns(0, histograms, style, NARROWEST_BESIDE);
  const each = GAP + count + edges + NARROWEST_BESIDE;
  return Math.min(panels.length, Math.floor(((style.width ?? WIDTH) - left) / each));
}

function formatBeside(panels: readonly Panel[], slots: number, style: Style): string {
  const histograms = panels.map(({ histogram }) => histogram);
  const [first] = histograms;
  const filled = histograms.filter(({ count }) => count > 0);
  if (first === undefined || filled.length === 0) return "no values";
  const rows = rowsOf(filled);
  const labels = rows.map((row) => label(first.scale.rangeOf(row), first, style));
  const left = Math.max(...labels.map(textWidth));
  const each = Math.floor(((style.width ?? WIDTH) - left) / slots) - GAP;
  const layout = columns(each, filled, style, NARROWEST_BESIDE);

  const gap = " ".repeat(GAP);
  const line = (name: string, cells: readonly string[]) =>
    [fit(name, left, "left", ""), ...cells].join(gap).trimEnd();
  const text = (of: (histogram: Histogram) => string) =>
    histograms.map((histogram) => fit(of(histogram), each, "left", ellipsis(style)));
  const title = ({ title }: Panel) => bold(fit(title, each, "left", ellipsis(style)), style);
  return [
    line("", panels.map(title)),
    ...rows.map((row, i) => line(labels[i] ?? "", histograms.map((it) => cell(it, row, layout, style)))),
    "",
    line("count", text(({ count }) => String(count))),
    ...(histograms.every(({ mean }) => mean !== undefined)
      ? [line("mean", text((it) => formatQuantity(it.mean ?? 0, it.unit, style)))]
      : []),
    ...PERCENTILES.map((percent) => line(`p${percent}`, text((it) => percentile(it, percent, style)))),
    line("max", text((it) => percentile(it, 100, style))),
  ].join("\n");
}

/** Numbers of all buckets from the first to the last that one of the histograms has values in. */
function rowsOf(histograms: readonly Histogram[]): number[] {
  const extents = histograms.flatMap(({ extent }) => extent === undefined ? [] : [extent]);
  const first = Math.min(...extents.map(([first]) => first));
  const last = Math.max(...extents.map(([, last]) => last));
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Columns of the parts of a line. */
interface Layout {
  readonly count: number;
  /** What is drawn around the bar. */
  readonly edges: number;
  readonly bar: number;
  /** The count of the longest bar of each. */
  readonly most: ReadonlyMap<Histogram, number>;
}

function columns(width: number, histograms: readonly Histogram[], style: Style, least: number): Layout {
  const largest = (histogram: Histogram) =>
    histogram.buckets().reduce((most, { count }) => Math.max(most, count), 1);
  const most = new Map(histograms.map((histogram) => [histogram, largest(histogram)]));
  const count = Math.max(...[...most.values()].map((count) => String(count).length));
  const edges = style.unicode ? 2 : 3;
  return { count, edges, bar: Math.max(least, width - count - edges), most };
}

/** The count and the bar of a bucket. */
function cell(histogram: Histogram, row: number, { count, bar, most }: Layout, style: Style): string {
  const value = histogram.countOf(row);
  const drawn = drawBar(value / (most.get(histogram) ?? 1), bar, style);
  const space = " ".repeat(bar - drawn.length);
  const [begin, end] = style.unicode ? ["│", ""] : ["|", "|"];
  return `${String(value).padStart(count)} ${begin}${tinted(drawn, style)}${space}${end}`;
}

/** What is not 0 is seen. */
function drawBar(share: number, width: number, { unicode }: Style): string {
  if (share === 0) return "";
  if (!unicode) return "@".repeat(Math.max(1, Math.floor(share * width)));
  const eighths = Math.max(1, Math.floor(share * width * 8));
  return "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

/** Count, mean and percentiles, in as few lines as the width allows. */
function summary(histogram: Histogram, width: number, style: Style): string[] {
  const { mean, unit } = histogram;
  const parts = [
    `count ${histogram.count}`,
    ...(mean === undefined ? [] : [`mean ${formatQuantity(mean, unit, style)}`]),
    ...PERCENTILES.map((percent) => `p${percent} ${percentile(histogram, percent, style)}`),
    `max ${percentile(histogram, 100, style)}`,
  ];
  const lines: string[] = [];
  for (const part of parts) {
    const longer = lines.length === 0 ? part : `${lines.at(-1)}  ${part}`;
    if (lines.length > 0 && textWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(elide(part, width, ellipsis(style)));
  }
  return lines;
}

function percentile(histogram: Histogram, percent: number, style: Style): string {
  const range = histogram.percentile(percent);
  return range === undefined ? "-" : label(range, histogram, style);
}

/** `[2, 4)`, `[1K, 2K)`, `(..., 0)`, as bpftrace writes it; with units where there are some. */
function label({ from, to }: Range, { unit }: Histogram, style: Style): string {
  const bound = (value: number) => unit === "count" ? binary(value) : formatQuantity(value, unit, style);
  if (from === -Infinity) return `(..., ${bound(to)})`;
  if (to === Infinity) return `[${bound(from)}, ...)`;
  return isDiscrete(unit) && to - from === 1 ? `[${bound(from)}]` : `[${bound(from)}, ${bound(to)})`;
}

/** A multiple of a power of 1024 by its letter: `512`, `1K`, `16M`. */
function binary(value: number): string {
  let scale = 0;
  let rest = value;
  while (rest !== 0 && Number.isInteger(rest / 1024) && scale < BINARY.length - 1) {
    rest /= 1024;
    scale++;
  }
  return `${formatNumber(rest)}${BINARY[scale]}`;
}
