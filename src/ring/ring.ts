/**
 * Ring buffers: events from programs to scripts.
 *
 * @module
 */
import { type Codec, rest } from "../codec/mod.ts";
import { LayoutError } from "../errors.ts";
import { BpfMap, type MapHandle, type MapKind } from "../map/mod.ts";
import { openReadable, type Readable } from "../sys/mod.ts";
import { type RecordHandler, RingMemory } from "./ring_buffer.ts";

/** Options of {@linkcode RingBuffer.events}. */
export interface EventOptions {
  /** Ends the events when it aborts: the loop over them ends without an error. */
  readonly signal?: AbortSignal;
}

/** How many events are decoded ahead of the loop that takes them. */
const BATCH = 1024;
/** How long, in ms, a loop may find the ring filled before timers and signals get their turn. */
const TURN_MS = 10;

/**
 * A ring buffer (`BPF_MAP_TYPE_RINGBUF`): events of all CPUs in one order. Since Linux 5.8.
 *
 * @typeParam T An event.
 *
 * @example Print events until Ctrl-C
 * ```ts ignore
 * import { cstr, load, ring, struct, u32 } from "@waggle/ebpf";
 *
 * await using object = await load("execsnoop.bpf.o");
 * const events = object.maps.get("events", ring(struct({ pid: u32, comm: cstr(16) })));
 * for await (const event of events) console.log(event.pid, event.comm);
 * ```
 */
export class RingBuffer<T> extends BpfMap implements AsyncIterable<T> {
  readonly #codec: Codec<T>;
  readonly #ahead: Ahead<T> = new Ahead();
  #memory: RingMemory | undefined;
  #reader: Readable | undefined;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, codec: Codec<T>) {
    super(handle);
    this.#codec = codec;
  }

  /** Events as they come, until the loop is left or the ring buffer closed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.events();
  }

  /**
   * Events as they come, until the loop is left, the signal aborts or the ring buffer is closed. The next loop goes on
   * where this one was left.
   *
   * @throws {TypeError} Another loop reads this ring buffer.
   * @throws {LayoutError} A record is too short for the codec.
   */
  events(options: EventOptions = {}): AsyncIterableIterator<T> {
    if (this.#reader) {
      throw new TypeError(`Cannot read ring buffer "${this.name}": another loop reads it already`);
    }
    const memory = this.#open();
    const reader = this.#reader = openReadable(this.descriptor.fd);
    const end = () => {
      reader[Symbol.dispose]();
      if (this.#reader === reader) this.#reader = undefined;
    };
    const fill = () => this.#ahead.fill((events) => memory.consume(BATCH, this.#decoder(events)));
    return new EventIterator(this.#ahead, fill, reader, end, options.signal);
  }

  /**
   * Hands every record that is there to `handle`, without waiting, decoding or copying. Returns how many there were.
   *
   * Bytes `at` to `at + size` of the view are the kernel's again when `handle` returns.
   */
  drain(handle: RecordHandler): number {
    return this.#open().consume(Infinity, handle);
  }

  /** Ends all loops, unmaps the memory and closes the map. */
  override close(): void {
    this.#reader?.[Symbol.dispose]();
    this.#reader = undefined;
    this.#ahead.clear();
    this.#memory?.[Symbol.dispose]();
    super.close();
  }

  #open(): RingMemory {
    this.descriptor.fd; // throws where the map is closed
    return this.#memory ??= new RingMemory(this.descriptor, this.facts.maxEntries);
  }

  #decoder(events: T[]): RecordHandler {
    const codec = this.#codec;
    const least = leastSize(codec);
    return (view, at, size) => {
      if (size < least) {
        throw new LayoutError(
          `Cannot decode a record of ring buffer "${this.name}": it has ${size} bytes, ${codec.type} needs ${least}`,
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

/** Events that are decoded and that no loop has taken yet. */
class Ahead<T> {
  events: T[] = [];
  taken = 0;
  #failure: { readonly error: unknown } | undefined;

  /** Decodes more. Returns whether there are any; throws what decoding throws, after the events before that. */
  fill(consume: (events: T[]) => void): boolean {
    const failure = this.#failure;
    this.clear();
    if (failure) throw failure.error;
    try {
      consume(this.events);
    } catch (error) {
      if (this.events.length === 0) throw error;
      this.#failure = { error };
    }
    return this.events.length > 0;
  }

  clear(): void {
    this.events = [];
    this.taken = 0;
    this.#failure = undefined;
  }
}

/** Events one by one. Written out, since an async generator costs three times as much per event. */
class EventIterator<T> implements AsyncIterableIterator<T> {
  readonly #ahead: Ahead<T>;
  readonly #fill: () => boolean;
  readonly #reader: Readable;
  readonly #signal: AbortSignal | undefined;
  #end: (() => void) | undefined;
  #turn = performance.now();

  constructor(
    ahead: Ahead<T>,
    fill: () => boolean,
    reader: Readable,
    end: () => void,
    signal: AbortSignal | undefined,
  ) {
    this.#ahead = ahead;
    this.#fill = fill;
    this.#reader = reader;
    this.#end = end;
    this.#signal = signal;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const ahead = this.#ahead;
    if (ahead.taken < ahead.events.length && this.#end && !this.#signal?.aborted) {
      return Promise.resolve({ value: ahead.events[ahead.taken++] as T, done: false });
    }
    return this.#refill();
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#end?.();
    this.#end = undefined;
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #refill(): Promise<IteratorResult<T, undefined>> {
    try {
      while (this.#end && !this.#signal?.aborted) {
        // A ring that fills as fast as it is read would never let timers and signals run: wait for it all the same.
        const due = performance.now() - this.#turn > TURN_MS;
        if (due && !await this.#wait()) break;
        if (this.#fill()) return this.next();
        if (!await this.#wait()) break;
      }
    } catch (error) {
      await this.return();
      throw error;
    }
    return this.return();
  }

  async #wait(): Promise<boolean> {
    const ready = await this.#reader.wait(this.#signal);
    this.#turn = performance.now();
    return ready;
  }
}

/** Ring buffers with events of this type; without a codec, with the bytes of each record. Since Linux 5.8. */
export function ring(): MapKind<RingBuffer<Uint8Array>>;
/** Ring buffers with events of this type. */
export function ring<T>(event: Codec<T>): MapKind<RingBuffer<T>>;
export function ring(event?: Codec<unknown>): MapKind<RingBuffer<unknown>> {
  return {
    types: ["ringbuf"],
    keySize: 0,
    valueSize: 0,
    value: event,
    open: (handle) => new RingBuffer(handle, event ?? rest()),
  };
}
