/**
 * Ways to use a map: its type, and what its keys and values are in TypeScript.
 *
 * @module
 */
import { LayoutError } from "../errors.ts";
import type { Descriptor } from "../sys/mod.ts";
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import { BpfMap } from "./map.ts";

/** A map type as the kernel names it, in lower case: `hash`, `percpu_array`, `ringbuf`. */
export type MapType = Lowercase<keyof typeof BPF_MAP_TYPE>;

/**
 * A type of map together with codecs, as {@linkcode hash}, {@linkcode array} and their like make it. Given to
 * {@linkcode createMap}, or to the maps of a loaded object.
 *
 * @typeParam M The class that such a map is used by.
 */
export interface MapKind<M extends BpfMap> {
  /** The type of a map that is created of this kind, first, then others that are used the same way. */
  readonly types: readonly [MapType, ...MapType[]];
  /** In bytes. */
  readonly keySize: number;
  /** In bytes; of one CPU's value in per-CPU maps. */
  readonly valueSize: number;
  /** Takes the descriptor of a map over. */
  open(descriptor: Descriptor, name: string): M;
}

/** The number of a map type, `enum bpf_map_type`. */
export function mapTypeNumber(type: MapType): number {
  return BPF_MAP_TYPE[type.toUpperCase() as keyof typeof BPF_MAP_TYPE];
}

/** The name of a map type; `type 99` for one that this library does not know. */
export function mapTypeName(type: number): string {
  const known = Object.entries(BPF_MAP_TYPE).find(([, number]) => number === type);
  return known ? known[0].toLowerCase() : `type ${type}`;
}

/**
 * Opens an existing map as one of this kind. The descriptor is the map's from then on; where it throws, the caller's.
 *
 * @throws {LayoutError} The map's type or sizes are others.
 */
export function openMap<M extends BpfMap>(kind: MapKind<M>, descriptor: Descriptor, name: string): M {
  const { type, keySize, valueSize } = new BpfMap(descriptor, name).info;
  const problem = !kind.types.some((accepted) => mapTypeNumber(accepted) === type)
    ? `it is of type ${mapTypeName(type)}, not ${kind.types.join(" or ")}`
    : keySize !== kind.keySize
    ? `its keys have ${keySize} bytes, the codec has ${kind.keySize}`
    : valueSize !== kind.valueSize
    ? `its values have ${valueSize} bytes, the codec has ${kind.valueSize}`
    : undefined;
  if (problem === undefined) return kind.open(descriptor, name);
  throw new LayoutError(`Cannot use map "${name}": ${problem}`);
}
