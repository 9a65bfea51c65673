/**
 * The maps of a script as the program that runs it sees them.
 *
 * @module
 */
import { BELOW_ZERO, isAggregation, type MapValue, type ValueType } from "../lang/bpftrace/mod.ts";
import { type Histogram, linearHistogram, log2Histogram } from "../output/core.ts";
import type { Leaf } from "./decode.ts";
import type { Doer } from "./doer.ts";
import { averageOf } from "./print.ts";
import type { Entry, Table } from "./tables.ts";
import type { Json, Values } from "./values.ts";

/** What `stats()` and `avg()` know of the values that they saw. */
export interface Statistics {
  /** How many there were. */
  readonly count: number;
  /** Rounded to 0. */
  readonly average: number;
  /** Their sum. */
  readonly total: number | bigint;
}

/**
 * A value of a map, or a part of a key: a number, which is a bigint beyond 2^53; text, as which stacks and names of functions
 * come, too; a tuple of such.
 */
export type ScriptValue = number | bigint | string | readonly ScriptValue[];

/** What a map has for a key: a value, or what it has collected. */
export type Collected = ScriptValue | Statistics | Histogram;

/** A map of a script: what it has now, each time that it is asked. */
export class ScriptMap implements Iterable<[key: readonly ScriptValue[], value: Collected]> {
  /** With its `@`. */
  readonly name: string;
  readonly #table: Table;
  readonly #doer: Doer;
  readonly #values: Values;

  /** Reads a table. */
  constructor(table: Table, doer: Doer, values: Values) {
    this.name = table.plan.name;
    this.#table = table;
    this.#doer = doer;
    this.#values = values;
  }

  /** Keys, as lists of their parts, and values, in no particular order. */
  *[Symbol.iterator](): Generator<[key: readonly ScriptValue[], value: Collected], void, void> {
    for (const entry of this.#table.entries()) yield [this.#keyOf(entry), this.#valueOf(entry)];
  }

  /** What it has for a key, by its parts; without one, what `@x = …` has. `undefined` where there is nothing. */
  get(...key: readonly ScriptValue[]): Collected | undefined {
    const wanted = key.map(String).join("\0");
    for (const [own, value] of this) if (own.map(String).join("\0") === wanted) return value;
    return undefined;
  }

  /** How many keys it has. */
  get size(): number {
    return this.#table.entries().length;
  }

  /** Removes all keys. */
  clear(): void {
    this.#table.clear();
  }

  /** As bpftrace prints it. */
  toString(): string {
    return this.#doer.map(this.name);
  }

  #keyOf({ key }: Entry): ScriptValue[] {
    const leaves = [...key];
    return this.#table.plan.key.map((type) => this.#plain(type, leaves));
  }

  #valueOf({ value, buckets }: Entry): Collected {
    const type: MapValue = this.#table.plan.value;
    if (!isAggregation(type)) return this.#plain(type, [...value]);
    const [first = 0n, second = 0n] = value.map((leaf) => typeof leaf === "bigint" ? leaf : 0n);
    switch (type.kind) {
      case "avg":
      case "stats":
        return { count: Number(first), average: Number(averageOf(value)), total: safe(second) };
      case "hist":
        return log2Histogram({ buckets: numbered(buckets, (bucket) => bucket === BELOW_ZERO ? -1 : bucket) });
      case "lhist": {
        const [min, max, step] = [Number(type.min), Number(type.max), Number(type.step)];
        return linearHistogram({ min, max, step, buckets: numbered(buckets, (bucket) => bucket - 1) });
      }
      default:
        return safe(first);
    }
  }

  #plain(type: ValueType, leaves: Leaf[]): ScriptValue {
    return shown(this.#values.json(type, leaves));
  }
}

function numbered(buckets: ReadonlyMap<number, bigint>, numberOf: (bucket: number) => number) {
  return [...buckets].map(([bucket, count]) => [numberOf(bucket), count] as const);
}

function shown(value: Json): ScriptValue {
  if (typeof value === "object") return value.map(shown);
  return typeof value === "bigint" ? safe(value) : value;
}

/** A number where it is exact, a bigint beyond. */
function safe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Views of tables, by the names without the `@`. */
export function viewsOf(
  tables: ReadonlyMap<string, Table>,
  doer: Doer,
  values: Values,
): Readonly<Record<string, ScriptMap>> {
  return Object.fromEntries(
    [...tables].map((
      [name, table],
    ) => [name === "@" ? name : name.slice(1), new ScriptMap(table, doer, values)]),
  );
}
