/**
 * The rows that lead, drawn again and again.
 *
 * @module
 */
import type { Column } from "./column.ts";
import { redraw, type RedrawOptions } from "./redraw.ts";
import type { Sink } from "./sink.ts";
import { table } from "./table.ts";
import { bold, PLAIN, type Printable } from "./style.ts";

/** What is drawn how often. */
export interface TopOptions<R> extends RedrawOptions {
  /** Gives the rows, at each drawing. */
  readonly rows: () => Iterable<R> | Promise<Iterable<R>>;
  /** What is shown of a row. */
  readonly columns: readonly Column<R>[];
  /** What rows are sorted by, the largest first; `undefined` comes last. Without, they stay in order. */
  readonly by?: (row: R) => number | bigint | undefined;
  /** How many rows are shown; on a terminal, no more than it has room for. 20 by default. */
  readonly top?: number;
  /** A line above the table. */
  readonly title?: () => string;
}

/**
 * Shows the leading rows as a table, in place on a terminal and one table after the other elsewhere, until the signal aborts
 * or nobody reads any more.
 *
 * @example
 * ```ts
 * import { liveTop, Rates, sparkline, stdout } from "@waggle/ebpf/output";
 *
 * const calls = new Map([["cat", 3n], ["dd", 7n]]); // as a BPF map has them
 * const rates = new Rates<string>();
 * using out = stdout({ signal: AbortSignal.timeout(10_000) });
 * await liveTop(out, {
 *   rows: () => rates.update(calls),
 *   by: ({ rate }) => rate,
 *   columns: [
 *     { header: "COMM", value: ({ key }) => key },
 *     { header: "CALLS/S", value: ({ rate }) => rate, unit: "count/s" },
 *     { header: "", value: ({ history }, style) => sparkline(history, { width: 20 }, style) },
 *   ],
 *   signal: out.signal,
 * });
 * ```
 */
export async function liveTop<R>(sink: Sink, options: TopOptions<R>): Promise<void> {
  await redraw(sink, () => frame(options), options);
}

async function frame<R>({ rows, columns, by, top = 20, title }: TopOptions<R>): Promise<Printable> {
  const all = [...await rows()];
  const sorted = by === undefined ? all : all.sort((a, b) => descending(by(a), by(b)));
  const shown = table(sorted.slice(0, top), columns);
  if (title === undefined) return shown;
  const heading = title();
  const format: Printable["format"] = (style) => `${bold(heading, style)}\n${shown.format(style)}`;
  return { format, toString: () => format(PLAIN) };
}

function descending(a: number | bigint | undefined, b: number | bigint | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return a < b ? 1 : a > b ? -1 : 0;
}
