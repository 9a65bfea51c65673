/**
 * Tables that are printed row by row, as events come.
 *
 * @module
 */
import { cellText, type Column } from "./column.ts";
import { formatRow, GAP, type Layout, shrink } from "./_row.ts";
import type { Sink } from "./sink.ts";
import { bold, type Style } from "./style.ts";
import { textWidth } from "./width.ts";

/** The least that the last column takes, if it has no width. */
const LAST = 16;

/** Rows from one header to the next, where the height of the terminal is not known. */
const ROWS = 24;

/**
 * Prints rows as they come, under a header. On a terminal, lines are cut to its width, and the header comes again once a
 * screen; elsewhere each line has all there is to say, and one header comes first.
 *
 * @example
 * ```ts
 * import { RowPrinter, stdout } from "@waggle/ebpf/output";
 *
 * using out = stdout();
 * const rows = new RowPrinter<{ pid: number; comm: string }>(out, [
 *   { header: "PID", value: ({ pid }) => pid, width: 7, align: "right" },
 *   { header: "COMM", value: ({ comm }) => comm },
 * ]);
 * rows.print({ pid: 1, comm: "init" });
 * ```
 */
export class RowPrinter<R> {
  readonly #sink: Sink;
  readonly #columns: readonly Column<R>[];
  #sinceHeader: number | undefined;
  #laid: { readonly width: number | undefined; readonly layout: readonly Layout[] } | undefined;

  /** Prints to a sink. Nothing is printed before {@linkcode header} or the first row. */
  constructor(sink: Sink, columns: readonly Column<R>[]) {
    this.#sink = sink;
    this.#columns = columns;
  }

  /** Prints the header. Returns whether somebody still reads. */
  header(): boolean {
    const { terminal } = this.#sink;
    this.#sinceHeader = 0;
    const headers = this.#columns.map(({ header }) => header);
    return this.#sink.write(
      `${bold(formatRow(headers, this.#layout(terminal), terminal, false), terminal)}\n`,
    );
  }

  /** Prints a row, and a header before it where one is due. Returns whether somebody still reads. */
  print(row: R): boolean {
    const { terminal } = this.#sink;
    const screen = terminal.interactive ? Math.max(2, (terminal.height ?? ROWS) - 1) : Infinity;
    if (this.#sinceHeader === undefined || this.#sinceHeader >= screen - 1) this.header();
    this.#sinceHeader = (this.#sinceHeader ?? 0) + 1;
    const cells = this.#columns.map((column) => cellText(column, row, terminal));
    const overflow = terminal.width === undefined;
    return this.#sink.write(`${formatRow(cells, this.#layout(terminal), terminal, overflow)}\n`);
  }

  /** Computed anew where the width is another. */
  #layout(style: Style): readonly Layout[] {
    if (this.#laid === undefined || this.#laid.width !== style.width) {
      this.#laid = { width: style.width, layout: this.#newLayout(style) };
    }
    return this.#laid.layout;
  }

  #newLayout(style: Style): Layout[] {
    const headers = this.#columns.map(({ header }) => header);
    const fixed = this.#columns.map(({ header, width, unit, align }, i): Layout => ({
      width: width ??
        Math.max(textWidth(header), i === this.#columns.length - 1 && style.width !== undefined ? LAST : 0),
      align: align ?? (unit === undefined ? "left" : "right"),
    }));
    if (style.width === undefined) return fixed;
    const layout = shrink(fixed, headers, style.width);
    const last = layout.at(-1);
    if (last === undefined || this.#columns.at(-1)?.width !== undefined || last.align === "right") {
      return layout;
    }
    const others = layout.slice(0, -1);
    const taken = others.reduce((sum, { width }) => sum + width + GAP.length, 0);
    return [...others, { ...last, width: Math.max(last.width, style.width - taken) }];
  }
}
