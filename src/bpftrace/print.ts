/**
 * Maps as bpftrace prints them.
 *
 * @module
 */
import { isAggregation } from "../lang/bpftrace/mod.ts";
import { barsOf, drawBars } from "./bars.ts";
import type { Leaf } from "./decode.ts";
import type { Entry, Table } from "./tables.ts";
import type { Values } from "./values.ts";

/** Which part of a map is printed. */
export interface PrintOptions {
  /** How many of the largest; all where it is 0. */
  readonly top: number;
  /** What numbers are divided by; not at all where it is 0. */
  readonly divisor: number;
}

/** Lines of stacks that are keys are less indented. */
const KEY_INDENT = 4;

/** The entries as they are printed: by what they have where this is a number, by their keys where not. */
export function ordered({ plan }: Table, entries: readonly Entry[], { top }: PrintOptions): Entry[] {
  const { value } = plan;
  const byRank = isAggregation(value) || value.kind === "int";
  const ranked = entries.map((entry) => ({ entry, rank: byRank ? rankOf(value, entry) : 0n }));
  ranked.sort((a, b) => compare(a.rank, b.rank) || compareKeys(a.entry.key, b.entry.key));
  const all = ranked.map(({ entry }) => entry);
  const ignored = value.kind === "avg" || value.kind === "stats";
  return top > 0 && !ignored ? all.slice(-top) : all;
}

function rankOf({ kind }: { readonly kind: string }, { value, buckets }: Entry): bigint {
  switch (kind) {
    case "avg":
    case "stats":
      return averageOf(value);
    case "hist":
    case "lhist":
      return [...buckets.values()].reduce((sum, one) => sum + one, 0n);
    default:
      return numberOf(value[0]);
  }
}

/** Of a count and a sum; rounded to 0. */
export function averageOf([count, sum]: readonly Leaf[]): bigint {
  return numberOf(count) === 0n ? 0n : numberOf(sum) / numberOf(count);
}

function numberOf(leaf: Leaf | undefined): bigint {
  return typeof leaf === "bigint" ? leaf : 0n;
}

function compareKeys(a: readonly Leaf[], b: readonly Leaf[]): number {
  for (let i = 0; i < a.length; i++) {
    const order = compare(a[i] ?? "", b[i] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

function compare(a: Leaf, b: Leaf): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A map as text. */
export function printMap(table: Table, values: Values, options: PrintOptions): string {
  const { plan: { name, value } } = table;
  const entries = ordered(table, table.entries(), options);
  const lines = entries.map((entry) => {
    const key = keyText(table, values, entry);
    const start = key === "" ? `${name}: ` : `${name}[${key}]: `;
    if (value.kind === "hist" || value.kind === "lhist") {
      const bars = barsOf(value, entry.buckets, BigInt(options.divisor || 1));
      return `${start}\n${drawBars(value, bars)}\n`;
    }
    return `${start}${valueText(table, values, entry, options.divisor)}\n`;
  });
  // One line is left empty behind those that have no single number, and where there is nothing
  const isApart = value.kind === "avg" || value.kind === "stats" || entries.length === 0;
  return lines.join("") + (isApart ? "\n" : "");
}

/** The parts of a key, with commas. */
export function keyText({ plan }: Table, values: Values, { key }: Entry, separator = ", "): string {
  const leaves = [...key];
  return plan.key.map((type) => {
    if (type.kind === "pointer") return `0x${numberOf(leaves.shift()).toString(16)}`;
    return values.text(type, leaves, KEY_INDENT);
  }).join(separator);
}

/** What a key has, where that is no histogram. */
export function valueText(
  { plan: { value: type } }: Table,
  values: Values,
  { value }: Entry,
  divisor: number,
): string {
  switch (type.kind) {
    case "pointer":
      return `${BigInt.asIntN(64, numberOf(value[0]))}`;
    case "avg":
      return `${averageOf(value)}`;
    case "stats":
      return `count ${value[0]}, average ${averageOf(value)}, total ${value[1]}`;
    default:
      if (!isAggregation(type) && type.kind !== "int") return values.text(type, [...value]);
      return `${numberOf(value[0]) / BigInt(divisor || 1)}`;
  }
}
