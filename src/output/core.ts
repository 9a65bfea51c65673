/**
 * The part of the room that counts without showing: every module that a script does not load lets it start 0.2 ms sooner.
 *
 * @module
 */
export { type Histogram, linearHistogram, log2Histogram } from "./histogram.ts";
export { histograms } from "./histograms.ts";
export type { Printable } from "./style.ts";
export type { Unit } from "./units.ts";
