/**
 * The part of the room that kernel functions share with scripts, without the other kinds of maps: every module that a script does
 * not load lets it start 0.2 ms sooner.
 *
 * @module
 */
export { createMap, type CreateMapOptions } from "./create.ts";
export type { MapKind } from "./kind.ts";
export type { BpfMap } from "./map.ts";
export { perCpuArray, PerCpuArrayMap } from "./array.ts";
export { hash, type HashMap, lruHash, perCpuHash, PerCpuHashMap } from "./hash.ts";
export { type LpmTrie, lpmTrie } from "./lpm_trie.ts";
