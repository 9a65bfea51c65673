/** Helpers for the elements of maps. */
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import type { Engine } from "./_engine.ts";
import { Fault, region } from "./_memory.ts";
import type { Native, Natives } from "./_native.ts";
import { ObjectStore } from "./_object_store.ts";
import { BloomStore, type KeylessStore, QueueStore } from "./_queue_store.ts";
import { ERRNO, UPDATE } from "./_store.ts";
import { VmMap } from "./map.ts";

/** The most that `bpf_loop()` and for-each go round (`BPF_MAX_LOOPS`). */
const MAX_LOOPS = 8 * 1024 * 1024;

function lookup(engine: Engine, cpu: number): undefined {
  const map = engine.map(1);
  const key = engine.region(2, map.keySize);
  const { store } = map;
  if (store instanceof ObjectStore) return lookupMap(engine, store);
  const at = store.find(key.view, engine.low[2]! >>> 0, cpu);
  if (at < 0) {
    engine.low[0] = engine.high[0] = 0;
  } else {
    engine.low[0] = at;
    engine.high[0] = engine.high[1]! + 1;
  }
}

function lookupMap(engine: Engine, store: ObjectStore<unknown>): undefined {
  const key = engine.memory.at(engine.high[2]!)!;
  const inner = store.object(key.view, engine.low[2]! >>> 0);
  engine.low[0] = 0;
  engine.high[0] = inner instanceof VmMap ? engine.place(inner) : 0;
}

function update(engine: Engine): number {
  const map = engine.map(1);
  const key = engine.bytes(2, map.keySize);
  const value = engine.bytes(3, map.valueSize);
  return map.store.update(key, value, flags(engine, 4), engine.cpu);
}

function remove(engine: Engine): number {
  const map = engine.map(1);
  if (map.store instanceof ObjectStore) return -ERRNO.EINVAL;
  return map.store.remove(engine.bytes(2, map.keySize));
}

function keyless(
  args: number,
  use: (store: KeylessStore, value: Uint8Array, engine: Engine) => number,
  write: boolean,
): Native {
  return [args, (engine) => {
    const map = engine.map(1);
    const { store } = map;
    if (!(store instanceof QueueStore || store instanceof BloomStore)) {
      throw new Fault(`pushes to or pops from map "${map.name}", which has keys`);
    }
    return use(store, engine.bytes(2, map.valueSize, write && store instanceof QueueStore), engine);
  }];
}

function forEach(engine: Engine): number {
  const map = engine.map(1);
  const [mapHigh, high, low] = [engine.high[1]!, engine.high[2]!, engine.low[2]!];
  const [contextHigh, contextLow] = [engine.high[3]!, engine.low[3]!];
  if (engine.get(4) !== 0n) return -ERRNO.EINVAL;
  let count = 0;
  for (const key of map.store.keys()) {
    const place = region("a key", key, { writable: false });
    const at = map.store.find(place.view, 0, engine.cpu, true);
    if (at < 0) continue;
    count++;
    pointer(engine, 1, mapHigh, 0);
    pointer(engine, 2, engine.memory.add(place), 0);
    pointer(engine, 3, mapHigh + 1, at);
    pointer(engine, 4, contextHigh, contextLow);
    engine.callback(high, low, 4);
    if (engine.get(0) !== 0n) break;
  }
  return count;
}

function loop(engine: Engine): number {
  const times = engine.low[1]! >>> 0;
  const [high, low] = [engine.high[2]!, engine.low[2]!];
  const [contextHigh, contextLow] = [engine.high[3]!, engine.low[3]!];
  if (engine.get(4) !== 0n) return -ERRNO.EINVAL;
  if (times > MAX_LOOPS) return -ERRNO.E2BIG;
  for (let index = 0; index < times; index++) {
    engine.set(1, index);
    pointer(engine, 2, contextHigh, contextLow);
    engine.callback(high, low, 2);
    if (engine.get(0) !== 0n) return index + 1;
  }
  return times;
}

