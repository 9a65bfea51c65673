/**
 * Readers of events.
 *
 * @module
 */
export { anyOf, type EventOf } from "./any_of.ts";
export { type DrainOptions, EventBuffer } from "./event_buffer.ts";
export type { EventOptions, Feed } from "./loop.ts";
export type { RecordHandler, Records } from "../map/mod.ts";
export { type LostCounter, ring, RingBuffer, type RingOptions } from "./ring.ts";
export { PerfBuffer, perfBuffer, type PerfBufferOptions } from "./perf_buffer.ts";
export { type SendOptions, userRing, UserRingBuffer } from "./user_ring_buffer.ts";
