/**
 * Maps: what programs and scripts share.
 *
 * @module
 */
export { array, ArrayMap, perCpuArray } from "./array.ts";
export { createMap, createMapDescriptor, type CreateMapOptions, type NewMap } from "./create.ts";
export { hash, HashMap, lruHash, perCpuHash, type UpdateMode } from "./hash.ts";
export { type MapKind, type MapType, mapTypeName, mapTypeNumber, openMap } from "./kind.ts";
export { BpfMap, type MapInfo } from "./map.ts";
