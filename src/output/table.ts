/**
 * Tables whose rows are all known.
 *
 * @module
 */
import { cellText, type Column, isNumeric } from "./column.ts";
import { formatRow, type Layout, shrink } from "./_row.ts";
import { bold, PLAIN, type Printable, type Style } from "./style.ts";
import { textWidth } from "./width.ts";

/**
 * A table: as wide as its contents, or cut to the width there is, text before numbers.
 *
 * @example
 * ```ts
 * import { table } from "@waggle/ebpf/output";
 *
 * const rows = [{ comm: "cat", read: 4096n }, { comm: "dd", read: 1n << 30n }];
 * console.log(`${table(rows, [
 *   { header: "COMM", value: ({ comm }) => comm },
 *   { header: "READ", value: ({ read }) => read, unit: "bytes" },
 * ])}`);
 * ```
 */
export function table<R>(rows: Iterable<R>, columns: readonly Column<R>[]): Printable {
  const all = [...rows];
  const format: Printable["format"] = (style) => formatTable(all, columns, style);
  return { format, toString: () => format(PLAIN) };
}

function formatTable<R>(rows: readonly R[], columns: readonly Column<R>[], style: Style): string {
  const headers = columns.map(({ header }) => header);
  const cells = rows.map((row) => columns.map((column) => cellText(column, row, style)));
  const natural = columns.map((column, i): Layout => {
    const widest = cells.reduce(
      (most, row) => Math.max(most, textWidth(row[i] ?? "")),
      textWidth(column.header),
    );
    return {
      width: Math.min(widest, column.width ?? widest),
      align: column.align ?? alignment(rows, column, style),
    };
  });
  const layout = style.width === undefined ? natural : shrink(natural, headers, style.width);
  const [head = "", ...lines] = [headers, ...cells].map((row) => formatRow(row, layout, style, false));
  return [bold(head, style), ...lines].join("\n");
}

/** To the right where there are numbers, and nothing else. */
function alignment<R>(rows: readonly R[], column: Column<R>, style: Style): "left" | "right" {
  if (column.unit !== undefined) return "right";
  const values = rows.map((row) => column.value(row, style)).filter((value) =>
    value !== null && value !== undefined
  );
  return values.length > 0 && values.every(isNumeric) ? "right" : "left";
}
