/**
 * What scripts print: tables, histograms, live top lists, sparklines, JSON lines, folded stacks.
 *
 * All but {@linkcode stdout} is text from data and needs no permission. Names of processes and files are shown with their
 * control characters written out, as whoever chose them may not command the terminal.
 *
 * Profiles for pprof have an entry of their own, `@waggle/ebpf/output/pprof`, for the package that they need.
 *
 * @example
 * ```ts
 * import { histograms, log2Histogram, stdout } from "@waggle/ebpf/output";
 *
 * using out = stdout();
 * const latency = new Map([["cat", log2Histogram({ unit: "ns" }).add(1500n)], ["dd", log2Histogram({ unit: "ns" })]]);
 * out.print(histograms(latency)); // as wide as the terminal, in colour where it may be
 * ```
 *
 * @module
 */
export { type Cell, type Column } from "./column.ts";
export { escapeControls } from "./escape.ts";
export { foldedStacks } from "./folded.ts";
export {
  type Bucket,
  Histogram,
  type HistogramOptions,
  linearHistogram,
  type LinearOptions,
  log2Histogram,
  type Log2Options,
} from "./histogram.ts";
export { histograms } from "./histograms.ts";
export { jsonLine } from "./json.ts";
export { LiveBlock } from "./live.ts";
export { Output, type OutputOptions, stderr, stdout } from "./output.ts";
export { type Rate, Rates } from "./rates.ts";
export { redraw, type RedrawOptions } from "./redraw.ts";
export { RowPrinter } from "./row_printer.ts";
export type { Range, Scale } from "./scale.ts";
export { type Sink, type Terminal, terminalFacts } from "./sink.ts";
export { sparkline, type SparklineOptions } from "./sparkline.ts";
export type { StackSample } from "./stack.ts";
export { PLAIN, type Printable, type Style } from "./style.ts";
export { table } from "./table.ts";
export { liveTop, type TopOptions } from "./top.ts";
export { formatQuantity, type Unit } from "./units.ts";
export { textWidth } from "./width.ts";
