/**
 * The elements of a map by their keys, typed; what the classes of maps are made of.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { type BatchCommand, type BatchResult, ERRNO } from "../sys/mod.ts";
import { BPF_ELEMENT_FLAG } from "../uapi/mod.ts";
import { type Block, readBlocks } from "./blocks.ts";
import { deleteAll, updateAll } from "./bulk.ts";
import { elementError, encodingError } from "./explain.ts";
import type { BatchFields, ElementAccess, MapHandle } from "./handle.ts";

/** Whether a key has to be there, must not be there, or may be either. */
export type UpdateMode = "any" | "noexist" | "exist";

/** Options of reading an element. */
export interface LookupOptions {
  /** Reads under the spin lock in the value (`BPF_F_LOCK`), so that none is seen half written. Since Linux 5.1. */
  readonly lock?: boolean;
}

/** Options of setting an element. */
export interface UpdateOptions extends LookupOptions {
  /** `any` by default. */
  readonly mode?: UpdateMode;
}

const LOCK = BigInt(BPF_ELEMENT_FLAG.F_LOCK);
const MODES: Readonly<Record<UpdateMode, bigint>> = {
  any: BigInt(BPF_ELEMENT_FLAG.ANY),
  noexist: BigInt(BPF_ELEMENT_FLAG.NOEXIST),
  exist: BigInt(BPF_ELEMENT_FLAG.EXIST),
};

/** The flags of an update. */
export function updateFlags(options: UpdateOptions | undefined): bigint {
  if (options === undefined) return 0n;
  const flags = MODES[options.mode ?? "any"];
  if (flags === undefined) {
    throw new TypeError(
      `Cannot set an element: there is no mode "${options.mode}": there are any, noexist, exist`,
    );
  }
  return options.lock ? flags | LOCK : flags;
}

/** The flags of a lookup. */
export function lookupFlags(options: LookupOptions | undefined): bigint {
  return options?.lock ? LOCK : 0n;
}

/** Elements of one map. Nothing is allocated per operation beyond what is handed out. */
export class Elements<K, V> {
  /** For messages. */
  readonly name: string;
  /** Of keys. */
  readonly key: Codec<K>;
  /** Of values as system calls see them: of all CPUs in per-CPU maps. */
  readonly value: Codec<V>;
  readonly #handle: MapHandle;
  readonly #element: ElementAccess;

  /** The elements of the map, whose sizes the codecs have. */
  constructor(handle: MapHandle, key: Codec<K>, value: Codec<V>) {
    this.name = handle.name;
    this.key = key;
    this.value = value;
    this.#handle = handle;
    this.#element = handle.element(key.size, value.size);
  }

  /** Buffers for commands on single elements, beside those that are used already. */
  element(keySize: number, valueSize: number): ElementAccess {
    return this.#handle.element(keySize, valueSize);
  }

  /** A command for many elements. */
  batch(command: BatchCommand, fields: BatchFields): BatchResult {
    return this.#handle.batch(command, fields);
  }

  /** Whether the map was closed. */
  get closed(): boolean {
    return this.#handle.closed;
  }

  /** How many values the elements of per-CPU maps have. */
  get cpus(): number {
    return this.#handle.cpus;
  }

  /** What never changes about the map. */
  get facts(): MapHandle["facts"] {
    return this.#handle.facts;
  }

  /** In bytes. */
  get valueSize(): number {
    return this.value.size;
  }

  /** `BPF_MAP_LOOKUP_ELEM`; `undefined` where there is no such key. */
  get(key: K, flags = 0n): V | undefined {
    this.#writeKey(key);
    return this.#found(this.#element.lookup(flags), "look up");
  }

  /** Whether there is an element with this key. */
  has(key: K): boolean {
    this.#writeKey(key);
    const result = this.#element.lookup();
    if (result !== 0 && result !== -ERRNO.ENOENT) throw elementError("look up", this.name, result);
    return result === 0;
  }

