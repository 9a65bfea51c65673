/**
 * What ring buffers and perf buffers have in common: the ways to read events.
 *
 * @module
 */
import type { Codec } from "../codec/mod.ts";
import { ClosedError, LayoutError } from "../errors.ts";
import { BpfMap } from "../map/core.ts";
import type { MapHandle, RecordHandler, Records } from "../map/mod.ts";
import type { Readable } from "../sys/mod.ts";
import { Ahead, BATCH } from "./ahead.ts";
import { BatchLoop, checkedOptions, EventLoop, type EventOptions, type Feed, streamOf } from "./loop.ts";

/** Options of {@linkcode EventBuffer.drain}. */
export interface DrainOptions {
  /** How long to wait where there are no records, in ms: 0, where nothing is said, to `Infinity`. */
  readonly timeout?: number;
}

/**
 * A map that programs put events in and one reader takes them from, in one of four ways: one by one
 * ({@linkcode EventBuffer.events} or a `for await` loop), in batches, as a stream, or as the bytes that they are
 * ({@linkcode EventBuffer.drain}).
 *
 * Events wait in the buffer, whose size is fixed, until they are taken; up to 1024 are decoded ahead. What finds no room is
 * lost.
 *
 * @typeParam T An event.
 */
export abstract class EventBuffer<T> extends BpfMap implements AsyncIterable<T> {
  readonly #codec: Codec<T>;
  readonly #ahead: Ahead<T> = new Ahead();
  #records: Records | undefined;
  #feed: BufferFeed<T> | undefined;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, codec: Codec<T>) {
    super(handle);
    this.#codec = codec;
  }

  /** For messages: `ring buffer "events"`. */
  protected abstract get what(): string;

  /** Maps the memory. */
  protected abstract openRecords(): Records;

  /** How many events found no room so far; `undefined` where nobody counts them. */
  abstract get lost(): number | undefined;

  /** Events as they come, until the loop is left or the buffer closed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.events();
  }

  /**
   * Events as they come, until the loop is left, the signal aborts, none came for `timeout` or the buffer is closed. The next
   * loop goes on where this one was left.
   *
   * @throws {TypeError} Another loop reads this buffer.
   * @throws {LayoutError} A record is too short for the codec.
   */
  events(options: EventOptions = {}): AsyncIterableIterator<T> {
    const checked = checkedOptions(this.what, options);
    return new EventLoop(this.feed(checked), checked);
  }

  /**
   * Events as they come, all that are there at a time, but 1024 at most: half the cost of one by one. As
   * {@linkcode EventBuffer.events} in all else.
   */
  batches(options: EventOptions = {}): AsyncIterableIterator<T[]> {
    const checked = checkedOptions(this.what, options);
    return new BatchLoop(this.feed(checked), checked);
  }

  /**
   * Events as a stream, which takes one when its reader wants one; cancelling it lets others read. As
   * {@linkcode EventBuffer.events} in all else.
   */
  stream(options: EventOptions = {}): ReadableStream<T> {
    return streamOf(this.events(options) as AsyncIterator<T, undefined>);
  }

  /**
   * Hands every record that is there to `handle`, without decoding or copying. Returns how many there were.
   *
   * Bytes `at` to `at + size` of the view are lent until `handle` returns; the view is empty once `drain()` returns, so that
   * keeping it is an error and not a mistake.
   *
   * Where there is none it returns at once, or waits for `timeout` ms at most, and less where a signal comes. The thread does
   * nothing else meanwhile, no timers and no promises; but it is told of an event in a fraction of the time that a loop takes
   * to wake up. That is for workers, and for scripts that only do this.
   *
   * @throws {RangeError} The timeout is none.
   */
  drain(handle: RecordHandler, { timeout = 0 }: DrainOptions = {}): number {
    const records = this.records();
    const count = records.drain(handle);
    if (count > 0 || timeout === 0) return count;
    checkedOptions(this.what, { timeout });
    return this.#await(records, handle, performance.now() + timeout);
  }

  /** Woken where there is nothing to hand out, as by a record that is still being written, it waits again. */
  #await(records: Records, handle: RecordHandler, end: number): number {
    for (let left = end - performance.now(); left > 0; left = end - performance.now()) {
      if (!records.block(left)) return 0;
      const count = records.drain(handle);
      if (count > 0) return count;
    }
    return 0;
  }

  /** Has a loop that waits look at once, though the kernel has not told it of events yet, and go on. */
  flush(): void {
    this.#feed?.flush();
  }

  /** Ends all loops, unmaps the memory and closes the map. */
  override close(): void {
    this.#feed?.end();
    this.#feed = undefined;
    this.#ahead.clear();
    this.#records?.[Symbol.dispose]();
    this.#records = undefined;
    super.close();
  }

  /**
   * What one loop reads from, for {@linkcode anyOf}.
   *
   * @ignore
   */
  feed({ onLost }: EventOptions): Feed<T> {
    if (this.#feed && !this.#feed.ended) {
      throw new TypeError(`Cannot read ${this.what}: another loop reads it already`);
    }
    if (onLost && this.lost === undefined) {
      throw new TypeError(
        `Cannot tell of events of ${this.what} that are lost: programs count them, so say where: ring(event, { lost })`,
      );
    }
    const records = this.records();
    const ahead = this.#ahead;
    const fill = (whole: boolean) =>
      ahead.fill((events) => {
        const handle = this.#decoder(events);
        if (whole) records.consumeAll(handle);
        else records.consume(BATCH, handle);
      });
    return this.#feed = new BufferFeed(ahead, records, fill, onLost && this.#lostTeller(onLost));
  }

  /** The memory, opened when it is first needed. */
  protected records(): Records {
    if (this.closed) throw new ClosedError(`Cannot use map "${this.name}": it is closed`);
    return this.#records ??= this.openRecords();
  }

  /** The memory where it is open. */
  protected get opened(): Records | undefined {
    return this.#records;
  }

  #told = 0;

  #lostTeller(onLost: (count: number) => void): () => void {
    return () => {
      const lost = this.lost ?? 0;
      const more = lost - this.#told;
      this.#told = lost;
      if (more > 0) onLost(more);
    };
  }

  #decoder(events: T[]): RecordHandler {
    const codec = this.#codec;
    const least = leastSize(codec);
    return (view, at, size) => {
      if (size < least) {
        throw new LayoutError(
          `Cannot decode a record of ${this.what}: it has ${size} bytes, ${codec.type} needs ${least}`,
        );
      }
      // What goes on to the end of the bytes must not run into the next record.
      events.push(
        codec.flexible
          ? codec.read(new DataView(view.buffer, view.byteOffset + at, size), 0)
          : codec.read(view, at),
      );
    };
  }
}

