/**
 * Columns of tables.
 *
 * @module
 */
import { escapeControls } from "./escape.ts";
import type { Style } from "./style.ts";
import { formatNumber, formatQuantity, type Unit } from "./units.ts";

/** What a cell may hold. A `Date` is shown as the time of its day, in UTC; what is missing as `-`. */
export type Cell = string | number | bigint | boolean | Date | null | undefined;

/** A column of a table of rows `R`. */
export interface Column<R> {
  /** What stands above it. */
  readonly header: string;
  /** What it shows of a row. Control characters are shown, not obeyed. */
  readonly value: (row: R, style: Style) => Cell;
  /** What its numbers are; without, they are plain. */
  readonly unit?: Unit;
  /** Numbers to the right and text to the left, by default. */
  readonly align?: "left" | "right";
  /**
   * Columns of the terminal that it takes in a table that is printed row by row: as many as its header by default, and as
   * many as are left for the last. In a whole table, the most it takes.
   */
  readonly width?: number;
}

/** The text of a cell. */
export function cellText<R>(column: Column<R>, row: R, style: Style): string {
  const value = column.value(row, style);
  if (value === null || value === undefined) return "-";
  if (typeof value === "number" || typeof value === "bigint") {
    return column.unit === undefined ? formatNumber(value) : formatQuantity(value, column.unit, style);
  }
  return escapeControls(value instanceof Date ? timeOfDay(value) : String(value), style.unicode);
}

/** Whether a cell is aligned as numbers are. */
export function isNumeric(value: Cell): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function timeOfDay(date: Date): string {
  return Number.isNaN(date.getTime()) ? "-" : date.toISOString().slice(11, 23);
}
