/**
 * Maps of maps.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { createMap, type CreateMapOptions } from "./create.ts";
import { indexKey, type MapHandle } from "./handle.ts";
import type { MapKind } from "./kind.ts";
import type { BpfMap } from "./map.ts";
import { ObjectMap } from "./object_map.ts";
import { openMap } from "./open.ts";

/**
 * A map whose values are maps. Each change waits some 10 ms, until no program uses any more what was there before.
 *
 * @typeParam K A key; an index in arrays.
 * @typeParam M The class of the inner maps.
 *
 * @example A map for each device
 * ```ts ignore
 * import { createMap, hash, hashOfMaps, u32, u64 } from "@waggle/ebpf";
 *
 * using devices = createMap(hashOfMaps(u32, hash(u32, u64), { maxEntries: 64 }), { maxEntries: 8 });
 * using counts = devices.createInner();
 * devices.set(1, counts);
 * ```
 */
export class MapOfMaps<K, M extends BpfMap> extends ObjectMap<K, M> {
  readonly #inner: MapKind<M>;
  readonly #options: CreateMapOptions | undefined;

  /** Takes the descriptor of the handle over. `options` are for new inner maps. */
  constructor(
    handle: MapHandle,
    key: Codec<K>,
    inner: MapKind<M>,
    options: CreateMapOptions | undefined,
  ) {
    super(handle, key);
    this.#inner = inner;
    this.#options = options;
  }

  /** A new map like those that this one takes, to be put in: the caller's until closed. */
  createInner(name: string = this.#options?.name ?? ""): M {
    if (this.#options) return createMap(this.#inner, { ...this.#options, name });
    throw new TypeError(
      `Cannot create a map for map "${this.name}": its kind does not say how: give it the options of inner maps`,
    );
  }

  /** Opens an inner map. */
  protected override openObject(id: number): M {
    return openMap({ id }, this.#inner);
  }

  /** What `bpf_map_meta_equal()` and its like compare. */
  protected override refusal({ name, info: { type, keySize, valueSize, maxEntries, flags } }: M): string {
    return `inner map "${name}" (${type}, keys of ${keySize} and values of ${valueSize} bytes, flags 0x${
      flags.toString(16)
    }, ${maxEntries} entries) differs from what the map was created for: in an array entries count, too, ` +
      'unless all have the flag "inner_map"';
  }
}

/** Arrays of maps (`BPF_MAP_TYPE_ARRAY_OF_MAPS`). `options` are those of inner maps, for new ones. Since Linux 4.12. */
export function arrayOfMaps<M extends BpfMap>(
  inner: MapKind<M>,
  options?: CreateMapOptions,
): MapKind<MapOfMaps<number, M>> {
  return {
    types: ["array_of_maps"],
    keySize: 4,
    valueSize: 4,
    creation: { inner: () => template(inner, options) },
    open: (handle) => new MapOfMaps(handle, indexKey(handle), inner, options),
  };
}

/** Hash maps of maps (`BPF_MAP_TYPE_HASH_OF_MAPS`). `options` are those of inner maps, for new ones. Since Linux 4.12. */
export function hashOfMaps<K, M extends BpfMap>(
  key: Codec<K>,
  inner: MapKind<M>,
  options?: CreateMapOptions,
): MapKind<MapOfMaps<K, M>> {
  return {
    types: ["hash_of_maps"],
    keySize: key.size,
    valueSize: 4,
    key,
    creation: { inner: () => template(inner, options) },
    open: (handle) => new MapOfMaps(handle, key, inner, options),
  };
}

function template<M extends BpfMap>(inner: MapKind<M>, options: CreateMapOptions | undefined): M {
  if (options) return createMap(inner, options);
  throw new TypeError(
    "Cannot create a map of maps: its kind does not say what inner maps are like: give it their options",
  );
}
