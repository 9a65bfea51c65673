/**
 * Types of maps.
 *
 * @module
 */
import { type MapType, mapTypeNumber, mapTypeSince } from "../map/mod.ts";
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import type { FeatureAnswer } from "./answer.ts";
import { attemptMap } from "./_map.ts";
import { checkName, probe } from "./_probe.ts";

/** A type of maps that can be asked about: not `unspec`, and not the second names of types. */
export type ProbedMapType = Exclude<MapType, "unspec" | `${string}_deprecated`>;

/** Every type of maps that can be asked about, in the kernel's order. */
export const MAP_TYPES: readonly ProbedMapType[] = Object.keys(BPF_MAP_TYPE)
  .map((name) => name.toLowerCase() as MapType)
  .filter((type): type is ProbedMapType => type !== "unspec" && !type.endsWith("_deprecated"));

/**
 * Whether the kernel has maps of a type. Creates one and closes it.
 *
 * @example
 * ```ts ignore
 * import { probeMapType } from "@waggle/ebpf/features";
 *
 * const events = probeMapType("ringbuf").state === "present" ? "ringbuf" : "perf_event_array";
 * ```
 *
 * @throws {TypeError} There is no such type.
 */
export function probeMapType(type: ProbedMapType): FeatureAnswer {
  checkName("map type", type, MAP_TYPES);
  const since = mapTypeSince(mapTypeNumber(type));
  const feature = { feature: `map type "${type}"`, ...(since !== undefined && { since }) };
  // map_create() asks for CAP_NET_ADMIN beside CAP_BPF for maps of devices and sockets
  return probe(feature, ["CAP_BPF", "CAP_NET_ADMIN"], () => attemptMap(type));
}
