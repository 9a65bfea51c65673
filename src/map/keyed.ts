/**
 * What maps have in common whose elements are found by a key.
 *
 * @module
 */
import {
  type Elements,
  lookupFlags,
  type LookupOptions,
  updateFlags,
  type UpdateOptions,
} from "./elements.ts";
import type { MapHandle } from "./handle.ts";
import { BpfMap } from "./map.ts";
import { watch, type WatchOptions } from "./watch.ts";

/** Options of lists in several parts. */
export interface BatchOptions {
  /** How many elements a part has at most; about 64 KiB of them by default. */
  readonly size?: number;
}

/**
 * A map whose elements can be read and listed.
 *
 * Lists are in no particular order. Elements that come, change or go while they are listed may or may not be in them;
 * all others are, once.
 *
 * @typeParam K A key.
 * @typeParam V A value; in per-CPU maps an array with one value for each possible CPU.
 */
export abstract class ReadableMap<K, V> extends BpfMap implements Iterable<[K, V]> {
  /** The elements. */
  protected readonly elements: Elements<K, V>;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, elements: Elements<K, V>) {
    super(handle);
    this.elements = elements;
  }

  /** The value of a key; `undefined` where there is none. */
  get(key: K, options?: LookupOptions): V | undefined {
    return this.elements.get(key, lookupFlags(options));
  }

  /** Whether there is a value for the key. */
  has(key: K): boolean {
    return this.elements.has(key);
  }

  /** How many keys there are. The kernel does not count them, so that all are listed for it. */
  get size(): number {
    return this.elements.count();
  }

  /**
   * The keys.
   *
   * @throws {IterationError} Keys are removed and added faster than they can be listed; the loop has had many by then.
   */
  keys(): Generator<K, void, void> {
    return this.elements.keys();
  }

  /** The values. */
  values(): Generator<V, void, void> {
    return this.elements.values();
  }

  /** Keys and values. */
  entries(): Generator<[K, V], void, void> {
    return this.elements.entries();
  }

  /** Keys and values. */
  [Symbol.iterator](): Generator<[K, V], void, void> {
    return this.elements.entries();
  }

  /**
   * Keys and values in parts, each by one system call where the kernel can. What is returned is a cursor: it can be left
   * and gone on with at any time.
   */
  batches(options: BatchOptions = {}): Generator<[K, V][], void, void> {
    return this.elements.batches(options);
  }

  /**
   * What the map holds now, and again and again.
   *
   * @example The counts of every second
   * ```ts ignore
   * import { hash, openMap, u32, u64 } from "@waggle/ebpf";
   *
   * using counts = openMap({ pin: "/sys/fs/bpf/counts" }, hash(u32, u64));
   * for await (const snapshot of counts.watch({ every: 1000 })) console.log(snapshot.get(1));
   * ```
   */
  watch(options: WatchOptions): AsyncIterableIterator<Map<K, V>> {
    return watch(this.elements, () => new Map(this), options);
  }
}

/** A map whose elements can be read, listed and removed. */
export abstract class DeletableMap<K, V> extends ReadableMap<K, V> {
  /** Removes a key. Returns whether it was there. */
  delete(key: K): boolean {
    return this.elements.delete(key);
  }

  /** Removes many keys, with one system call for hundreds where the kernel can (Linux 5.6). Returns how many were there. */
  deleteAll(keys: Iterable<K>): number {
    return this.elements.deleteAll(keys);
  }

  /** Removes all keys that are there now. */
  clear(): void {
    this.elements.deleteAll(this.elements.keys());
  }
}

/** A map from keys to values, used like JavaScript's `Map`. */
export abstract class KeyedMap<K, V> extends DeletableMap<K, V> {
  /**
   * Sets the value of a key.
   *
   * @throws {MapFullError} There is no room for another key.
   * @throws {NotFoundError} With the mode `exist`: the key is not there.
   * @throws {SyscallError} With the mode `noexist`: the key is there (`EEXIST`).
   */
  set(key: K, value: V, options?: UpdateOptions): this {
    this.elements.set(key, value, updateFlags(options));
    return this;
  }

  /**
   * Sets many elements, with one system call for hundreds where the kernel can (Linux 5.6). Returns how many.
   *
   * @throws {MapFullError} There is no room for all; the message says how many were set.
   */
  setAll(entries: Iterable<readonly [K, V]>, options?: UpdateOptions): number {
    return this.elements.setAll(entries, updateFlags(options));
  }
}
