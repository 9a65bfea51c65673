/**
 * Readers of events.
 *
 * @module
 */
export { type EventOptions, ring, RingBuffer } from "./ring.ts";
export type { RecordHandler } from "./ring_buffer.ts";
export { userRing, UserRingBuffer } from "./user_ring_buffer.ts";
