/**
 * The keys that occur most.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { Counter, type CounterKey, type CounterOptions } from "./counter.ts";

/** Keys for which there is room at least. */
const LEAST_KEYS = 4096;
/** Keys for which there is room, for each that is asked for. */
const ROOM = 64;

/**
 * A counter in bounded memory of which only the largest are wanted.
 *
 * Where more keys come than there is room for, those that were not counted for the longest time are forgotten. What is told of a
 * key is never too much; it is too little where the key was forgotten in between, which leading ones seldom are.
 *
 * @typeParam K A key.
 */
export class TopK<K = CounterKey> extends Counter<K> {
  readonly #count: number;

  /** Made by {@linkcode topK}. */
  constructor(count: number, key: Codec<K> | undefined, options: CounterOptions) {
    super(key, options);
    this.#count = count;
  }

  /** The keys with the largest numbers, the largest first. */
  override *entries(): Generator<[K, number], void, void> {
    yield* this.top(this.#count);
  }
}

/**
 * Makes a counter of which only the largest are wanted. What its keys are, functions tell by their first use of it, or a codec says.
 *
 * @param count How many keys the script gets.
 *
 * @example The ten files that are opened most
 * ```ts ignore
 * import { topK, tracepoint } from "@waggle/ebpf/trace";
 *
 * using files = topK<string>(10);
 * using _probe = tracepoint("syscalls:sys_enter_openat", { files }, (c, { files }) => {
 *   files.count(c.str(c.args.filename, 128));
 * });
 * await new Promise((resolve) => setTimeout(resolve, 1000));
 * for (const [file, count] of files) console.log(count, file);
 * ```
 */
export function topK<K = CounterKey>(
  count: number,
  key?: Codec<K>,
  options: Pick<CounterOptions, "maxEntries"> = {},
): TopK<K> {
  return new TopK(count, key, { maxEntries: Math.max(LEAST_KEYS, ROOM * count), ...options, lru: true });
}
