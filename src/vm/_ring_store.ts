/** Rings of events: ring buffers, and the buffers of each CPU that perf has. */
import { type Region, region } from "./_memory.ts";
import { ERRNO, type Shape, type Store } from "./_store.ts";

/** Before each record (`BPF_RINGBUF_HDR_SZ`). */
const HEADER_SIZE = 8;
/** `RINGBUF_MAX_RECORD_SZ`. */
const MAX_RECORD = 0x3fff_ffff;

/** What programs wrote, for the test to take. */
export class RingStore implements Store {
  readonly values: Region = region("a ring", new Uint8Array(0));
  readonly #capacity: number;
  readonly #records: Uint8Array[] = [];
  readonly #listeners = new Set<() => void>();
  /** Bytes since the start: written, and taken. */
  #produced = 0;
  #consumed = 0;

  /** Makes an empty ring; of perf buffers, which the test reads in time, none is ever full. */
  constructor({ maxEntries }: Shape, bounded: boolean) {
    this.#capacity = bounded ? maxEntries : Infinity;
  }

  get size(): number {
    return this.#records.length;
  }

  /** Takes room for a record; false where there is not enough. */
  reserve(size: number): boolean {
    const whole = sizeOf(size);
    if (size > MAX_RECORD || whole > this.#capacity) return false;
    if (this.#produced + whole - this.#consumed > this.#capacity - 1) return false;
    this.#produced += whole;
    return true;
  }

  /** Adds a record that room was taken for. */
  submit(record: Uint8Array): void {
    this.#records.push(record);
    for (const listener of this.#listeners) listener();
  }

  /** The next records, in their order. */
  take(limit: number): Uint8Array[] {
    const taken = this.#records.splice(0, limit);
    if (this.#records.length === 0) this.#consumed = this.#produced; // also what was discarded
    else for (const { length } of taken) this.#consumed += sizeOf(length);
    return taken;
  }

  /** Calls back at each record, until what is returned is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** `bpf_ringbuf_query()`. */
  query(what: number): number {
    return [this.#produced - this.#consumed, this.#capacity, this.#consumed, this.#produced][what] ?? 0;
  }

  find(): number {
    return -1;
  }

  update(): number {
    return -ERRNO.EOPNOTSUPP;
  }

  remove(): number {
    return -ERRNO.EOPNOTSUPP;
  }

  keys(): Iterable<Uint8Array> {
    return [];
  }
}

/** How many bytes a record takes. */
function sizeOf(length: number): number {
  return Math.ceil((length + HEADER_SIZE) / 8) * 8;
}
