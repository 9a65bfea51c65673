/**
 * What a script says, as lines of JSON: those of `bpftrace -f json`.
 *
 * @module
 */
import { isAggregation } from "../lang/bpftrace/mod.ts";
import { type Bar, barsOf } from "./bars.ts";
import { averageOf, keyText, ordered, type PrintOptions } from "./print.ts";
import type { Entry, Table } from "./tables.ts";
import type { Json, Values } from "./values.ts";

/** A line: what it is of, and its data, which is JSON already. */
export function jsonLine(type: string, data: string): string {
  return `{"type": "${type}", "data": ${data}}\n`;
}

/** A value as JSON; numbers are whole, however large. */
export function jsonText(value: Json): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object") return `[${value.map(jsonText).join(",")}]`;
  return `${value}`;
}

/** A map. */
export function jsonMap(table: Table, values: Values, options: PrintOptions): string {
  const { plan: { name, key, value } } = table;
  const entries = ordered(table, table.entries(), options);
  const type = value.kind === "hist" || value.kind === "lhist"
    ? "hist"
    : value.kind === "avg" || value.kind === "stats"
    ? "stats"
    : "map";
  const of = (entry: Entry) => jsonValue(table, values, entry, BigInt(options.divisor || 1));
  const [only] = entries;
  const data = key.length === 0 && only
    ? of(only)
    : `{${
      entries.map((entry) => `${jsonText(keyText(table, values, entry, ","))}: ${of(entry)}`).join(", ")
    }}`;
  return jsonLine(type, `{${jsonText(name)}: ${data}}`);
}

function jsonValue({ plan: { value: type } }: Table, values: Values, entry: Entry, divisor: bigint): string {
  const { value, buckets } = entry;
  if (!isAggregation(type)) {
    const json = values.json(type, [...value]);
    return jsonText(typeof json === "bigint" ? json / divisor : json);
  }
  switch (type.kind) {
    case "hist":
    case "lhist":
      return `[${barsOf(type, buckets, divisor).map(jsonBar).join(", ")}]`;
    case "avg":
      return `${averageOf(value)}`;
    case "stats":
      return `{"count": ${value[0]}, "average": ${averageOf(value)}, "total": ${value[1]}}`;
    default:
      return `${BigInt(`${value[0] ?? 0}`) / divisor}`;
  }
}

function jsonBar({ from, to, count }: Bar): string {
  const parts = [
    ...from === undefined ? [] : [`"min": ${from}`],
    ...to === undefined ? [] : [`"max": ${to - 1n}`],
    `"count": ${count}`,
  ];
  return `{${parts.join(", ")}}`;
}
