/**
 * The part of the room that kernel functions hand out events by, without the other readers and the maps that those are of:
 * every module that a script does not load lets it start 0.2 ms sooner.
 *
 * @module
 */
export type { EventOptions } from "./loop.ts";
export { ring, type RingBuffer } from "./ring.ts";
