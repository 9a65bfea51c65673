/**
 * Statistics.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { codecOf, type SharedSpec, type SharedUse, STATS } from "../lang/mod.ts";
import type { BpfMap } from "../map/core.ts";
import { Aggregate, type KeyedOptions } from "./_aggregate.ts";
import type { CounterKey } from "./counter.ts";
import type { LiveOptions } from "./live.ts";
import { type KernelValue, Shared } from "./shared.ts";

/** Statistics inside of a kernel function. */
export interface KernelStats<K> {
  /** Counts a value, under a key or for all. */
  record(value: number, key?: KernelValue<K>): void;
}

/** What is known of values. Numbers are exact up to 2^53. */
export interface Statistics {
  /** How many there were. */
  readonly count: number;
  /** All together. */
  readonly sum: number;
  /** The least; `undefined` where there were none. */
  readonly min: number | undefined;
  /** The largest; `undefined` where there were none. */
  readonly max: number | undefined;
  /** The sum by the count; `undefined` where there were none. */
  readonly mean: number | undefined;
}

/** What one CPU has. */
type Part = Readonly<Record<"count" | "sum" | "min" | "max", number | bigint>>;

/**
 * Number, sum, least and largest of values, by keys or of all. Each CPU has its own, so that none waits for another; what the
 * script reads is of all.
 *
 * @typeParam K A key.
 */
export class Stats<K = CounterKey> extends Shared<KernelStats<K>> implements Iterable<[K, Statistics]> {
  readonly #cells: Aggregate<K, Part>;

  /** Made by {@linkcode stats}. */
  constructor(key: Codec<K> | undefined, options: KeyedOptions) {
    super();
    const value = codecOf(STATS) as Codec<Part>;
    this.#cells = new Aggregate("the statistics", { ...options, key, value, perCpu: true });
  }

  /** What is known of the values of a key, or of all where there are no keys. */
  get(key?: K): Statistics {
    return statistics(key === undefined ? this.#cells.at(0) : this.#cells.get(key));
  }

  /** Keys and what is known of their values, in no particular order; none where there are no keys. */
  *entries(): Generator<[K, Statistics], void, void> {
    for (const [key, parts] of this.#cells.entries()) yield [key, statistics(parts)];
  }

  /** Keys and what is known of their values, in no particular order. */
  [Symbol.iterator](): Generator<[K, Statistics], void, void> {
    return this.entries();
  }

  /**
   * Shows it on standard output, again and again, until Ctrl-C, the end that the options say, or nobody reads any more; then once
   * more.
   */
  async live(options: LiveOptions = {}): Promise<void> {
    const { liveTable } = await import("./_live.ts");
    const rows = () => this.#cells.isKeyed ? this : [[undefined, this.get()] as const];
    const columns = (["count", "sum", "min", "mean", "max"] as const).map((name) => ({
      header: name.toUpperCase(),
      value: (all: Statistics) => all[name] === undefined ? undefined : Math.round(all[name]),
    }));
    await liveTable(options, rows, columns, ({ count }) => count);
  }

  /** How many values were left out because there was no room for their key. */
  get lost(): number {
    return this.#cells.lost;
  }

  /** Begins again without values. */
  clear(): void {
    this.#cells.clear({ count: 0, sum: 0, min: 0, max: 0 });
  }

  /** @ignore */
  override get spec(): SharedSpec {
    return { kind: "stats", key: this.#cells.key };
  }

  /** @ignore */
  override open(name: string, use: SharedUse): Readonly<Record<string, BpfMap>> {
    return this.#cells.open(name, use, this.create);
  }

  /** Closes the map. */
  override close(): void {
    this.#cells.close();
  }
}

/** Of all CPUs; those that saw no value have nothing to say. */
function statistics(parts: readonly Part[]): Statistics {
  const seen = parts.filter(({ count }) => count > 0);
  const count = seen.reduce((total, part) => total + Number(part.count), 0);
  const sum = Number(seen.reduce((total, part) => total + BigInt(part.sum), 0n));
  if (count === 0) return { count, sum, min: undefined, max: undefined, mean: undefined };
  const min = Math.min(...seen.map(({ min }) => Number(min)));
  const max = Math.max(...seen.map(({ max }) => Number(max)));
  return { count, sum, min, max, mean: sum / count };
}

/**
 * Makes statistics for kernel functions. What their keys are, these tell by their first use, or a codec says.
 *
 * @example How much each program writes at a time
 * ```ts ignore
 * import { stats, tracepoint } from "@waggle/ebpf/trace";
 *
 * using sizes = stats<string>();
 * using _probe = tracepoint("syscalls:sys_enter_write", { sizes }, (c, { sizes }) => {
 *   sizes.record(c.args.count, c.comm);
 * });
 * await new Promise((resolve) => setTimeout(resolve, 1000));
 * for (const [comm, { count, mean }] of sizes) console.log(comm, count, mean);
 * ```
 */
export function stats<K = CounterKey>(key?: Codec<K>, options: KeyedOptions = {}): Stats<K> {
  return new Stats(key, options);
}
