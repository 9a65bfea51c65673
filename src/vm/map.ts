/**
 * Maps in memory, as programs in the virtual machine and the tests around them see them.
 *
 * @module
 */
import { MapFullError, WaggleError } from "../errors.ts";
import { BPF_MAP_FLAG, BPF_MAP_TYPE } from "../uapi/mod.ts";
import { ArrayStore, SparseArrayStore } from "./_array_store.ts";
import { HashStore } from "./_hash_store.ts";
import { viewOf } from "./_memory.ts";
import { ObjectStore } from "./_object_store.ts";
import { OpaqueStore } from "./_opaque_store.ts";
import { BloomStore, type KeylessStore, QueueStore } from "./_queue_store.ts";
import { RingStore } from "./_ring_store.ts";
import { ERRNO, type Shape, type Store, UPDATE } from "./_store.ts";
import { TrieStore } from "./_trie_store.ts";

/** What to make a map from; the maps of an object file (`MapSpec`) are like this. */
export interface VmMapSpec {
  /** `enum bpf_map_type`. */
  readonly type: number;
  /** In bytes; 0 where the kind has no keys. */
  readonly keySize?: number;
  /** In bytes; of one CPU's value in per-CPU maps. */
  readonly valueSize?: number;
  /** How many elements fit; in ring buffers, bytes. */
  readonly maxEntries: number;
  /** `BPF_F_…` of `BPF_MAP_CREATE`. */
  readonly flags?: number;
  /** The bytes of the first value, as data sections have. */
  readonly contents?: Uint8Array;
}

/** A key or value: its bytes, or a number that becomes as many of them as it should have, the lowest first. */
export type VmBytes = Uint8Array | number | bigint;

/** How {@linkcode VmMap.set} puts an element in. */
export interface VmSetOptions {
  /** Whether the element has to be `new`, or has to be there (`existing`); neither by default. */
  readonly only?: "new" | "existing";
  /** Whose value to set, in per-CPU maps; 0 by default. */
  readonly cpu?: number;
}

/** Devices and CPUs to redirect packets to. */
const REDIRECTS: ReadonlySet<number> = new Set([
  BPF_MAP_TYPE.DEVMAP,
  BPF_MAP_TYPE.CPUMAP,
  BPF_MAP_TYPE.XSKMAP,
  BPF_MAP_TYPE.SOCKMAP,
  BPF_MAP_TYPE.REUSEPORT_SOCKARRAY,
]);

/** The owner of a local storage is its key: the address that programs have of it. */
const STORAGES: ReadonlySet<number> = new Set([
  BPF_MAP_TYPE.SK_STORAGE,
  BPF_MAP_TYPE.INODE_STORAGE,
  BPF_MAP_TYPE.TASK_STORAGE,
  BPF_MAP_TYPE.CGRP_STORAGE,
]);

const PER_CPU: ReadonlySet<number> = new Set([
  BPF_MAP_TYPE.PERCPU_ARRAY,
  BPF_MAP_TYPE.PERCPU_HASH,
  BPF_MAP_TYPE.LRU_PERCPU_HASH,
]);

const WORDS: Readonly<Record<number, string>> = {
  [ERRNO.ENOENT]: "it has no such element",
  [ERRNO.EEXIST]: "it has that element already",
  [ERRNO.EINVAL]: "maps of this kind cannot do that",
  [ERRNO.EOPNOTSUPP]: "maps of this kind cannot do that",
};

/**
 * A map that programs in a virtual machine share with the test.
 *
 * @example
 * ```ts
 * import { VmMap } from "@waggle/ebpf/vm";
 *
 * const counts = new VmMap("counts", { type: 1, keySize: 4, valueSize: 8, maxEntries: 16 }); // BPF_MAP_TYPE_HASH
 * counts.set(53, 7n);
 * const bytes: Uint8Array | undefined = counts.get(53); // 07 00 00 00 00 00 00 00
 * ```
 */
export class VmMap {
  /** The name. */
  readonly name: string;
  /** `enum bpf_map_type`. */
  readonly type: number;
  /** In bytes. */
  readonly keySize: number;
  /** In bytes. */
  readonly valueSize: number;
  /** How many elements fit; in ring buffers, bytes. */
  readonly maxEntries: number;
  /** `BPF_F_…` of `BPF_MAP_CREATE`. */
  readonly flags: number;
  /** How many values each element has: that of each CPU in per-CPU maps, 1 in others. */
  readonly cpus: number;
  /** @internal */
  readonly store: Store;

