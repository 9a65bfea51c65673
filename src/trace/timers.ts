/**
 * What kernel functions have done later.
 *
 * @module
 */
import { type SpecialField, specialSize } from "../btf/core.ts";
import { bytes, type Codec } from "../codec/mod.ts";
import { codecOf, type SharedSpec, type SharedUse, type StoredType, typeOf } from "../lang/mod.ts";
import { type BpfMap, hash as hashKind, type HashMap } from "../map/core.ts";
import { SideMaps } from "./_side_maps.ts";
import { type KernelValue, LateMap, Shared } from "./shared.ts";

/** How many timers there are room for unless the options say. */
const MOST_TIMERS = 10_240;

/** What values are. */
export const TIMER: SpecialField = { type: "bpf_timer", offset: 0 };

/** Options of {@linkcode timers}. */
export interface TimersOptions {
  /** How many timers there is room for at a time; 10240 by default. */
  readonly maxEntries?: number;
}

/** Timers inside of a kernel function. */
export interface KernelTimers<K> {
  /**
   * Has a function called in `delay` ns, by the monotonic clock, and once; with what it returns, in so many ns again. Where the timer of
   * the key runs already, it starts anew, with this function. Where there is no room for another timer, nothing happens, and that is
   * counted. One that is started in the moment when it goes off may be lost.
   *
   * The function sees the key and what is shared; variables and the context of the one that starts the timer are gone by then.
   */
  start(key: KernelValue<K>, delay: number, run: (key: KernelValue<K>) => number | undefined | void): void;
  /** Stops and removes the timer of a key. Returns whether it was to go off. */
  cancel(key: KernelValue<K>): boolean;
}

/**
 * Timers by keys, which kernel functions start.
 *
 * @typeParam K A key.
 */
export class Timers<K> extends Shared<KernelTimers<K>> {
  readonly #key: Codec<K> | undefined;
  readonly #maxEntries: number;
  readonly #late: LateMap<HashMap<unknown, Uint8Array>> = new LateMap("the timers");
  readonly #sides: SideMaps = new SideMaps("the timers");
  #learned: StoredType | undefined;

  /** Made by {@linkcode timers}. */
  constructor(key: Codec<K> | undefined, { maxEntries = MOST_TIMERS }: TimersOptions) {
    super();
    this.#key = key;
    this.#maxEntries = maxEntries;
  }

  /** How many timers are to go off. */
  get size(): number {
    return this.#late.map?.size ?? 0;
  }

  /** How often a kernel function started a timer for which there was no room. */
  get lost(): number {
    return this.#sides.lost;
  }

  /** @ignore */
  override get spec(): SharedSpec {
    return { kind: "timers", key: this.#key ? typeOf(this.#key) : this.#learned };
  }

  /** @ignore */
  override open(name: string, { key }: SharedUse): Readonly<Record<string, BpfMap>> {
    const map = this.#late.open(() => {
      if (!key) {
        throw new TypeError(`Cannot create timers "${name}": nothing says what their keys are: timers(u32)`);
      }
      this.#learned = key;
      const kind = hashKind<unknown, Uint8Array>(this.#key ?? codecOf(key), bytes(specialSize(TIMER.type)));
      return this.create({ ...kind, creation: { special: TIMER } }, { name, maxEntries: this.#maxEntries });
    });
    return { [name]: map, ...this.#sides.open(name, [], this.create) };
  }

  /** Ends all timers; functions that run on start no more (`bpf_timer_init` wants the map to be held by a process). */
  override close(): void {
    this.#late.close();
    this.#sides[Symbol.dispose]();
  }
}

/**
 * Makes timers for kernel functions (`bpf_timer_start`). What keys are, a codec says, or the first function that starts one. Since Linux
 * 5.15; not in functions of tracepoints, kprobes, uprobes and clocks.
 *
 * @example Hosts that said nothing for a minute
 * ```ts ignore
 * import { events, timers, xdp } from "@waggle/ebpf/trace";
 *
 * using quiet = timers();
 * using gone = events<{ host: number }>();
 * using _probe = xdp("eth0", { quiet, gone }, (c, { quiet, gone }) => {
 *   const ip = c.ipv4();
 *   if (ip) quiet.start(ip.saddr, 60_000_000_000, (host) => gone.emit({ host }));
 * });
 * for await (const { host } of gone) console.log(`${host} is gone`);
 * ```
 */
export function timers<K = number>(key?: Codec<K>, options: TimersOptions = {}): Timers<K> {
  return new Timers(key, options);
}
