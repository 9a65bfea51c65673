/**
 * The buffers of perf events, one for each CPU.
 *
 * The protocol is that of `include/uapi/linux/perf_event.h` and `kernel/events/ring_buffer.c`: a page with positions
 * (`struct perf_event_mmap_page`), then the data once. A record that wraps around is in two pieces; its header never is, as
 * records are multiples of 8 bytes.
 *
 * @module
 */
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { acquireLoad, type Descriptor, Mapping, pageSize, perfEventPause } from "../sys/mod.ts";
import type { RecordHandler } from "../map/mod.ts";

/** Of `struct perf_event_mmap_page`, in bytes. */
const DATA_HEAD = 1024;
const DATA_TAIL = 1032;

/** Of `struct perf_event_header`: type, misc and size. */
const HEADER_SIZE = 8;
const PERF_RECORD = { LOST: 2, SAMPLE: 9 } as const;
/** Header, id, count. */
const LOST_COUNT_AT = 16;
/** How many parts of the ring are handed back to the kernel one by one while a burst is read. */
const RELEASES = 8;

/** A sample that is not handed out yet. */
export interface PlacedSample {
  /** In ns. */
  readonly time: bigint;
  /** The ring that it is in. */
  readonly ring: PerfRing;
  /** Where it starts, in bytes. */
  readonly position: number;
  /** Where the next record starts. */
  readonly end: number;
}

/** How a ring is written. */
export interface PerfRingOptions {
  /** Of the data, in bytes: pages to the power of two. */
  readonly size: number;
  /** Whether new records take the place of old ones. */
  readonly overwritable: boolean;
  /** Whether samples start with their time (`PERF_SAMPLE_TIME`). */
  readonly timed: boolean;
}

/** The ring of one CPU. Owns the event. */
export class PerfRing implements Disposable {
  /** The CPU. */
  readonly cpu: number;
  /** The perf event. */
  readonly event: Descriptor;
  /** How many samples found no room, as far as the kernel has told. */
  lost = 0;
  readonly #acquire = acquireLoad();
  readonly #mapping: Mapping;
  readonly #size: number;
  readonly #backward: boolean;
  /** Where the bytes of a sample are in its record. */
  readonly #rawAt: number;
  readonly #head: Int32Array;
  readonly #tail: BigUint64Array;
  readonly #data: DataView;
  /** What is handed out in place of the data, and of records that wrap around, during a loan. */
  #lent: { readonly view: DataView; readonly copies: ArrayBuffer[] } | undefined;
  /** What has been read, in bytes; exact up to 2^53 bytes. In backward rings it falls, as the kernel's does. */
  #position = 0;
  #closed = false;

  /** Maps the memory of a perf event, which is the ring's from then on. */
  constructor(cpu: number, event: Descriptor, { size, overwritable, timed }: PerfRingOptions) {
    const page = pageSize();
    this.cpu = cpu;
    this.event = event;
    this.#size = size;
    this.#backward = overwritable;
    this.#rawAt = HEADER_SIZE + (timed ? 8 : 0);
    // A mapping that cannot be written says that records may be overwritten (`perf_mmap`)
    this.#mapping = new Mapping(event, { length: page + size, writable: !overwritable });
    this.#head = new Int32Array(this.#mapping.buffer, DATA_HEAD, 2);
    this.#tail = new BigUint64Array(this.#mapping.buffer, DATA_TAIL, 1);
    this.#data = new DataView(this.#mapping.buffer, page, size);
  }

  /** Has the kernel write nothing, or go on. */
  pause(paused: boolean): void {
    perfEventPause(this.event, paused);
  }

  /** Hands out up to `limit` samples, the newest first where they are overwritten. Returns how many. */
  consume(limit: number, handle: RecordHandler): number {
    return this.#backward ? this.#backwards(handle) : this.#forwards(limit, handle);
  }