  /**
   * Makes an empty map; arrays have all their elements from the start. Of kinds that are not modelled, such as arenas and
   * stack traces, it is one that only helpers of the test can do something with.
   *
   * @param cpus How many values each element of a per-CPU map has.
   * @throws {RangeError} The map would take more than 1 GiB, or is an array with keys of other than 4 bytes.
   */
  constructor(name: string, spec: VmMapSpec, cpus = 1) {
    this.name = name;
    this.type = spec.type;
    this.keySize = STORAGES.has(spec.type) ? 8 : spec.keySize ?? 0;
    this.valueSize = spec.valueSize ?? 0;
    this.maxEntries = spec.maxEntries;
    this.flags = spec.flags ?? 0;
    const { keySize, valueSize, maxEntries, flags } = this;
    const shape = { name, type: spec.type, keySize, valueSize, maxEntries, flags };
    this.cpus = PER_CPU.has(spec.type) ? cpus : 1;
    this.store = makeStore(shape, spec, this.cpus, cpus);
  }

  /** How many elements the map has, or records that were not taken. */
  get size(): number {
    return this.store.size;
  }

  /**
   * A copy of the value of a key; `undefined` where there is none.
   *
   * @param cpu Whose value, in per-CPU maps.
   * @throws {RangeError} The key has the wrong size.
   */
  get(key: VmBytes, cpu = 0): Uint8Array | undefined {
    const bytes = this.#bytes("key", key, this.keySize);
    const at = this.store.find(viewOf(bytes), 0, cpu, true);
    return at < 0 ? undefined : this.store.values.bytes.slice(at, at + this.valueSize);
  }

  /**
   * Adds or changes an element: a value, a map in maps of maps, or the name of a program in arrays of programs.
   *
   * @throws {MapFullError} There is no room for another element, or the array is shorter.
   * @throws {WaggleError} The element is there already, or not, or maps of this kind have none.
   * @throws {RangeError} The key or value has the wrong size.
   */
  set(key: VmBytes, value: VmBytes | VmMap | string, options: VmSetOptions = {}): void {
    const bytes = this.#bytes("key", key, this.keySize);
    const { store } = this;
    if (store instanceof ObjectStore) {
      if (typeof value !== "string" && !(value instanceof VmMap)) {
        throw new TypeError(
          `Cannot set an element of map "${this.name}": it holds maps or names of programs`,
        );
      }
      return this.#check("set", store.put(bytes, value));
    }
    if (typeof value === "string" || value instanceof VmMap) {
      throw new TypeError(`Cannot set an element of map "${this.name}": it holds bytes`);
    }
    const { only, cpu = 0 } = options;
    const flags = only === undefined ? UPDATE.ANY : only === "new" ? UPDATE.NOEXIST : UPDATE.EXIST;
    this.#check("set", store.update(bytes, this.#bytes("value", value, this.valueSize), flags, cpu));
  }

  /** Removes an element. Returns whether there was one. */
  delete(key: VmBytes): boolean {
    const result = this.store.remove(this.#bytes("key", key, this.keySize));
    if (result !== -ERRNO.ENOENT) this.#check("delete", result);
    return result === 0;
  }

  /** The keys, in the order in which programs are given them. */
  keys(): Iterable<Uint8Array> {
    return this.store.keys();
  }

  /** The keys with their values, of one CPU in per-CPU maps. */
  *entries(cpu = 0): Iterable<[key: Uint8Array, value: Uint8Array]> {
    for (const key of this.store.keys()) {
      const value = this.get(key, cpu);
      if (value !== undefined) yield [key, value];
    }
  }

  /** Adds a value to a queue, stack or Bloom filter. */
  push(value: VmBytes): void {
    this.#check("push", this.#keyless().push(this.#bytes("value", value, this.valueSize), UPDATE.ANY));
  }

  /** Takes the next value out of a queue or stack; `undefined` where there is none. */
  pop(): Uint8Array | undefined {
    const value = new Uint8Array(this.valueSize);
    return this.#keyless().pop(value) === 0 ? value : undefined;
  }

  /** The records that programs wrote to a ring or perf buffer and that were not taken yet, or the first `limit` of them. */
  take(limit: number = Infinity): Uint8Array[] {
    return this.#ring().take(limit);
  }

  /** Calls back each time that a program writes a record to a ring or perf buffer, until what is returned is called. */
  listen(listener: () => void): () => void {
    return this.#ring().listen(listener);
  }

  #ring(): RingStore {
    if (this.store instanceof RingStore) return this.store;
    throw new TypeError(`Cannot take records of map "${this.name}": it is no ring or perf buffer`);
  }

