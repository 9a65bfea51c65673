/**
 * The maps of a script: made, and read as what they hold.
 *
 * @module
 */
import { bytes, u64 } from "../codec/mod.ts";
import {
  ACTIONS,
  isAggregation,
  lostOf,
  type Plan,
  type PlannedMap,
  type StoredType,
} from "../lang/bpftrace/mod.ts";
import {
  type BpfMap,
  createMap,
  hash,
  type HashMap,
  perCpuArray,
  perCpuHash,
  type PerCpuHashMap,
  stackTrace,
} from "../map/core.ts";
import { type Leaf, readLeaves } from "./decode.ts";

/** How many keys a map has room for (`BPFTRACE_MAP_KEYS_MAX`). */
const MOST_KEYS = 4096;
/** How many different stacks there may be. */
const MOST_STACKS = 8192;

/** What a map holds for a key. */
export interface Entry {
  readonly key: Leaf[];
  /** Of maps that collect what all CPUs have together; count and sum of those that have both. None of histograms. */
  readonly value: Leaf[];
  /** Of histograms how many values each bucket has. */
  readonly buckets: Map<number, bigint>;
}

type Bytes = Uint8Array;

/** A map of a script. */
export class Table {
  /** What it is. */
  readonly plan: PlannedMap;
  /** In the kernel. */
  readonly map: HashMap<Bytes, Bytes> | PerCpuHashMap<Bytes, Bytes>;

  /** Makes it. */
  constructor(plan: PlannedMap) {
    this.plan = plan;
    const [key, value] = [bytes(sizeOf(plan.keyType)), bytes(sizeOf(plan.valueType))];
    const options = { name: plan.name.replace("@", "AT_"), maxEntries: MOST_KEYS };
    this.map = plan.perCpu
      ? createMap(perCpuHash(key, value), options)
      : createMap(hash(key, value), options);
  }

  /** Its keys with what they have, in the order of the kernel. */
  entries(): Entry[] {
    const { keyType, key } = this.plan;
    const byKey = new Map<string, Entry>();
    for (const [keyBytes, found] of this.map.entries() as Iterable<[Bytes, Bytes | Bytes[]]>) {
      const leaves = key.length === 0 && !this.#hasBuckets ? [] : readLeaves(keyType, viewOf(keyBytes), 0);
      const bucket = this.#hasBuckets ? Number(leaves.pop()) : 0;
      const name = leaves.map(String).join("\0");
      const entry = byKey.get(name) ?? emptyEntry(leaves);
      byKey.set(name, entry);
      const value = this.#valueOf(Array.isArray(found) ? found : [found]);
      if (this.#hasBuckets) entry.buckets.set(bucket, numberOf(value[0]));
      else entry.value.push(...value);
    }
    return [...byKey.values()];
  }

  /** What all CPUs have together. */
  #valueOf(all: readonly Bytes[]): Leaf[] {
    const { valueType, value: { kind } } = this.plan;
    const leaves = all.map((one) => readLeaves(valueType, viewOf(one), 0));
    if (!this.plan.perCpu) return leaves[0] ?? [];
    const sum = (at: number) => leaves.reduce((sum, one) => sum + numberOf(one[at]), 0n);
    switch (kind) {
      case "avg":
      case "stats":
        return [sum(0), sum(1)];
      case "min":
      case "max": {
        // Those that have seen a value
        const some = leaves.filter(([count]) => count !== 0n).map((one) =>
          numberOf(one[kind === "min" ? 2 : 3])
        );
        return [
          some.reduce((best, one) => (kind === "min" ? one < best : one > best) ? one : best, some[0] ?? 0n),
        ];
      }
      default:
        return [sum(0)];
    }
  }

  get #hasBuckets(): boolean {
    const { kind } = this.plan.value;
    return kind === "hist" || kind === "lhist";
  }

  /** Removes all keys. */
  clear(): void {
    this.map.clear();
  }

  /** Makes all values 0. */
  zero(): void {
    const size = sizeOf(this.plan.valueType);
    for (const key of [...this.map.keys()] as Bytes[]) {
      if (this.plan.perCpu) (this.map as PerCpuHashMap<Bytes, Bytes>).fill(key, new Uint8Array(size));
      else (this.map as HashMap<Bytes, Bytes>).set(key, new Uint8Array(size));
    }
  }
}

function sizeOf(type: StoredType): number {
  return type.kind === "pointer" ? 8 : type.size;
}

function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function emptyEntry(key: Leaf[]): Entry {
  return { key, value: [], buckets: new Map() };
}

function numberOf(leaf: Leaf | undefined): bigint {
  return typeof leaf === "bigint" ? leaf : 0n;
}

/** Makes the maps of a script, but for the ring of its actions. */
export function makeTables(plan: Plan, undo: DisposableStack): {
  readonly tables: ReadonlyMap<string, Table>;
  readonly maps: Record<string, BpfMap>;
} {
  const tables = new Map<string, Table>();
  const maps: Record<string, BpfMap> = {};
  for (const planned of plan.maps) {
    const table = new Table(planned);
    tables.set(planned.name, table);
    maps[planned.name] = undo.use(table.map);
  }
  for (const { name, limit } of plan.stacks) {
    maps[name] = undo.use(createMap(stackTrace({ depth: limit }), { name, maxEntries: MOST_STACKS }));
  }
  // What finds no room is counted in one place, whatever it is
  const lost = undo.use(createMap(perCpuArray(u64), { name: "lost", maxEntries: 1 }));
  for (const name of [ACTIONS, ...tables.keys()]) maps[lostOf(name)] = lost;
  return { tables, maps };
}

/** Whether values are collected. */
export function collects({ plan }: Table): boolean {
  return isAggregation(plan.value);
}
