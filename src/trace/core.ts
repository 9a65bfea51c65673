/**
 * The part of the room that says where kernel functions run, for kernels of tests.
 *
 * @module
 */
export type { Home, RunningFunction } from "./_home.ts";
export { FunctionSource, type KernelFunction } from "./_source.ts";
export { Probe } from "./probe.ts";
export { Shared } from "./shared.ts";