  #keyless(): KeylessStore {
    const { store } = this;
    if (store instanceof QueueStore || store instanceof BloomStore) return store;
    throw new TypeError(`Cannot push to or pop from map "${this.name}": it has keys`);
  }

  #bytes(what: string, given: VmBytes, size: number): Uint8Array {
    if (given instanceof Uint8Array) {
      if (given.length === size) return given;
      throw new RangeError(
        `Cannot use a ${what} of ${given.length} bytes in map "${this.name}": it has ${size}`,
      );
    }
    const bytes = new Uint8Array(size);
    let left = BigInt(given);
    for (let at = 0; at < size; at++, left >>= 8n) bytes[at] = Number(left & 0xffn);
    if (left !== 0n && left !== -1n) {
      throw new RangeError(`Cannot use ${given} as a ${what} of map "${this.name}": it has ${size} bytes`);
    }
    return bytes;
  }

  #check(action: string, result: number): void {
    if (result === 0) return;
    const head = `Cannot ${action} an element of map "${this.name}"`;
    if (result === -ERRNO.E2BIG || result === -ERRNO.ENOSPC) {
      throw new MapFullError(`${head}: ${this.maxEntries} elements fit`);
    }
    throw new WaggleError(`${head}: ${WORDS[-result] ?? `error ${-result}`}`);
  }
}

function makeStore(shape: Shape, { contents, type }: VmMapSpec, cpus: number, allCpus: number): Store {
  if (STORAGES.has(type)) {
    return new HashStore({ ...shape, maxEntries: Infinity }, { cpus: 1, lru: false, inPlace: true });
  }
  if (REDIRECTS.has(type)) return new SparseArrayStore(shape);
  switch (type) {
    case BPF_MAP_TYPE.ARRAY:
    case BPF_MAP_TYPE.PERCPU_ARRAY:
      return new ArrayStore(shape, cpus, contents, (shape.flags & BPF_MAP_FLAG.RDONLY_PROG) === 0);
    case BPF_MAP_TYPE.CGROUP_STORAGE:
    case BPF_MAP_TYPE.PERCPU_CGROUP_STORAGE:
      return new ArrayStore({ ...shape, keySize: 4, maxEntries: 1 }, allCpus);
    case BPF_MAP_TYPE.HASH:
    case BPF_MAP_TYPE.PERCPU_HASH:
    case BPF_MAP_TYPE.DEVMAP_HASH:
    case BPF_MAP_TYPE.SOCKHASH:
      return new HashStore(shape, { cpus, lru: false, inPlace: PER_CPU.has(type) });
    case BPF_MAP_TYPE.LRU_HASH:
    case BPF_MAP_TYPE.LRU_PERCPU_HASH:
      return new HashStore(shape, { cpus, lru: true, inPlace: PER_CPU.has(type) });
    case BPF_MAP_TYPE.LPM_TRIE:
      return new TrieStore(shape);
    case BPF_MAP_TYPE.QUEUE:
    case BPF_MAP_TYPE.STACK:
      return new QueueStore(shape, type === BPF_MAP_TYPE.STACK);
    case BPF_MAP_TYPE.BLOOM_FILTER:
      return new BloomStore(shape);
    case BPF_MAP_TYPE.PROG_ARRAY:
    case BPF_MAP_TYPE.ARRAY_OF_MAPS:
      return new ObjectStore<string | VmMap>(shape, true);
    case BPF_MAP_TYPE.HASH_OF_MAPS:
      return new ObjectStore<string | VmMap>(shape, false);
    case BPF_MAP_TYPE.RINGBUF:
    case BPF_MAP_TYPE.PERF_EVENT_ARRAY:
      return new RingStore(shape, type === BPF_MAP_TYPE.RINGBUF);
  }
  return new OpaqueStore(shape);
}
