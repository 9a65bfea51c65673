/**
 * Where kernel functions run, other than in the kernel of this machine.
 *
 * @module
 */
import type { Attachment } from "../link/core.ts";
import type { BpfMap, CreateMapOptions, MapKind } from "../map/core.ts";
import type { FunctionSource } from "./_source.ts";

/** Something that does what a kernel does: tests have one in memory. */
export interface Home {
  /** Creates a map. */
  createMap<M extends BpfMap>(kind: MapKind<M>, options: CreateMapOptions): M;
  /** Makes a function ready to run, until what is returned is closed. */
  attach(source: FunctionSource): RunningFunction;
}

/** A function that runs somewhere else. */
export interface RunningFunction extends Attachment {
  /** What was made of it, as text. */
  explain(): string;
}
