/**
 * Tables of prefixes.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { BPF_MAP_FLAG } from "../uapi/mod.ts";
import { Elements } from "./elements.ts";
import type { MapHandle } from "./handle.ts";
import type { UntypedValue } from "./hash.ts";
import { KeyedMap } from "./keyed.ts";
import type { MapKind } from "./kind.ts";

/**
 * A table that finds the longest of its prefixes that an address starts with, as routers do.
 *
 * {@linkcode LpmTrie.get} and {@linkcode LpmTrie.has} take an address, which is a prefix of full length, or a prefix, and
 * find what covers it; {@linkcode LpmTrie.set} and {@linkcode LpmTrie.delete} mean the prefix itself.
 *
 * @typeParam K A prefix: `"10.0.0.0/8"` with the codec {@linkcode ipv4Prefix}.
 * @typeParam V A value.
 *
 * @example Routes
 * ```ts ignore
 * import { createMap, ipv4Prefix, lpmTrie, u32 } from "@waggle/ebpf";
 *
 * using routes = createMap(lpmTrie(ipv4Prefix, u32), { maxEntries: 100 });
 * routes.set("10.0.0.0/8", 1).set("10.1.0.0/16", 2);
 * routes.get("10.1.2.3"); // 2
 * ```
 */
export class LpmTrie<K, V> extends KeyedMap<K, V> {
  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, key: Codec<K>, value: Codec<V>) {
    super(handle, new Elements(handle, key, value));
  }
}

/**
 * Tables of prefixes (`BPF_MAP_TYPE_LPM_TRIE`). Keys are `struct bpf_lpm_trie_key`: {@linkcode ipv4Prefix},
 * {@linkcode ipv6Prefix} or {@linkcode lpmBytes}. Since Linux 4.11.
 */
export function lpmTrie<K, V>(key: Codec<K>, value: Codec<V>): MapKind<LpmTrie<K, V>>;
/** Such tables that exist, with keys and values as their BTF has them. */
export function lpmTrie(): MapKind<LpmTrie<UntypedValue, UntypedValue>>;
export function lpmTrie<K, V>(key?: Codec<K>, value?: Codec<V>): MapKind<LpmTrie<K, V>> {
  return {
    types: ["lpm_trie"],
    keySize: key?.size,
    valueSize: value?.size,
    value,
    creation: { flags: BPF_MAP_FLAG.NO_PREALLOC }, // trie_alloc() takes no others
    open: (handle) => new LpmTrie(handle, handle.key(key), handle.value(value)),
  };
}
