/**
 * Names of map types.
 *
 * @module
 */
import { BPF_MAP_TYPE } from "../uapi/mod.ts";

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