  /** `BPF_MAP_UPDATE_ELEM`. */
  set(key: K, value: V, flags = 0n): void {
    this.#writeKey(key);
    this.#writeValue(value);
    const result = this.#element.update(flags);
    if (result < 0) throw elementError("set", this.name, result);
  }

  /** `BPF_MAP_DELETE_ELEM`. Returns whether there was such a key. */
  delete(key: K): boolean {
    this.#writeKey(key);
    const result = this.#element.delete();
    if (result < 0 && result !== -ERRNO.ENOENT) throw elementError("delete", this.name, result);
    return result === 0;
  }

  /** `BPF_MAP_LOOKUP_AND_DELETE_ELEM`; `undefined` where there is no such key. */
  take(key: K, flags = 0n): V | undefined {
    this.#writeKey(key);
    return this.#found(this.#element.take(flags), "take");
  }

  /** All keys. */
  *keys(): Generator<K, void, void> {
    const { key } = this;
    for (const { count, keys } of readBlocks(this)) {
      for (let i = 0; i < count; i++) yield key.read(keys, i * key.size);
    }
  }

  /** All values. */
  *values(): Generator<V, void, void> {
    const { value } = this;
    for (const { count, values } of readBlocks(this)) {
      for (let i = 0; i < count; i++) yield value.read(values, i * value.size);
    }
  }

  /** All keys with their values. */
  *entries(): Generator<[K, V], void, void> {
    const { key, value } = this;
    for (const { count, keys, values } of readBlocks(this)) {
      for (let i = 0; i < count; i++) {
        yield [key.read(keys, i * key.size), value.read(values, i * value.size)];
      }
    }
  }

  /** Keys with their values, several at a time. */
  *batches(options: { readonly size?: number; readonly take?: boolean }): Generator<[K, V][], void, void> {
    const { size } = options;
    if (size !== undefined && !(Number.isInteger(size) && size >= 1)) {
      throw new RangeError(
        `Cannot list map "${this.name}": a batch of ${size} elements: it takes at least 1`,
      );
    }
    for (const block of readBlocks(this, options)) yield this.#decode(block);
  }

  /** How many elements there are. */
  count(): number {
    let sum = 0;
    for (const { count } of readBlocks(this)) sum += count;
    return sum;
  }

  /** Sets all these elements, many by one system call. Returns how many. */
  setAll(entries: Iterable<readonly [K, V]>, flags = 0n): number {
    return updateAll(this, entries, flags);
  }

  /** Removes all these keys, many by one system call. Returns how many were there. */
  deleteAll(keys: Iterable<K>): number {
    return deleteAll(this, keys);
  }

  #writeKey(key: K): void {
    try {
      this.key.write(this.#element.key, 0, key);
    } catch (error) {
      throw encodingError(error, `the key for map "${this.name}"`);
    }
  }

  #writeValue(value: V): void {
    try {
      this.value.write(this.#element.value, 0, value);
    } catch (error) {
      throw encodingError(error, `the value for map "${this.name}"`);
    }
  }

  #decode({ count, keys, values }: Block): [K, V][] {
    const { key, value } = this;
    const entries: [K, V][] = [];
    for (let i = 0; i < count; i++) {
      entries.push([key.read(keys, i * key.size), value.read(values, i * value.size)]);
    }
    return entries;
  }

  #found(result: number, verb: string): V | undefined {
    if (result === 0) return this.value.read(this.#element.value, 0);
    if (result === -ERRNO.ENOENT) return undefined;
    throw elementError(verb, this.name, result);
  }
}

/** Elements whose class knows better than the kernel tells whether a removal did something. */
export abstract class SingleElements<K, V> extends Elements<K, V> {
  /** Removes all these keys. Returns how many were there. */
  override deleteAll(keys: Iterable<K>): number {
    let removed = 0;
    for (const key of keys) if (this.delete(key)) removed++;
    return removed;
  }
}
