/**
 * Where kernel functions run, other than in the kernel of this machine.
 *
 * @module
 */
import type { BpfMap, CreateMapOptions, MapKind } from "../map/core.ts";
import type { KernelFunction, LoadedFunction } from "./_load.ts";

/** A kernel that is none: tests have one in memory. */
export interface Home {
  /** Creates a map. */
  createMap<M extends BpfMap>(kind: MapKind<M>, options: CreateMapOptions): M;
  /** Makes a function ready to run. */
  load(options: KernelFunction): LoadedFunction;
}
