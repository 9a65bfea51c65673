/**
 * What is added up in the kernel, by keys or in all: a map, and what comes with it.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { type KeySpec, type SharedUse, type StoredType, typeOf } from "../lang/mod.ts";
import {
  array,
  ArrayMap,
  type BpfMap,
  hash,
  HashMap,
  lruPerCpuHash,
  perCpuArray,
  PerCpuArrayMap,
  perCpuHash,
} from "../map/core.ts";
import { SideMaps } from "./_side_maps.ts";
import { type CreateMap, LateMap } from "./shared.ts";

/** How many keys there is room for unless the options say. */
export const MOST_KEYS = 10_240;

/** Options of all that is added up by keys. */
export interface KeyedOptions {
  /** How many keys there is room for; 10240 by default. What comes with further keys is left out, and counted as lost. */
  readonly maxEntries?: number;
}

/** How it is stored. */
export interface AggregateStorage<K, V> extends KeyedOptions {
  /** What keys are, where that is given. */
  readonly key?: Codec<unknown> | undefined;
  /** What a CPU has, or all of them share. */
  readonly value: Codec<V>;
  /** Whether each CPU adds up by itself, so that none waits for another. */
  readonly perCpu: boolean;
  /** Whether keys that were not used for the longest time make room for others. */
  readonly lru?: boolean;
  /** How many values there are without keys; 1 by default. */
  readonly size?: number;
  /** What the kernel has for a key: more than the key, where there are several values of one. */
  readonly stored?: (type: StoredType, key: Codec<unknown>) => Codec<K>;
}

/** Values in the kernel by keys, or without. `K` is what the map has for keys. */
export class Aggregate<K, V> {
  readonly #storage: AggregateStorage<K, V>;
  readonly #late: LateMap<HashMap<K, V[]> | ArrayMap<V[]>>;
  readonly #sides: SideMaps;
  #key: KeySpec;

  /** `what` names it in messages. */
  constructor(what: string, storage: AggregateStorage<K, V>) {
    this.#storage = storage;
    this.#late = new LateMap(what);
    this.#sides = new SideMaps(what);
    this.#key = storage.key ? typeOf(storage.key) : undefined;
  }

  /** What keys are, for compilers. */
  get key(): KeySpec {
    return this.#key;
  }

  /** Whether it has keys, as far as is known. */
  get isKeyed(): boolean {
    return this.#key !== undefined && this.#key !== "none";
  }

  /** How many updates found no room. */
  get lost(): number {
    return this.#sides.lost;
  }

  /** Opens the maps for a use. */
  open(name: string, { key }: SharedUse, create: CreateMap): Record<string, BpfMap> {
    const map = this.#late.open(() => this.#create(name, key, create));
    this.#key = key ?? "none";
    return { [name]: map, ...key && this.#sides.open(name, [key], create) };
  }

  #create(name: string, key: StoredType | undefined, create: CreateMap): HashMap<K, V[]> | ArrayMap<V[]> {
    const { value, perCpu, lru, size = 1, maxEntries = MOST_KEYS, stored } = this.#storage;
    if (!key) {
      const options = { name, maxEntries: size };
      return perCpu ? create(perCpuArray(value), options) : create(array(single(value)), options);
    }
    const own: Codec<unknown> = this.#storage.key ?? this.#sides.codecOf(key);
    const codec = stored ? stored(key, own) : own as Codec<K>;
    const options = { name, maxEntries };
    if (!perCpu) return create(hash(codec, single(value)), options);
    return create(lru ? lruPerCpuHash(codec, value) : perCpuHash(codec, value), options);
  }

  /** What each CPU has for a key, or all share; none where there is no such key. */
  get(key: K): readonly V[] {
    const { map } = this.#late;
    return map instanceof HashMap ? map.get(key) ?? [] : [];
  }

  /** Without keys: what each CPU has at an index, or all share. */
  at(index: number): readonly V[] {
    const { map } = this.#late;
    return map instanceof ArrayMap ? map.get(index) : [];
  }

  /** Keys, and what each CPU has for them. */
  *entries(): Generator<[K, readonly V[]], void, void> {
    const { map } = this.#late;
    if (map instanceof HashMap) yield* map.entries();
  }

  /** Begins again; `zero` is what values begin with. */
  clear(zero: V): void {
    const { map } = this.#late;
    if (map instanceof HashMap) map.clear();
    for (let i = 0; map instanceof ArrayMap && i < map.length; i++) {
      if (map instanceof PerCpuArrayMap) map.fill(i, zero);
      else map.set(i, [zero]);
    }
    this.#sides.clear();
  }

  /** Closes the maps. */
  close(): void {
    this.#late.close();
    this.#sides[Symbol.dispose]();
  }
}

/** What all CPUs share, as what each CPU has. */
function single<V>(value: Codec<V>): Codec<V[]> {
  return {
    ...value,
    read: (view, at) => [value.read(view, at)],
    write: (view, at, [one]) => value.write(view, at, one as V),
  };
}
