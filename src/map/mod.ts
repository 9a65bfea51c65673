/**
 * Maps: what programs and scripts share.
 *
 * @module
 */

// All maps
export {
  createMap,
  createMapDescriptor,
  type CreateMapOptions,
  type MapFlag,
  type NewMap,
  newMap,
} from "./create.ts";
export { type BatchFields, type ElementAccess, MapHandle, type MapOrigin, type MapTypes } from "./handle.ts";
export type { RecordHandler, Records } from "./records.ts";
export { listMaps, type MapFacts, type MapInfo } from "./info.ts";
export {
  type MapCreation,
  type MapKind,
  type MapSize,
  type MapType,
  mapTypeName,
  mapTypeNumber,
} from "./kind.ts";
export { BpfMap } from "./map.ts";
export { mapTypeSince } from "./rules.ts";
export { type MapAccess, type MapSource, openMap, plainMap, useMap } from "./open.ts";

// Elements
export type { Elements, LookupOptions, UpdateMode, UpdateOptions } from "./elements.ts";
export { type BatchOptions, DeletableMap, KeyedMap, ReadableMap } from "./keyed.ts";
export { MapMemory } from "./memory.ts";
export type { WatchOptions } from "./watch.ts";

// Values by keys
export { hash, HashMap, lruHash, type UntypedValue } from "./hash.ts";
export { lruPerCpuHash, perCpuHash, PerCpuHashMap } from "./hash.ts";
export { LpmTrie, lpmTrie } from "./lpm_trie.ts";

// Values by index
export { array, ArrayMap, PlainArrayMap } from "./array.ts";
export { perCpuArray, PerCpuArrayMap } from "./array.ts";

// Values without keys
export { type PushOptions, queue, QueueMap, stack } from "./queue.ts";
export { BloomFilter, bloomFilter, type BloomFilterOptions } from "./bloom_filter.ts";

// Objects of the kernel
export { arrayOfMaps, hashOfMaps, MapOfMaps } from "./map_of_maps.ts";
export { type KernelObject, ObjectMap } from "./object_map.ts";
export { ProgramArray, programArray } from "./object_map.ts";
export {
  CgroupArray,
  cgroupArray,
  PerfEventArray,
  perfEventArray,
  SlotArray,
  XskMap,
  xskMap,
} from "./slots.ts";
export { reuseportArray, SocketMap, sockHash, sockMap } from "./sockets.ts";
export { CpuMap, cpuMap, DeviceMap, devMap, devMapHash } from "./devices.ts";
export type { RedirectCpu, RedirectDevice, RedirectOptions } from "./devices.ts";

// Values of objects of the kernel
export { cgrpStorage, inodeStorage, skStorage, StorageMap, taskStorage } from "./storage.ts";
export { cgroupStorage, CgroupStorageMap, perCpuCgroupStorage } from "./cgroup_storage.ts";
export type { CgroupAttachment } from "./cgroup_storage.ts";

// What programs leave behind, and what they are made of
export {
  type BuildIdFrame,
  buildIdStackTrace,
  stackTrace,
  StackTraceMap,
  type StackTraceOptions,
} from "./stack_trace.ts";
export { Arena, arena, type ArenaOptions } from "./arena.ts";
export { ArenaMemory } from "./arena.ts";
export { insnArray, type ProgramPlace } from "./insn_array.ts";
export { structOps, StructOpsMap, type StructOpsState } from "./struct_ops.ts";
