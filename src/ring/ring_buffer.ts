/**
 * The shared memory of a ring buffer, read record by record.
 *
 * The protocol is that of `kernel/bpf/ringbuf.c`: a page with the consumer's position, a page with the producer's, then
 * the data twice in a row, so that a record that wraps around is in one piece all the same. Positions only grow.
 *
 * @module
 */
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import type { RecordHandler, Records } from "../map/mod.ts";
import {
  acquireLoad,
  type Descriptor,
  Mapping,
  openReadable,
  pageSize,
  POLL,
  poll,
  type Readable,
} from "../sys/mod.ts";

const HEADER_SIZE = 8;
/** `BPF_RINGBUF_BUSY_BIT` is the sign bit: the record is still being written. */
const DISCARD_BIT = 1 << 30;
const LENGTH_MASK = DISCARD_BIT - 1;
/** More than there can be: a small integer, as `Infinity` would make each comparison one of fractions. */
const MOST_RECORDS = 2 ** 30 - 1;
/** How many parts of the ring are handed back to the producer one by one while a burst is read. */
const RELEASES = 8;

/** The consumer's side of a ring buffer. One at a time may read. */
export class RingMemory implements Records {
  readonly lost: undefined;
  readonly ordered = false;
  readonly held = 0;
  readonly #map: Descriptor;
  readonly #acquire = acquireLoad();
  readonly #consumerPage: Mapping;
  readonly #producerPages: Mapping;
  /** The consumer's position, where the kernel sees it. */
  readonly #published: BigUint64Array;
  /** The low half of the producer's position; the halves are told apart by 32-bit arithmetic, as rings are smaller. */
  readonly #produced: Int32Array;
  readonly #producedIndex = LITTLE_ENDIAN ? 0 : 1;
  readonly #headers: Int32Array;
  readonly #data: DataView;
  readonly #size: number;
  /** The consumer's position; exact up to 2^53 bytes. */
  #position: number;
  /** A handler may close the ring that it is called for. */
  #closed = false;

  /** Maps the ring buffer of `size` bytes. */
  constructor(map: Descriptor, size: number) {
    const page = pageSize();
    this.#map = map;
    this.#size = size;
    using undo = new DisposableStack();
    this.#consumerPage = undo.use(new Mapping(map, { length: page, writable: true }));
    this.#producerPages = undo.use(new Mapping(map, { length: page + 2 * size, offset: page }));
    undo.move();
    this.#published = new BigUint64Array(this.#consumerPage.buffer, 0, 1);
    this.#produced = new Int32Array(this.#producerPages.buffer, 0, 2);
    this.#headers = new Int32Array(this.#producerPages.buffer, page, 2 * size / 4);
    this.#data = new DataView(this.#producerPages.buffer, page, 2 * size);
    this.#position = Number(Atomics.load(this.#published, 0));
  }

  readable(): Readable {
    return openReadable([this.#map.fd], "level");
  }

  block(timeout: number): boolean {
    return poll([this.#map.fd], POLL.IN, timeout) !== 0;
  }

  /** Fewer than `limit` where the ring is empty or the next record is still being written. */
  consume(limit: number, handle: RecordHandler): number {
    let count = 0;
    for (let available = this.#available; available > 0 && count < limit; available = this.#available) {
      const before = this.#position;
      count += this.#walk(this.#data, 0, Math.min(available, this.#window), limit - count, handle);
      if (this.#position === before) break;
    }
    return count;
  }

  consumeAll(handle: RecordHandler): number {
    return this.consume(MOST_RECORDS, handle);
  }

  /** Those that were there when it began: it ends, however fast the ring fills. */
  drain(handle: RecordHandler): number {
    let count = 0;
    const available = this.#available;
    if (available === 0) return 0;
    const from = this.#position & (this.#size - 1);
    const dataAt = this.#producerPages.buffer.byteLength - 2 * this.#size;
    using loan = this.#producerPages.lend(dataAt + from, available);
    const view = new DataView(loan.buffer);
    for (let left = available; left > 0 && !this.#closed;) {
      const before = this.#position;
      count += this.#walk(view, from, Math.min(left, this.#window), MOST_RECORDS, handle);
      if (this.#position === before) break;
      left -= this.#position - before;
    }
    return count;
  }

  /** How many bytes of records there are; none once the ring is closed. */
  get #available(): number {
    if (this.#closed) return 0;
    return (this.#acquire(this.#produced, this.#producedIndex) - (this.#position | 0)) >>> 0;
  }

  /** How many bytes are handed back to the producer at a time. */
  get #window(): number {
    return Math.max(this.#size / RELEASES, HEADER_SIZE);
  }

  /**
   * Hands out the records that start in the next `window` bytes, up to one that is still being written. The view begins with
   * the byte at `origin` of the data.
   */
  #walk(view: DataView, origin: number, window: number, limit: number, handle: RecordHandler): number {
    const acquire = this.#acquire;
    const headers = this.#headers;
    const mask = this.#size - 1;
    const start = this.#position & mask;
    let count = 0;
    let walked = 0;
    try {
      while (walked < window && count < limit) {
        const at = (start + walked) & mask;
        const header = acquire(headers, at >> 2);
        if (header < 0) break;
        const size = header & LENGTH_MASK;
        walked += (size + HEADER_SIZE + 7) & ~7;
        if ((header & DISCARD_BIT) !== 0) continue;
        count++;
        handle(view, ((at - origin) & mask) + HEADER_SIZE, size, 0);
        if (this.#closed) break;
      }
    } finally {
      this.#release(walked);
    }
    return count;
  }

  /** Gives memory back. A full barrier, so that the producer's position, read next, is current. */
  #release(bytes: number): void {
    this.#position += bytes;
    if (!this.#closed) Atomics.store(this.#published, 0, BigInt(this.#position));
  }

  /** Unmaps the memory; views of it become empty. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#consumerPage[Symbol.dispose]();
    this.#producerPages[Symbol.dispose]();
  }
}
