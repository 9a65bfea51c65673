/**
 * Every type of map that a script can create, with what is true of it by the kernel's own sources.
 *
 * @module
 */
import { bytes, u32, u64 } from "../../src/codec/mod.ts";
import { possibleCpus } from "../../src/kernel/mod.ts";
import {
  arena,
  array,
  arrayOfMaps,
  bloomFilter,
  type BpfMap,
  cgroupArray,
  cgroupStorage,
  cgrpStorage,
  cpuMap,
  type CreateMapOptions,
  devMap,
  devMapHash,
  hash,
  hashOfMaps,
  inodeStorage,
  lpmTrie,
  lruHash,
  lruPerCpuHash,
  type MapKind,
  type MapType,
  perCpuArray,
  perCpuCgroupStorage,
  perCpuHash,
  perfEventArray,
  programArray,
  queue,
  reuseportArray,
  skStorage,
  sockHash,
  sockMap,
  stack,
  stackTrace,
  taskStorage,
  xskMap,
} from "../../src/map/mod.ts";
import { ring, userRing } from "../../src/ring/mod.ts";

/** A type of map under test. */
export interface Subject {
  /** The function that makes the kind. */
  readonly name: string;
  /** As `enum bpf_map_type` has it, in lower case. */
  readonly type: MapType;
  readonly kind: MapKind<BpfMap>;
  readonly options: CreateMapOptions;
  /** Sizes of keys and values that the kernel is to show, in bytes. */
  readonly sizes: readonly [number, number];
  readonly maxEntries: number;
  /** `BPF_F_…` that the kernel is to show. */
  readonly flags: number;
  /** The Linux version that brought it. */
  readonly since: string;
}

/** `BPF_F_…` of `include/uapi/linux/bpf.h`. */
const NO_PREALLOC = 1;
const RDONLY_PROG = 1 << 7;
const MMAPABLE = 1 << 10;

interface Differs {
  readonly entries?: number;
  readonly flags?: number;
  readonly options?: CreateMapOptions;
}

function subject(
  name: string,
  type: MapType,
  since: string,
  kind: MapKind<BpfMap>,
  sizes: readonly [number, number],
  { entries = 8, flags = 0, options = { maxEntries: entries } }: Differs = {},
): Subject {
  return { name, type, kind, options, sizes, maxEntries: entries, flags, since };
}

const INNER: CreateMapOptions = { maxEntries: 4 };
const STORAGE: Differs = { entries: 0, flags: NO_PREALLOC, options: {} };

/** All of them but struct_ops, which only objects create. */
export function subjects(): readonly Subject[] {
  const cpus: Differs = { entries: possibleCpus(), options: {} };
  return [
    subject("hash", "hash", "3.19", hash(u32, u64), [4, 8]),
    subject("array", "array", "3.19", array(u64), [4, 8]),
    subject("programArray", "prog_array", "4.2", programArray(), [4, 4]),
    subject("perfEventArray", "perf_event_array", "4.3", perfEventArray(), [4, 4], cpus),
    subject("perCpuHash", "percpu_hash", "4.6", perCpuHash(u32, u64), [4, 8]),
    subject("perCpuArray", "percpu_array", "4.6", perCpuArray(u64), [4, 8]),
    subject("stackTrace", "stack_trace", "4.6", stackTrace({ depth: 20 }), [4, 160]),
    subject("cgroupArray", "cgroup_array", "4.8", cgroupArray(), [4, 4]),
    subject("lruHash", "lru_hash", "4.10", lruHash(u32, u64), [4, 8]),
    subject("lruPerCpuHash", "lru_percpu_hash", "4.10", lruPerCpuHash(u32, u64), [4, 8]),
    subject("lpmTrie", "lpm_trie", "4.11", lpmTrie(bytes(8), u64), [8, 8], { flags: NO_PREALLOC }),
    subject("arrayOfMaps", "array_of_maps", "4.12", arrayOfMaps(array(u64), INNER), [4, 4]),
    subject("hashOfMaps", "hash_of_maps", "4.12", hashOfMaps(u64, array(u64), INNER), [8, 4]),
    // Devmaps get a flag from the kernel: dev_map_init_map()
    subject("devMap", "devmap", "4.14", devMap(), [4, 8], { flags: RDONLY_PROG }),
    subject("sockMap", "sockmap", "4.14", sockMap(), [4, 8]),
    subject("cpuMap", "cpumap", "4.15", cpuMap(), [4, 8], cpus),
    subject("xskMap", "xskmap", "4.18", xskMap(), [4, 4]),
    subject("sockHash", "sockhash", "4.18", sockHash(u64), [8, 8]),
    subject("cgroupStorage", "cgroup_storage", "4.19", cgroupStorage(u64), [16, 8], {
      entries: 0,
      options: {},
    }),
    subject("reuseportArray", "reuseport_sockarray", "4.19", reuseportArray(), [4, 8]),
    subject("perCpuCgroupStorage", "percpu_cgroup_storage", "4.20", perCpuCgroupStorage(u64), [16, 8], {
      entries: 0,
      options: {},
    }),
    subject("queue", "queue", "4.20", queue(u64), [0, 8]),
    subject("stack", "stack", "4.20", stack(u64), [0, 8]),
    subject("skStorage", "sk_storage", "5.2", skStorage(u64), [4, 8], STORAGE),
    subject("devMapHash", "devmap_hash", "5.4", devMapHash(), [4, 8], { flags: RDONLY_PROG }),
    subject("ring", "ringbuf", "5.8", ring(), [0, 0], { entries: 1 << 16 }),
    subject("inodeStorage", "inode_storage", "5.10", inodeStorage(u64), [4, 8], STORAGE),
    subject("taskStorage", "task_storage", "5.11", taskStorage(u64), [4, 8], STORAGE),
    subject("bloomFilter", "bloom_filter", "5.16", bloomFilter(u64), [0, 8]),
    subject("userRing", "user_ringbuf", "6.1", userRing(), [0, 0], { entries: 1 << 16 }),
    subject("cgrpStorage", "cgrp_storage", "6.2", cgrpStorage(u64), [4, 8], STORAGE),
    subject("arena", "arena", "6.9", arena(), [0, 0], { flags: MMAPABLE }),
  ];
}
