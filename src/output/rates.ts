/**
 * How fast counters grow.
 *
 * @module
 */

/** A counter at a snapshot. */
export interface Rate<K> {
  /** What is counted. */
  readonly key: K;
  /** The counter. */
  readonly value: number | bigint;
  /** By how much it grew since the snapshot before; `undefined` at the first. */
  readonly delta: number | undefined;
  /** Growth by second; `undefined` at the first snapshot. */
  readonly rate: number | undefined;
  /** The last rates, oldest first: for {@linkcode sparkline}. Before the key was there, 0. */
  readonly history: readonly number[];
}

interface Seen {
  readonly value: number | bigint;
  readonly history: readonly number[];
}

/**
 * Turns snapshots of counters, such as the elements of a BPF map, into rates.
 *
 * @example
 * ```ts
 * import { Rates } from "@waggle/ebpf/output";
 *
 * const rates = new Rates<string>();
 * rates.update([["cat", 100n]], 0);
 * rates.update([["cat", 150n]], 500)[0]?.rate; // 100
 * ```
 */
export class Rates<K> {
  readonly #length: number;
  #seen: ReadonlyMap<K, Seen> | undefined;
  #time = 0;
  #snapshots = 0;

  /** Keeps this many rates of each key. */
  constructor(length = 60) {
    this.#length = length;
  }

  /**
   * Takes a snapshot, by default of now; the time is in milliseconds. A key that was not there before counts from 0, as one
   * does whose counter became smaller; one that is not there any more is forgotten. Keys are told apart as those of a `Map`.
   */
  update(
    counters: Iterable<readonly [key: K, value: number | bigint]>,
    now: number = performance.now(),
  ): Rate<K>[] {
    const before = this.#seen;
    const seconds = (now - this.#time) / 1000;
    const rows = [...counters].map(([key, value]): Rate<K> => {
      if (before === undefined) return { key, value, delta: undefined, rate: undefined, history: [] };
      const earlier = before.get(key);
      const delta = growth(earlier?.value ?? 0, value);
      const rate = seconds > 0 ? delta / seconds : 0;
      const past = earlier?.history ??
        Array.from({ length: Math.min(this.#snapshots - 1, this.#length) }, () => 0);
      return { key, value, delta, rate, history: [...past, rate].slice(-this.#length) };
    });
    this.#seen = new Map(rows.map(({ key, value, history }) => [key, { value, history }]));
    this.#time = now;
    this.#snapshots++;
    return rows;
  }
}

function growth(before: number | bigint, after: number | bigint): number {
  if (after < before) return Number(after);
  return typeof before === "bigint" && typeof after === "bigint"
    ? Number(after - before)
    : Number(after) - Number(before);
}
