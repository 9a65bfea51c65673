/**
 * Sets.
 *
 * @module
 */
import { bool, type Codec } from "../codec/mod.ts";
import type { SharedSpec, SharedUse, StoredType } from "../lang/mod.ts";
import { typeOf } from "../lang/mod.ts";
import { type BpfMap, hash, type HashMap } from "../map/core.ts";
import { type KeyedOptions, MOST_KEYS } from "./_aggregate.ts";
import { SideMaps } from "./_side_maps.ts";
import type { CounterKey } from "./counter.ts";
import { type KernelValue, LateMap, Shared } from "./shared.ts";

/** A set inside of a kernel function. */
export interface KernelSet<K> {
  /** Puts a key in. Where there is no room for another, it is left out. */
  add(key: KernelValue<K>): void;
  /** Whether the key is in it. */
  has(key: KernelValue<K>): boolean;
  /** Takes a key out. Returns whether it was there. */
  delete(key: KernelValue<K>): boolean;
}

/**
 * Keys that kernel functions and the script put in, ask for and take out.
 *
 * @typeParam K A key.
 */
export class SharedSet<K = CounterKey> extends Shared<KernelSet<K>> implements Iterable<K> {
  readonly #key: Codec<K> | undefined;
  readonly #maxEntries: number;
  readonly #late: LateMap<HashMap<K, boolean>> = new LateMap("the set");
  readonly #sides: SideMaps = new SideMaps("the set");
  #learned: StoredType | undefined;

  /** Made by {@linkcode set}. */
  constructor(key: Codec<K> | undefined, { maxEntries = MOST_KEYS }: KeyedOptions) {
    super();
    this.#key = key;
    this.#maxEntries = maxEntries;
  }

  /** Puts a key in. */
  add(key: K): this {
    this.#map.set(key, true);
    return this;
  }

  /** Whether the key is in it. */
  has(key: K): boolean {
    return this.#map.has(key);
  }

  /** Takes a key out. Returns whether it was there. */
  delete(key: K): boolean {
    return this.#map.delete(key);
  }

  /** Takes all keys out. */
  clear(): void {
    this.#map.clear();
  }

  /** How many keys there are. */
  get size(): number {
    return this.#map.size;
  }

  /** The keys, in no particular order. */
  [Symbol.iterator](): Generator<K, void, void> {
    return this.#map.keys();
  }

  /** How often a kernel function put a key in for which there was no room. */
  get lost(): number {
    return this.#sides.lost;
  }

  /** The map of the kernel, as soon as somebody said what keys are. */
  get #map(): HashMap<K, boolean> {
    const key = this.#key;
    return this.#late.map ?? (key ? this.#late.open(() => this.#create("set", key)) : this.#late.opened);
  }

  #create(name: string, key: Codec<K>): HashMap<K, boolean> {
    return this.create(hash(key, bool), { name, maxEntries: this.#maxEntries });
  }

  /** @ignore */
  override get spec(): SharedSpec {
    return { kind: "set", key: this.#key ? typeOf(this.#key) : this.#learned };
  }

  /** @ignore */
  override open(name: string, { key }: SharedUse): Readonly<Record<string, BpfMap>> {
    this.#learned ??= key;
    const map = this.#late.open(() => {
      if (!key) throw new TypeError(`Cannot create set "${name}": nothing says what it holds: set(u32)`);
      return this.#create(name, this.#key ?? this.#sides.codecOf(key) as Codec<K>);
    });
    return { [name]: map, ...this.#sides.open(name, [key], this.create) };
  }

  /** Closes the map. */
  override close(): void {
    this.#late.close();
    this.#sides[Symbol.dispose]();
  }
}

/**
 * Makes a set for kernel functions and the script. What its keys are, a codec says, or the first kernel function that uses it.
 *
 * @example Processes to watch
 * ```ts
 * import { u32 } from "@waggle/ebpf";
 * import { set } from "@waggle/ebpf/trace";
 *
 * const watched = set(u32); // watched.add(pid), and in a kernel function: watched.has(c.pid)
 * ```
 */
export function set<K = CounterKey>(key?: Codec<K>, options: KeyedOptions = {}): SharedSet<K> {
  return new SharedSet(key, options);
}
