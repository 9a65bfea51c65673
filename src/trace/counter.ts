/**
 * Counters.
 *
 * @module
 */
import { type Codec, u64 } from "../codec/mod.ts";
import { codecOf, type SharedSpec, type SharedUse, typeOf } from "../lang/mod.ts";
import { type BpfMap, perCpuArray, PerCpuArrayMap, perCpuHash, PerCpuHashMap } from "../map/core.ts";
import { type KernelValue, LateMap, Shared } from "./shared.ts";

/** How many keys a counter has room for unless the options say. */
const MOST_KEYS = 10_240;

/** Options of {@linkcode counter}. */
export interface CounterOptions {
  /** How many keys there is room for; 10240 by default. What comes with further keys is not counted. */
  readonly maxEntries?: number;
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
  readonly #key: Codec<K> | undefined;
  readonly #maxEntries: number;
  readonly #late: LateMap<PerCpuHashMap<K, bigint> | PerCpuArrayMap<bigint>> = new LateMap("the counter");

  /** Made by {@linkcode counter}. */
  constructor(key: Codec<K> | undefined, { maxEntries = MOST_KEYS }: CounterOptions) {
    super();
    this.#key = key;
    this.#maxEntries = maxEntries;
  }

  /** The number of a key, or the one that is counted without keys; 0 where nothing was counted. */
  get(key?: K): number {
    const { map } = this.#late;
    if (map === undefined) return 0;
    if (map instanceof PerCpuArrayMap) return Number(map.sum(0));
    return key === undefined ? this.total : Number(map.sum(key) ?? 0n);
  }

  /** The sum of all keys. */
  get total(): number {
    const { map } = this.#late;
    if (map instanceof PerCpuArrayMap) return Number(map.sum(0));
    return [...this].reduce((sum, [, count]) => sum + count, 0);
  }

  /** Keys and their numbers, in no particular order; none where it counts without keys. */
  *entries(): Generator<[K, number], void, void> {
    const { map } = this.#late;
    if (!(map instanceof PerCpuHashMap)) return;
    for (const [key, counts] of map) yield [key, counts.reduce((sum, count) => sum + Number(count), 0)];
  }

  /** Keys and their numbers, in no particular order. */
  [Symbol.iterator](): Generator<[K, number], void, void> {
    return this.entries();
  }

  /** The keys with the largest numbers, the largest first. */
  top(count: number): [K, number][] {
    return [...this].sort(([, a], [, b]) => b - a).slice(0, count);
  }

  /** Begins again at 0. */
  clear(): void {
    const { map } = this.#late;
    if (map instanceof PerCpuArrayMap) map.fill(0, 0n);
    else map?.clear();
  }

  /** @ignore */
  override get spec(): SharedSpec {
    const { map } = this.#late;
    if (map instanceof PerCpuArrayMap) return { kind: "counter", key: "none" };
    return { kind: "counter", key: this.#key ? typeOf(this.#key) : this.#learned };
  }

  #learned: ReturnType<typeof typeOf> | undefined;

  /** @ignore */
  override open(name: string, { key }: SharedUse): Readonly<Record<string, BpfMap>> {
    const map = this.#late.open(() => {
      if (!key) return this.create(perCpuArray(u64), { name, maxEntries: 1 });
      this.#learned = key;
      const codec = this.#key ?? codecOf(key) as Codec<K>;
      return this.create(perCpuHash(codec, u64), { name, maxEntries: this.#maxEntries });
    });
    return { [name]: map };
  }

  /** Closes the map. */
  override close(): void {
    this.#late.close();
  }
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
