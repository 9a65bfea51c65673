/**
 * Histograms as bpftrace draws them.
 *
 * @module
 */
import { type Aggregation, BELOW_ZERO } from "../lang/bpftrace/mod.ts";

/** How a map has a histogram: by bit length, or in steps. */
export type HistogramKind = Extract<Aggregation, { kind: "hist" | "lhist" }>;

/** A row: the values that it is for, without bound where it is open, and how many there were. */
export interface Bar {
  /** The least of the values. */
  readonly from: bigint | undefined;
  /** What is just above them. */
  readonly to: bigint | undefined;
  readonly count: bigint;
}

const WIDTH = 52;
const LABEL = 16;
const COUNT = 8;

/** The rows from the first to the last that has values. */
export function barsOf(kind: HistogramKind, sums: ReadonlyMap<number, bigint>, divisor = 1n): Bar[] {
  // The bucket of what is below 0 comes first
  const counts = new Map(
    [...sums].map(([bucket, count]) => [bucket === BELOW_ZERO && kind.kind === "hist" ? -1 : bucket, count]),
  );
  const used = [...counts].filter(([, count]) => count > 0n).map(([bucket]) => bucket);
  if (used.length === 0) return [];
  const [first, last] = [Math.min(...used), Math.max(...used)];
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    ...kind.kind === "hist" ? powersOfTwo(first + i) : steps(kind, first + i),
    count: (counts.get(first + i) ?? 0n) / divisor,
  }));
}

function powersOfTwo(bucket: number): Omit<Bar, "count"> {
  if (bucket < 0) return { from: undefined, to: 0n };
  if (bucket === 0) return { from: 0n, to: 1n };
  return { from: 1n << BigInt(bucket - 1), to: 1n << BigInt(bucket) };
}

function steps(
  { min, max, step }: Extract<HistogramKind, { kind: "lhist" }>,
  bucket: number,
): Omit<Bar, "count"> {
  if (bucket === 0) return { from: undefined, to: min };
  const from = min + BigInt(bucket - 1) * step;
  return from >= max ? { from: max, to: undefined } : { from, to: from + step };
}

/** One line a row. */
export function drawBars(kind: HistogramKind, bars: readonly Bar[]): string {
  const most = bars.reduce((most, { count }) => count > most ? count : most, 0n);
  return bars.map(({ from, to, count }) => {
    const length = most === 0n ? 0 : Math.floor(Number(count) / Number(most) * WIDTH);
    const label = labelOf(kind, from, to).padEnd(LABEL);
    return `${label}${`${count}`.padStart(COUNT)} |${"@".repeat(length).padEnd(WIDTH)}|\n`;
  }).join("");
}

function labelOf({ kind }: HistogramKind, from: bigint | undefined, to: bigint | undefined): string {
  if (from === undefined) return `(..., ${bound(to ?? 0n)})`;
  if (to === undefined) return `[${bound(from)}, ...)`;
  return kind === "hist" && to - from === 1n && from <= 1n ? `[${from}]` : `[${bound(from)}, ${bound(to)})`;
}

const LETTERS = ["", "K", "M", "G", "T", "P", "E"];

/** A multiple of a power of 1024 by its letter. */
function bound(value: bigint): string {
  let scale = 0;
  let rest = value;
  while (rest !== 0n && rest % 1024n === 0n && scale < LETTERS.length - 1) {
    rest /= 1024n;
    scale++;
  }
  return `${rest}${LETTERS[scale]}`;
}
