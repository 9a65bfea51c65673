/**
 * Counters.
 *
 * @module
 */
import { type Codec, i64 } from "../codec/mod.ts";
import type { SharedSpec, SharedUse } from "../lang/mod.ts";
import type { BpfMap } from "../map/core.ts";
import { Aggregate, type KeyedOptions } from "./_aggregate.ts";
import type { LiveOptions } from "./live.ts";
import { type KernelValue, Shared } from "./shared.ts";

/** Options of {@linkcode counter}. */
export interface CounterOptions extends KeyedOptions {
  /** Whether keys that were not used for the longest time make room for others, with what was counted for them. */
  readonly lru?: boolean;
}

/** A counter inside of a kernel function. */
export interface KernelCounter<K> {
  /** Counts, under a key, or for all; once, or as often as `amount` says. */
  count(key?: KernelValue<K>, amount?: number): void;
}

/** What counters count by where nobody says. */
export type CounterKey = string | number | bigint | boolean;

/**
 * Numbers that kernel functions count up, by keys or one for all. Each CPU counts by itself, so that none waits for another;
 * what the script reads is the sum.
 *
 * @typeParam K A key.
 */
export class Counter<K = CounterKey> extends Shared<KernelCounter<K>> implements Iterable<[K, number]> {
  readonly #cells: Aggregate<K, bigint>;

  /** Made by {@linkcode counter}. */
  constructor(key: Codec<K> | undefined, options: CounterOptions) {
    super();
    this.#cells = new Aggregate("the counter", { ...options, key, value: i64, perCpu: true });
  }

  /** The number of a key, or the one that is counted without keys; 0 where nothing was counted. */
  get(key?: K): number {
    return key === undefined ? this.total : sum(this.#cells.get(key));
  }

  /** The sum of all keys. */
  get total(): number {
    return [...this.#all()].reduce((total, [, count]) => total + count, sum(this.#cells.at(0)));
  }

  /** Keys and their numbers, in no particular order; none where it counts without keys. */
  entries(): Generator<[K, number], void, void> {
    return this.#all();
  }

  *#all(): Generator<[K, number], void, void> {
    for (const [key, counts] of this.#cells.entries()) yield [key, sum(counts)];
  }

  /** Keys and their numbers, in no particular order. */
  [Symbol.iterator](): Generator<[K, number], void, void> {
    return this.entries();
  }

  /** The keys with the largest numbers, the largest first. */
  top(count: number): [K, number][] {
    return [...this.#all()].sort(([, a], [, b]) => b - a).slice(0, count);
  }

  /**
   * Shows it on standard output, again and again, until Ctrl-C, the end that the options say, or nobody reads any more; then once
   * more.
   */
  async live(options: LiveOptions = {}): Promise<void> {
    const { liveTable } = await import("./_live.ts");
    const rows = () => this.#cells.isKeyed ? this : [[undefined, this.total] as const];
    await liveTable(options, rows, [{ header: "COUNT", value: (count) => count }], (count) => count);
  }

  /** How often a key was not counted because there was no room for it. */
  get lost(): number {
    return this.#cells.lost;
  }

  /** Begins again at 0. */
  clear(): void {
    this.#cells.clear(0n);
  }

  /** @ignore */
  override get spec(): SharedSpec {
    return { kind: "counter", key: this.#cells.key };
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

function sum(counts: readonly bigint[]): number {
  return Number(counts.reduce((sum, count) => sum + count, 0n));
}

/**
 * Makes a counter for kernel functions. What its keys are, they tell by their first use of it, or a codec says.
 *
 * @example System calls by process
 * ```ts ignore
 * import { counter, tracepoint } from "@waggle/ebpf/trace";
 *
 * using calls = counter<string>();
 * using _probe = tracepoint("raw_syscalls:sys_enter", { calls }, (c, { calls }) => {
 *   calls.count(c.comm);
 * });
 * await new Promise((resolve) => setTimeout(resolve, 1000));
 * console.table(calls.top(10));
 * ```
 */
export function counter<K = CounterKey>(key?: Codec<K>, options: CounterOptions = {}): Counter<K> {
  return new Counter(key, options);
}
