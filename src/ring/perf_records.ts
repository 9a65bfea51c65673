/**
 * The samples of all CPUs.
 *
 * @module
 */
import { CLOCK, clockTime, openReadable, POLL, poll, type Readable } from "../sys/mod.ts";
import type { PerfRing } from "./perf_ring.ts";
import type { RecordHandler, Records } from "../map/mod.ts";

/**
 * How long a sample waits for older ones of other CPUs, in ms. A sample has its time before it has its place in the ring
 * (`perf_prepare_sample`, `perf_output_begin`), and what interrupts the processor comes in between.
 */
const ORDER_MS = 10;
const NS_PER_MS = 1_000_000n;
const FOREVER = 2n ** 64n;

/** Rings that are read as one. Owns them. */
export class PerfRecords implements Records {
  readonly ordered: boolean = false;
  /** One of each CPU that is read. */
  readonly rings: readonly PerfRing[];
  #next = 0;

  constructor(rings: readonly PerfRing[]) {
    this.rings = rings;
  }

  readable(): Readable | undefined {
    const fds = this.#fds;
    return fds.length > 0 ? openReadable(fds, "edge") : undefined;
  }

  block(timeout: number): boolean {
    return poll(this.#fds, POLL.IN, timeout) !== 0;
  }

  get #fds(): number[] {
    return this.rings.map(({ event }) => event.fd);
  }

  get lost(): number {
    return this.rings.reduce((sum, { lost }) => sum + lost, 0);
  }

  get held(): number {
    return 0;
  }

  consume(limit: number, handle: RecordHandler): number {
    let count = 0;
    // Begins with another CPU each time: one that is busy must not keep the others from being read.
    const first = this.#next++;
    for (let i = 0; i < this.rings.length && count < limit; i++) {
      count += this.rings[(first + i) % this.rings.length]?.consume(limit - count, handle) ?? 0;
    }
    return count;
  }

  consumeAll(handle: RecordHandler): number {
    return this.consume(Infinity, handle);
  }

  drain(handle: RecordHandler): number {
    using _loans = this.#lend();
    return this.consumeAll(handle);
  }

  #lend(): Disposable {
    const loans = new DisposableStack();
    for (const ring of this.rings) loans.use(ring.lend());
    return loans;
  }

  /** Has the kernel write nothing, or go on. */
  pause(paused: boolean): void {
    for (const ring of this.rings) ring.pause(paused);
  }

  [Symbol.dispose](): void {
    for (const ring of this.rings) ring[Symbol.dispose]();
  }
}

/** Rings whose samples are handed out in the order of their times. */
export class OrderedPerfRecords extends PerfRecords {
  override readonly ordered = true;
  #held = 0;

  override get held(): number {
    return this.#held;
  }

  /** All that are old enough: the order is that of all rings, whose size is the limit. */
  override consume(_limit: number, handle: RecordHandler): number {
    return this.#upTo(clockTime(CLOCK.MONOTONIC) - BigInt(ORDER_MS) * NS_PER_MS, handle);
  }

  override consumeAll(handle: RecordHandler): number {
    return this.#upTo(FOREVER, handle);
  }

  #upTo(newest: bigint, handle: RecordHandler): number {
    const samples = this.rings.flatMap((ring) => [...ring.samples(newest)]);
    samples.sort((a, b) => a.time < b.time ? -1 : a.time > b.time ? 1 : 0);
    const ends = new Map<PerfRing, number>();
    let count = 0;
    try {
      for (const sample of samples) {
        count++;
        ends.set(sample.ring, Math.max(sample.end, ends.get(sample.ring) ?? -Infinity));
        sample.ring.hand(sample, handle);
      }
    } finally {
      for (const [ring, end] of ends) ring.release(end);
      this.#held = this.rings.some(({ filled }) => filled) ? ORDER_MS : 0;
    }
    return count;
  }
}

/** Rings whose old samples are overwritten: they stand still while they are read. */
export class OverwritablePerfRecords extends PerfRecords {
  #paused = false;

  override readable(): undefined {}

  override block(): boolean {
    return false;
  }

  /** All that were written since the last time, as far as they are still there. */
  override consume(_limit: number, handle: RecordHandler): number {
    return this.#still(() => super.consume(Infinity, handle));
  }

  override pause(paused: boolean): void {
    super.pause(paused);
    this.#paused = paused;
  }

  #still(read: () => number): number {
    if (this.#paused) return read();
    super.pause(true);
    try {
      return read();
    } finally {
      // The handler may have closed the buffer
      if (!this.rings.some(({ event }) => event.closed)) super.pause(false);
    }
  }
}
