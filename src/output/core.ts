/**
 * The part of the room that counts without showing: every module that a script does not load lets it start 0.2 ms sooner.
 *
 * @module
 */
export { type Histogram, log2Histogram } from "./histogram.ts";
export type { Unit } from "./units.ts";