  /** Makes the views that are handed out empty once the loan is over. */
  lend(): Disposable {
    const loan = this.#mapping.lend(pageSize(), this.#size);
    this.#lent = { view: new DataView(loan.buffer), copies: [] };
    return {
      [Symbol.dispose]: () => {
        loan[Symbol.dispose]();
        for (const copy of this.#lent?.copies ?? []) copy.transfer();
        this.#lent = undefined;
      },
    };
  }

  /** How many bytes were not read. */
  get #available(): number {
    if (this.#closed) return 0;
    return (this.#acquire(this.#head, LITTLE_ENDIAN ? 0 : 1) - (this.#position | 0)) >>> 0;
  }

  /** Those that were there when it began: it ends, however fast the ring fills. */
  #forwards(limit: number, handle: RecordHandler): number {
    let count = 0;
    for (let left = this.#available; left > 0 && count < limit && !this.#closed;) {
      const before = this.#position;
      count += this.#walk(Math.min(left, this.#size / RELEASES), limit - count, handle);
      left -= this.#position - before;
    }
    return count;
  }

  /** Hands out the samples that start in the next `window` bytes. */
  #walk(window: number, limit: number, handle: RecordHandler): number {
    let count = 0;
    let walked = 0;
    try {
      while (walked < window && count < limit && !this.#closed) {
        const position = this.#position + walked;
        walked += this.#sizeAt(position);
        if (this.#hand(position, handle)) count++;
      }
    } finally {
      this.#release(this.#position + walked);
    }
    return count;
  }

  /**
   * The kernel's position is that of the newest record, behind which are the older ones, up to what it has overwritten in part
   * (`perf_event_attr.write_backward`).
   */
  #backwards(handle: RecordHandler): number {
    if (this.#closed) return 0;
    const newest = Number(new BigInt64Array(this.#head.buffer, DATA_HEAD, 1)[0]);
    const available = Math.min(this.#position - newest, this.#size);
    this.#position = newest;
    let count = 0;
    for (let walked = 0; walked < available && !this.#closed;) {
      const size = this.#sizeAt(newest + walked);
      if (size === 0 || walked + size > available) break;
      if (this.#hand(newest + walked, handle)) count++;
      walked += size;
    }
    return count;
  }

  /** Hands a record out where it is a sample. Returns whether it is. */
  #hand(position: number, handle: RecordHandler): boolean {
    const at = this.#at(position);
    const type = this.#typeAt(position);
    if (type !== PERF_RECORD.SAMPLE) {
      if (type === PERF_RECORD.LOST) this.lost += this.#lostAt(position);
      return false;
    }
    const size = this.#sizeAt(position);
    const wraps = at + size > this.#size;
    const record = wraps ? this.#joined(at, size) : this.#lent?.view ?? this.#data;
    const rawAt = (wraps ? 0 : at) + this.#rawAt;
    handle(record, rawAt + 4, record.getUint32(rawAt, LITTLE_ENDIAN), this.cpu);
    return true;
  }

  /** The samples that are not read, in the order of the ring, up to one that is newer than `newest`. */
  *samples(newest: bigint): Generator<PlacedSample, void, void> {
    const last = this.#position + this.#available;
    for (let position = this.#position; position < last;) {
      const end = position + this.#sizeAt(position);
      if (this.#typeAt(position) === PERF_RECORD.SAMPLE) {
        const time = this.#data.getBigUint64(this.#at(position + HEADER_SIZE), LITTLE_ENDIAN);
        if (time > newest) return;
        yield { time, ring: this, position, end };
      }
      position = end;
    }
  }

  /** Whether there is anything that was not read. */
  get filled(): boolean {
    return this.#available > 0;
  }

  /** Hands out a sample, whose memory stays as it is until it is given back. */
  hand({ position }: PlacedSample, handle: RecordHandler): void {
    this.#hand(position, handle);
  }

  /** Gives memory back up to a position. */
  release(end: number): void {
    for (let position = this.#position; position < end && !this.#closed; position += this.#sizeAt(position)) {
      if (this.#typeAt(position) === PERF_RECORD.LOST) this.lost += this.#lostAt(position);
    }
    this.#release(end);
  }

  #at(position: number): number {
    // Backward positions are negative, beyond the range of `&` as well.
    const at = position % this.#size;
    return at < 0 ? at + this.#size : at;
  }

  #typeAt(position: number): number {
    return this.#data.getUint32(this.#at(position), LITTLE_ENDIAN);
  }

  #sizeAt(position: number): number {
    return this.#data.getUint16(this.#at(position) + 6, LITTLE_ENDIAN);
  }

  #lostAt(position: number): number {
    return Number(this.#data.getBigUint64(this.#at(position + LOST_COUNT_AT), LITTLE_ENDIAN));
  }

  /** A record that wraps around, in one piece. */
  #joined(at: number, size: number): DataView {
    const copy = new Uint8Array(size);
    const { buffer, byteOffset } = this.#data;
    const first = this.#size - at;
    copy.set(new Uint8Array(buffer, byteOffset + at, first));
    copy.set(new Uint8Array(buffer, byteOffset, size - first), first);
    this.#lent?.copies.push(copy.buffer);
    return new DataView(copy.buffer);
  }

  /** A full barrier between the reads before and the write (`smp_mb`). */
  #release(position: number): void {
    this.#position = position;
    if (!this.#closed) Atomics.store(this.#tail, 0, BigInt(position));
  }

  /** Unmaps the memory and closes the event. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#mapping[Symbol.dispose]();
    this.event.close();
  }
}