/** A local storage: the owner's address is the key. */
function storageGet(engine: Engine): undefined {
  const map = engine.map(1);
  const key = new DataView(new ArrayBuffer(8));
  key.setBigUint64(0, engine.get(2), true);
  let at = map.store.find(key, 0, 0);
  if (at < 0 && flags(engine, 4) & 1 && engine.get(2) !== 0n) {
    const given = engine.get(3) === 0n ? new Uint8Array(map.valueSize) : engine.bytes(3, map.valueSize);
    map.store.update(new Uint8Array(key.buffer), given, UPDATE.NOEXIST, 0);
    at = map.store.find(key, 0, 0);
  }
  pointer(engine, 0, at < 0 ? 0 : engine.high[1]! + 1, at < 0 ? 0 : at);
}

function storageDelete(engine: Engine): number {
  const key = new DataView(new ArrayBuffer(8));
  key.setBigUint64(0, engine.get(2), true);
  return engine.map(1).store.remove(new Uint8Array(key.buffer));
}

function tailCall(engine: Engine): number {
  const map = engine.map(2);
  const { store } = map;
  if (map.type !== BPF_MAP_TYPE.PROG_ARRAY || !(store instanceof ObjectStore)) {
    throw new Fault(`calls a program of map "${map.name}", which holds none`);
  }
  const index = new DataView(new ArrayBuffer(4));
  index.setInt32(0, engine.low[3]!, true);
  return engine.tailCall(map, store.object(index, 0));
}

function pointer(engine: Engine, register: number, high: number, low: number): void {
  engine.high[register] = high;
  engine.low[register] = low;
}

/** Flags that mean something fit 32 bits; what does not becomes one that is never valid. */
function flags(engine: Engine, register: number): number {
  return engine.high[register] === 0 ? engine.low[register]! >>> 0 : 0xffff_ffff;
}

/** The helpers of this file. */
export const MAP_HELPERS: Natives = {
  bpf_map_lookup_elem: [2, (engine) => lookup(engine, engine.cpu)],
  bpf_map_lookup_percpu_elem: [3, (engine) => {
    const cpu = engine.low[3]! >>> 0;
    if (cpu < engine.cpus) return lookup(engine, cpu);
    pointer(engine, 0, 0, 0);
    return undefined;
  }],
  bpf_map_update_elem: [4, update],
  bpf_map_delete_elem: [2, remove],
  bpf_map_push_elem: keyless(3, (store, value, engine) => store.push(value, flags(engine, 3)), false),
  bpf_map_pop_elem: keyless(2, (store, value) => store.pop(value), true),
  bpf_map_peek_elem: keyless(2, (store, value) => store.peek(value), true),
  bpf_for_each_map_elem: [4, forEach],
  bpf_loop: [4, loop],
  bpf_tail_call: [3, tailCall],
  bpf_spin_lock: [1, () => 0],
  bpf_spin_unlock: [1, () => 0],
  bpf_sk_storage_get: [4, storageGet],
  bpf_task_storage_get: [4, storageGet],
  bpf_inode_storage_get: [4, storageGet],
  bpf_cgrp_storage_get: [4, storageGet],
  bpf_sk_storage_delete: [2, storageDelete],
  bpf_task_storage_delete: [2, storageDelete],
  bpf_inode_storage_delete: [2, storageDelete],
  bpf_cgrp_storage_delete: [2, storageDelete],
  bpf_get_local_storage: [2, (engine) => {
    const map = engine.map(1);
    const perCpu = map.type === BPF_MAP_TYPE.PERCPU_CGROUP_STORAGE;
    const at = map.store.find(new DataView(new ArrayBuffer(4)), 0, perCpu ? engine.cpu : 0);
    pointer(engine, 0, engine.high[1]! + 1, at);
    return undefined;
  }],
};
