/**
 * Types of maps, and ways to use them: what keys and values are in TypeScript.
 *
 * @module
 */
import type { SpecialField } from "../btf/core.ts";
import type { Codec } from "../codec/mod.ts";
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import type { MapHandle } from "./handle.ts";
import type { BpfMap } from "./map.ts";

/** A size in bytes, or several of which the first is for new maps; any where absent. */
export type MapSize = number | readonly [number, ...number[]] | undefined;

/**
 * A type of map together with codecs, as {@linkcode hash}, {@linkcode array} and their like make it. Given to
 * {@linkcode createMap} and {@linkcode openMap}, or to the maps of a loaded object.
 *
 * @typeParam M The class that such a map is used by.
 */
export interface MapKind<M extends BpfMap> {
  /** The type of a map that is created of this kind, first, then others that are used the same way. */
  readonly types: readonly [MapType, ...MapType[]];
  /** Of keys. */
  readonly keySize: MapSize;
  /** Of values; of one CPU's value in per-CPU maps. */
  readonly valueSize: MapSize;
  /** What is compared with the type of keys in BTF, where there is one. */
  readonly key?: Codec<unknown> | undefined;
  /** What is compared with the type of values in BTF, where there is one. */
  readonly value?: Codec<unknown> | undefined;
  /** What a new map is given beside type and sizes. */
  readonly creation?: MapCreation;
  /** Makes the object that the map is used by, which owns the descriptor of the handle from then on. */
  open(handle: MapHandle): M;
}

/** What a new map of a kind is given beside its type and sizes. */
export interface MapCreation {
  /** How many elements fit unless the options say; called when a map is created. */
  readonly maxEntries?: () => number;
  /** `BPF_F_…` that all maps of the type have. */
  readonly flags?: number;
  /** `map_extra`. */
  readonly extra?: bigint;
  /** Makes a map like those that a map of maps is to hold. */
  readonly inner?: () => BpfMap;
  /** Whether the kernel wants BTF of the key and the value (`bpf_local_storage_map_alloc_check`). */
  readonly typed?: boolean;
  /** What values have that is the kernel's own. */
  readonly special?: SpecialField;
}

/** The first of the sizes, for new maps; `undefined` where any will do. */
export function firstSize(size: MapSize): number | undefined {
  return typeof size === "object" ? size[0] : size;
}

/** A map type as the kernel names it, in lower case: `hash`, `percpu_array`, `ringbuf`. */
export type MapType = Lowercase<keyof typeof BPF_MAP_TYPE>;

/** The number of a map type, `enum bpf_map_type`. */
export function mapTypeNumber(type: MapType): number {
  return BPF_MAP_TYPE[type.toUpperCase() as keyof typeof BPF_MAP_TYPE];
}

/** Where a number has several names, the one that the kernel prefers comes last, but for those it calls deprecated. */
const NAMES: ReadonlyMap<number, MapType> = new Map(
  Object.entries(BPF_MAP_TYPE)
    .filter(([name]) => !name.endsWith("_DEPRECATED"))
    .map(([name, number]) => [number, name.toLowerCase() as MapType]),
);

/** The name of a map type; `type 99` for one that this library does not know. */
export function mapTypeName(type: number): MapType | `type ${number}` {
  return NAMES.get(type) ?? `type ${type}`;
}