/**
 * How many bytes a record has at least. What goes on to the end of one may begin within the padding that C counts to the
 * size of the struct.
 */
function leastSize({ size, flexible, fields }: Codec<unknown>): number {
  if (!flexible) return size;
  const last = fields?.at(-1);
  return last === undefined ? size : last.offset + leastSize(last.codec);
}

/** The events of one buffer, for one loop. */
class BufferFeed<T> implements Feed<T> {
  readonly #ahead: Ahead<T>;
  readonly #records: Records;
  readonly #fill: (whole: boolean) => boolean;
  readonly #lost: (() => void) | undefined;
  readonly #readable: Readable | undefined;
  #flushed = false;
  ended = false;

  constructor(
    ahead: Ahead<T>,
    records: Records,
    fill: (whole: boolean) => boolean,
    lost: (() => void) | undefined,
  ) {
    this.#ahead = ahead;
    this.#records = records;
    this.#fill = fill;
    this.#lost = lost;
    this.#readable = records.readable();
  }

  get count(): number {
    return this.#ahead.count;
  }

  take(): T {
    return this.#ahead.take();
  }

  takeBatch(): T[] {
    return this.#ahead.takeBatch();
  }

  fill(all: boolean): boolean {
    const whole = (all || this.#flushed) && this.#records.ordered;
    this.#flushed = false;
    const some = this.#fill(whole);
    this.#lost?.();
    return some;
  }

  wait(signal: AbortSignal | undefined, timeout: number | undefined): Promise<boolean> {
    if (!this.#readable) return Promise.resolve(false);
    const { held } = this.#records;
    const soon = held > 0 && (timeout === undefined || held < timeout);
    if (!soon) return this.#readable.wait(signal, timeout);
    return this.#readable.wait(signal, held).then((ready) => ready || (!this.ended && !signal?.aborted));
  }

  flush(): void {
    this.#flushed = true;
    this.#readable?.wake();
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.#readable?.[Symbol.dispose]();
  }
}
