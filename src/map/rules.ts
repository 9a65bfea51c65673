/**
 * What the kernel asks of new maps.
 *
 * @module
 */
import { pageSize, readTextFile } from "../sys/mod.ts";
import { BPF_MAP_FLAG, BPF_MAP_TYPE } from "../uapi/mod.ts";
import type { NewMap } from "./create.ts";

/** What the kernel asks of maps of a type. */
export interface Rule {
  /** The Linux version that brought the type. */
  readonly since: string;
  /** Sizes of keys and values, in bytes; any but 0 where absent. */
  readonly key?: readonly number[];
  readonly value?: readonly number[];
  /** The least and the most bytes that keys may have, where they may have any size between. */
  readonly keyRange?: readonly [least: number, most: number];
  /** 0 where the number of entries must be 0. */
  readonly entries?: 0;
  /** Whether the number of entries is the size of a ring. */
  readonly ring?: true;
  /** Whether values are stacks. */
  readonly stack?: true;
  /** A flag that must be there. */
  readonly flags?: number;
  /** Whether it is a map of maps. */
  readonly maps?: true;
  /** Whether there must be BTF. */
  readonly types?: true;
}

const STORAGE = { key: [4], entries: 0, flags: BPF_MAP_FLAG.NO_PREALLOC, types: true } as const;

/** By the numbers of types. */
export const RULES: Readonly<Record<number, Rule>> = {
  [BPF_MAP_TYPE.HASH]: { since: "3.19" },
  [BPF_MAP_TYPE.ARRAY]: { since: "3.19", key: [4] },
  [BPF_MAP_TYPE.PROG_ARRAY]: { since: "4.2", key: [4], value: [4] },
  [BPF_MAP_TYPE.PERF_EVENT_ARRAY]: { since: "4.3", key: [4], value: [4] },
  [BPF_MAP_TYPE.PERCPU_HASH]: { since: "4.6" },
  [BPF_MAP_TYPE.PERCPU_ARRAY]: { since: "4.6", key: [4] },
  [BPF_MAP_TYPE.STACK_TRACE]: { since: "4.6", key: [4], stack: true },
  [BPF_MAP_TYPE.CGROUP_ARRAY]: { since: "4.8", key: [4], value: [4] },
  [BPF_MAP_TYPE.LRU_HASH]: { since: "4.10" },
  [BPF_MAP_TYPE.LRU_PERCPU_HASH]: { since: "4.10" },
  // LPM_KEY_SIZE_MIN and LPM_KEY_SIZE_MAX of kernel/bpf/lpm_trie.c: struct bpf_lpm_trie_key and 1 to 256 bytes
  [BPF_MAP_TYPE.LPM_TRIE]: { since: "4.11", keyRange: [5, 260], flags: BPF_MAP_FLAG.NO_PREALLOC },
  [BPF_MAP_TYPE.ARRAY_OF_MAPS]: { since: "4.12", key: [4], value: [4], maps: true },
  [BPF_MAP_TYPE.HASH_OF_MAPS]: { since: "4.12", value: [4], maps: true },
  [BPF_MAP_TYPE.DEVMAP]: { since: "4.14", key: [4], value: [4, 8] },
  [BPF_MAP_TYPE.SOCKMAP]: { since: "4.14", key: [4], value: [4, 8] },
  [BPF_MAP_TYPE.CPUMAP]: { since: "4.15", key: [4], value: [4, 8] },
  [BPF_MAP_TYPE.XSKMAP]: { since: "4.18", key: [4], value: [4] },
  [BPF_MAP_TYPE.SOCKHASH]: { since: "4.18", value: [4, 8] },
  [BPF_MAP_TYPE.CGROUP_STORAGE]: { since: "4.19", key: [8, 16], entries: 0 },
  [BPF_MAP_TYPE.REUSEPORT_SOCKARRAY]: { since: "4.19", key: [4], value: [4, 8] },
  [BPF_MAP_TYPE.PERCPU_CGROUP_STORAGE]: { since: "4.20", key: [8, 16], entries: 0 },
  [BPF_MAP_TYPE.QUEUE]: { since: "4.20", key: [0] },
  [BPF_MAP_TYPE.STACK]: { since: "4.20", key: [0] },
  [BPF_MAP_TYPE.SK_STORAGE]: { since: "5.2", ...STORAGE },
  [BPF_MAP_TYPE.DEVMAP_HASH]: { since: "5.4", key: [4], value: [4, 8] },
  [BPF_MAP_TYPE.RINGBUF]: { since: "5.8", key: [0], value: [0], ring: true },
  [BPF_MAP_TYPE.INODE_STORAGE]: { since: "5.10", ...STORAGE },
  [BPF_MAP_TYPE.TASK_STORAGE]: { since: "5.11", ...STORAGE },
  [BPF_MAP_TYPE.BLOOM_FILTER]: { since: "5.16", key: [0] },
  [BPF_MAP_TYPE.USER_RINGBUF]: { since: "6.1", key: [0], value: [0], ring: true },
  [BPF_MAP_TYPE.CGRP_STORAGE]: { since: "6.2", ...STORAGE },
  [BPF_MAP_TYPE.ARENA]: { since: "6.9", key: [0], value: [0], flags: BPF_MAP_FLAG.MMAPABLE },
  [BPF_MAP_TYPE.INSN_ARRAY]: { since: "6.19", key: [4], value: [16] },
};

