/**
 * Maps from keys to values.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { type RecordType, type SharedSpec, type SharedUse, type StoredType, typeOf } from "../lang/mod.ts";
import { type BpfMap, hash as hashKind, type HashMap, type LookupOptions, lruHash } from "../map/core.ts";
import { lockedCodec, lockedRecord, withLocks } from "./_locks.ts";
import { SideMaps } from "./_side_maps.ts";
import { type KernelValue, LateMap, Shared } from "./shared.ts";

/** How many keys a map has room for unless the options say. */
const MOST_KEYS = 10_240;

/** Options of {@linkcode hash}. */
export interface HashOptions {
  /** How many keys there is room for; 10240 by default. */
  readonly maxEntries?: number;
  /** Whether keys that were not used for the longest time make room for others. */
  readonly lru?: boolean;
  /**
   * Whether each value, a record then, has a lock (`struct bpf_spin_lock`), so that functions change several of its fields at once, and set them at once:
   * {@linkcode KernelHash.locked}. Since Linux 5.1; not together with `lru`, nor in functions of tracepoints, kprobes, uprobes and clocks.
   */
  readonly locks?: boolean;
}

/** A map inside of a kernel function. */
export interface KernelHash<K, V> {
  /**
   * The value of a key; `undefined` where there is none, and of texts the empty one. Fields of records are read and changed where
   * they are, so that others see it: `entry.count += 1`. What several CPUs change at once may lose some of it; `count()` does not.
   */
  get(key: KernelValue<K>): KernelValue<V> | undefined;
  /** Whether there is a value for the key. */
  has(key: KernelValue<K>): boolean;
  /** Sets the value of a key. Where there is no room for another key, it is left out. */
  set(key: KernelValue<K>, value: KernelValue<V>): void;
  /** Removes a key. Returns whether it was there. */
  delete(key: KernelValue<K>): boolean;
  /** Adds to the number of a key, which begins at 0; 1 where no amount is given. Exact, whatever other CPUs do. */
  count(key: KernelValue<K>, amount?: number): void;
  /**
   * Changes a record while its lock is held, of a map with `locks`: whoever reads it sees all of the changes or none, and none of those
   * that several CPUs make gets lost. What is called meanwhile may compute, and read and change the record; it may ask the kernel for
   * nothing. Returns whether there is a record of the key.
   */
  locked(key: KernelValue<K>, change: (value: KernelValue<V>) => void): boolean;
}

/**
 * A map that kernel functions and the script read and write.
 *
 * @typeParam K A key.
 * @typeParam V A value.
 */
export class SharedHash<K, V> extends Shared<KernelHash<K, V>> implements Iterable<[K, V]> {
  readonly #key: Codec<K> | undefined;
  readonly #value: Codec<V> | undefined;
  readonly #maxEntries: number;
  readonly #lru: boolean;
  /** For reading and writing by the script. */
  readonly #lock: LookupOptions | undefined;
  /** What is stored, with a lock. */
  #record: RecordType | undefined;
  readonly #late: LateMap<HashMap<K, V>> = new LateMap("the map");
  readonly #sides: SideMaps = new SideMaps("the map");
  #learned: { readonly key: StoredType; readonly value: StoredType } | undefined;

  /** Made by {@linkcode hash}. */
  constructor(
    key: Codec<K> | undefined,
    value: Codec<V> | undefined,
    { maxEntries = MOST_KEYS, lru = false, locks = false }: HashOptions,
  ) {
    super();
    if (lru && locks) throw new TypeError("Cannot make a map with lru and locks: the kernel has none");
    this.#lock = locks ? { lock: true } : undefined;
    this.#record = locks && value ? lockedRecord(value) : undefined;
    this.#key = key;
    this.#value = value;
    this.#maxEntries = maxEntries;
    this.#lru = lru;
  }

  /** The value of a key; `undefined` where there is none. */
  get(key: K): V | undefined {
    return this.map.get(key, this.#lock);
  }

  /** Whether there is a value for the key. */
  has(key: K): boolean {
    return this.map.has(key);
  }

  /** Sets the value of a key. */
  set(key: K, value: V): this {
    this.map.set(key, value, this.#lock);
    return this;
  }

  /** Removes a key. Returns whether it was there. */
  delete(key: K): boolean {
    return this.map.delete(key);
  }

  /** Removes all keys. */
  clear(): void {
    this.map.clear();
  }

  /** How many keys there are. */
  get size(): number {
    return this.map.size;
  }

  /** How often a kernel function set a key for which there was no room. */
  get lost(): number {
    return this.#sides.lost;
  }

  /** Keys and values, in no particular order. */
  [Symbol.iterator](): Generator<[K, V], void, void> {
    return this.#lock ? this.#lockedEntries(this.#lock) : this.map.entries();
  }

  /** One by one: the kernel locks none of those that it gives at once. */
  *#lockedEntries(lock: LookupOptions): Generator<[K, V], void, void> {
    for (const key of this.map.keys()) {
      const value = this.map.get(key, lock);
      if (value !== undefined) yield [key, value];
    }
  }

  /**
   * The map of the kernel.
   *
   * @throws {WaggleError} Nobody said what it holds yet.
   */
  get map(): HashMap<K, V> {
    const { map } = this.#late;
    if (map) return map;
    const [key, value] = [this.#key, this.#value];
    return key && value ? this.#late.open(() => this.#create("hash", key, value)) : this.#late.opened;
  }

  #create(name: string, key: Codec<K>, value: Codec<V>): HashMap<K, V> {
    const options = { name, maxEntries: this.#maxEntries };
    const record = this.#record;
    if (record) return this.create(withLocks(hashKind(key, lockedCodec(value, record)), record), options);
    return this.create(this.#lru ? lruHash(key, value) : hashKind(key, value), options);
  }

  /** @ignore */
  override get spec(): SharedSpec {
    return {
      kind: "hash",
      key: this.#key ? typeOf(this.#key) : this.#learned?.key,
      value: this.#record ?? (this.#value ? typeOf(this.#value) : this.#learned?.value),
      locks: this.#lock !== undefined,
    };
  }

  /** @ignore */
  override open(name: string, { key, value }: SharedUse): Readonly<Record<string, BpfMap>> {
    const map = this.#late.open(() => {
      if (!key || !value) {
        throw new TypeError(`Cannot create map "${name}": nothing says what it holds: hash(u32, u64)`);
      }
      this.#learned = { key, value };
      if (this.#lock && value.kind === "record") this.#record = value;
      return this.#create(
        name,
        this.#key ?? this.#sides.codecOf(key) as Codec<K>,
        this.#value ?? this.#sides.codecOf(value) as Codec<V>,
      );
    });
    return { [name]: map, ...this.#sides.open(name, [key, value], this.create) };
  }

  /** Closes the map. */
  override close(): void {
    this.#late.close();
    this.#sides[Symbol.dispose]();
  }
}

/**
 * Makes a map for kernel functions and the script. What keys and values are, codecs say, or the first kernel function that sets
 * some.
 *
 * @example When each thread began what it does
 * ```ts
 * import { u32, u64 } from "@waggle/ebpf";
 * import { hash } from "@waggle/ebpf/trace";
 *
 * const start = hash(u32, u64);
 * ```
 */
export function hash<K = number, V = number>(
  key?: Codec<K>,
  value?: Codec<V>,
  options: HashOptions = {},
): SharedHash<K, V> {
  return new SharedHash(key, value, options);
}
