/**
 * Lines of tables.
 *
 * @module
 */
import { ellipsis, type Style } from "./style.ts";
import { elide, fit, textWidth } from "./width.ts";

/** Spaces between columns. */
export const GAP = "  ";
/** The least that a column of text is cut to, where its header is not longer. */
const NARROWEST = 8;

/** How a column is laid out. */
export interface Layout {
  readonly width: number;
  readonly align: "left" | "right";
}

/** One line. Where `overflow`, what is longer than its column pushes those behind it; the last is never cut short of the line. */
export function formatRow(
  cells: readonly string[],
  layout: readonly Layout[],
  style: Style,
  overflow: boolean,
): string {
  const mark = ellipsis(style);
  const line = cells.map((text, i) => {
    const { width = 0, align = "left" } = layout[i] ?? {};
    return fit(text, overflow ? Math.max(width, textWidth(text)) : width, align, mark);
  }).join(GAP).trimEnd();
  return style.width === undefined ? line : elide(line, style.width, mark);
}

/** The columns in no more than the width, if that can be: the widest columns of text give way first. */
export function shrink(layout: readonly Layout[], headers: readonly string[], total: number): Layout[] {
  const widths = layout.map(({ width }) => width);
  const least = layout.map(({ width, align }, i) =>
    align === "right" ? width : Math.min(width, Math.max(NARROWEST, textWidth(headers[i] ?? "")))
  );
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (layout.length - 1)) - total;
  while (excess > 0) {
    const at = widest(widths, least);
    if (at < 0) break;
    widths[at] = (widths[at] ?? 0) - 1;
    excess--;
  }
  return layout.map((column, i) => ({ ...column, width: widths[i] ?? 0 }));
}

/** The index of the widest column that may be narrower, or -1. */
function widest(widths: readonly number[], least: readonly number[]): number {
  return widths.reduce((best, width, i) => {
    if (width <= (least[i] ?? 0)) return best;
    return best < 0 || width > (widths[best] ?? 0) ? i : best;
  }, -1);
}