/** The version of Linux that brought a type of maps, by number: `5.8`. */
export function mapTypeSince(type: number): string | undefined {
  return type === BPF_MAP_TYPE.STRUCT_OPS ? "5.6" : RULES[type]?.since;
}

/** Which demand of its type a map does not meet: `*_map_alloc_check` in kernel/bpf and net. */
export function brokenRule(
  { type, keySize, valueSize, maxEntries, flags, types, innerMap, mapExtra = 0n }: NewMap,
): string | undefined {
  const rule = RULES[type];
  if (!rule) return undefined;
  const { key, keyRange, value } = rule;
  if (rule.ring) {
    const page = pageSize();
    const good = maxEntries >= page && Number.isInteger(Math.log2(maxEntries));
    if (!good) return `its size, ${maxEntries} bytes, is not a power of two of at least ${page}`;
  }
  if (rule.entries === 0 && maxEntries !== 0) {
    return `maxEntries is ${maxEntries}: such maps grow by themselves: leave it out`;
  }
  if (rule.entries !== 0 && maxEntries === 0) return "maxEntries is 0: say how many elements are to fit";
  if (key !== undefined && !key.includes(keySize)) {
    return `keys of such a map have ${key.join(" or ")} bytes, not ${keySize}`;
  }
  if (keyRange && (keySize < keyRange[0] || keySize > keyRange[1])) {
    return `keys of such a map have ${keyRange[0]} to ${
      keyRange[1]
    } bytes, not ${keySize}: the length of the prefix (4), then what it is of`;
  }
  if (value !== undefined && !value.includes(valueSize)) {
    return `values of such a map have ${value.join(" or ")} bytes, not ${valueSize}`;
  }
  if (rule.stack) {
    const frames = valueSize / ((flags & BPF_MAP_FLAG.STACK_BUILD_ID) === 0 ? 8 : 32);
    const most = mostFrames();
    if (frames > most) {
      return `stacks of ${frames} frames: the kernel records ${most} (sysctl kernel.perf_event_max_stack)`;
    }
  }
  if (key === undefined && keySize === 0) return "keys of 0 bytes";
  if (value === undefined && valueSize === 0) return "values of 0 bytes";
  if (rule.maps && !innerMap) return "it is not said what inner maps are like";
  if (rule.types && !types) return "the kernel wants BTF of its key and value";
  if (rule.flags !== undefined && (flags & rule.flags) === 0) {
    return `the flag ${flagNames(rule.flags).join(" or ")} is missing`;
  }
  return type === BPF_MAP_TYPE.ARENA ? badPlace(mapExtra, maxEntries) : undefined;
}

/** What is wrong with the place of an arena: `arena_map_alloc()`. */
function badPlace(address: bigint, pages: number): string | undefined {
  const page = BigInt(pageSize());
  const size = BigInt(pages) * page;
  if (size > 1n << 32n) return `its size, ${pages} pages, is more than 4 GiB`;
  if (address % page !== 0n) return `its address, 0x${address.toString(16)}, is not a multiple of ${page}`;
  const crosses = address >> 32n !== address + size - 1n >> 32n;
  return crosses ? "it goes across a multiple of 4 GiB" : undefined;
}

/** How many frames the kernel records; any number where it does not tell. */
function mostFrames(): number {
  try {
    return Number(readTextFile("/proc/sys/kernel/perf_event_max_stack"));
  } catch {
    return Infinity;
  }
}

/** The names of flags. */
export function flagNames(flags: number): string[] {
  return Object.entries(BPF_MAP_FLAG).flatMap(([name, bit]) =>
    (flags & bit) === 0 ? [] : [name.toLowerCase()]
  );
}
