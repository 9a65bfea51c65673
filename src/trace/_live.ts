/**
 * Shared things on standard output while they change. Loaded when it is asked for.
 *
 * @module
 */
import { type Cell, type Column, type Printable, redraw, stdout, table } from "../output/mod.ts";
import { nanoseconds } from "./_interval.ts";
import { keyText } from "./_keys.ts";
import type { LiveOptions } from "./live.ts";
import { StackTrace } from "./stack_trace.ts";

/** What is shown of a value. */
export interface LiveColumn<V> {
  readonly header: string;
  readonly value: (value: V) => Cell;
}

type Row<V> = readonly [key: unknown, value: V];

const MOST_ROWS = 20;

/** Shows keys and values as a table, those first that are largest `by`. */
export function liveTable<V>(
  options: LiveOptions,
  rows: () => Iterable<Row<V>>,
  columns: readonly LiveColumn<V>[],
  by: (value: V) => number,
): Promise<void> {
  return live(options, () => {
    const sorted = [...rows()].sort(([, a], [, b]) => by(b) - by(a)).slice(0, options.top ?? MOST_ROWS);
    const values = columns.map(({ header, value }): Column<Row<V>> => ({
      header,
      value: ([, of]) => value(of),
    }));
    return table(sorted, [...keyColumns(sorted[0]?.[0]), ...values]);
  });
}

/** A column for the key, or for each of its fields; none where there are no keys. */
function keyColumns(key: unknown): Column<Row<unknown>>[] {
  if (key === undefined) return [];
  if (typeof key !== "object" || key === null || key instanceof StackTrace) {
    return [{ header: "KEY", value: ([key]) => cellOf(key) }];
  }
  return Object.keys(key).map((name) => ({
    header: name.toUpperCase(),
    value: ([key]) => cellOf((key as Readonly<Record<string, unknown>>)[name]),
  }));
}

function cellOf(value: unknown): Cell {
  return typeof value === "object" ? keyText(value) : value as Cell;
}

/** Draws until it is to end, and once more then. */
export async function live(
  { every = "1s", duration, signal, title }: LiveOptions,
  draw: () => Printable,
): Promise<void> {
  const end = new AbortController();
  const stop = () => end.abort();
  const timer = duration === undefined ? undefined : setTimeout(stop, nanoseconds(duration) / 1e6);
  const interrupts = (globalThis as Interruptible).process;
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  interrupts?.once("SIGINT", stop);
  try {
    using out = stdout({ signal: end.signal });
    await redraw(out, () => titled(title, draw()), { every: nanoseconds(every) / 1e6, signal: out.signal });
  } finally {
    interrupts?.off("SIGINT", stop);
    signal?.removeEventListener("abort", stop);
    clearTimeout(timer);
  }
}

/** Node's `process`, which both runtimes have without an import. */
interface Interruptible {
  readonly process?: Readonly<Record<"once" | "off", (event: "SIGINT", listener: () => void) => void>>;
}

function titled(title: string | undefined, shown: Printable): Printable {
  if (title === undefined) return shown;
  return { ...shown, format: (style) => `${title}\n${shown.format(style)}` };
}
