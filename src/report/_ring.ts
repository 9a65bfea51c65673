/**
 * How full a ring buffer is, without reading from it.
 *
 * @module
 */
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { type Descriptor, Mapping, pageSize } from "../sys/mod.ts";
import type { RingState } from "./parts.ts";

const HEADER_SIZE = 8;
/** `BPF_RINGBUF_BUSY_BIT`, `BPF_RINGBUF_DISCARD_BIT` of include/uapi/linux/bpf.h. */
const BUSY = 0x8000_0000;
const LENGTH_MASK = 0x3fff_ffff;
/** More than anybody wants to know. */
const MOST_RECORDS = 1 << 16;

/** {@linkcode RingState}, and what the records say that wait. */
export interface RingLook extends RingState {
  /** Whether the next record is reserved and not submitted yet. */
  readonly busy: boolean;
  /** Whether a record like the largest that waits finds no room any more. */
  readonly full: boolean;
}

/**
 * Looks at the pages of `kernel/bpf/ringbuf.c`: the consumer's position, the producer's, the data twice in a row.
 * Whoever reads meanwhile makes the numbers those of a moment ago.
 */
export function lookAtRing(map: Descriptor, size: number): RingLook {
  const page = pageSize();
  using memory = new Mapping(map, { length: 2 * page + 2 * size });
  const view = new DataView(memory.buffer);
  const read = Number(view.getBigUint64(0, LITTLE_ENDIAN));
  const written = Math.max(read, Number(view.getBigUint64(page, LITTLE_ENDIAN)));
  let records = 0;
  let largest = 0;
  let busy = false;
  for (let at = read; at < written && records < MOST_RECORDS;) {
    const header = view.getUint32(2 * page + at % size, LITTLE_ENDIAN);
    if ((header & BUSY) !== 0 && records === 0) busy = true;
    const total = ((header & LENGTH_MASK) + HEADER_SIZE + 7) & ~7;
    largest = Math.max(largest, total);
    at += total;
    records++;
  }
  const waiting = written - read;
  // __bpf_ringbuf_reserve: the new position may be size - 1 ahead of the consumer's
  return { size, written, read, waiting, records, busy, full: waiting > 0 && waiting + largest > size - 1 };
}
