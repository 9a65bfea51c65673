/**
 * Events: records that kernel functions send.
 *
 * @module
 */
import { type Codec, u32 } from "../codec/mod.ts";
import { LayoutError } from "../errors.ts";
import type { RecordType, SharedSpec, SharedUse } from "../lang/mod.ts";
import type { BpfMap } from "../map/core.ts";
import { type EventOptions, ring, type RingBuffer } from "../ring/core.ts";
import { SideMaps } from "./_side_maps.ts";
import { LateMap, Shared } from "./shared.ts";
import type { StackTrace } from "./stack_trace.ts";

/** Of a ring, in bytes. */
const RING_SIZE = 1 << 20;

/** A field of an event. */
export type EventField = number | bigint | string | boolean | Uint8Array | StackTrace | EventRecord;

/** An event whose fields nobody said. */
export interface EventRecord {
  /** A field. */
  readonly [field: string]: EventField;
}

/** Events inside of a kernel function. */
export interface KernelEvents<E> {
  /** Sends an event, a record with the fields of which the script gets. Where the buffer is full, it is lost. */
  emit(event: E): void;
}

/** Options of {@linkcode events}. */
export interface EventsOptions {
  /** Of the buffer in bytes, a power of two and whole pages; 1 MiB by default. */
  readonly size?: number;
}

/**
 * Events that kernel functions send and the script reads. What an event is made of, the functions say by what they send.
 *
 * @typeParam E An event.
 */
export class Events<E = EventRecord> extends Shared<KernelEvents<E>> implements AsyncIterable<E> {
  readonly #size: number;
  readonly #late: LateMap<RingBuffer<E>> = new LateMap("the events");
  readonly #sides: SideMaps = new SideMaps("the events");
  #shapes: readonly RecordType[] = [];
  readonly #codecs: Codec<unknown>[] = [];

  /** Made by {@linkcode events}. */
  constructor({ size = RING_SIZE }: EventsOptions) {
    super();
    this.#size = size;
  }

  /** Events as they come, until the loop is left or they are closed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<E> {
    return this.events();
  }

  /** Events as they come, until the loop is left, the signal aborts, or none came for `timeout`. */
  events(options: EventOptions = {}): AsyncIterableIterator<E> {
    return this.#late.opened.events(options);
  }

  /** How many events found no room so far, because the script did not read them in time. */
  get lost(): number {
    return this.#sides.lost;
  }

  /** The buffer, for batches and streams. */
  get buffer(): RingBuffer<E> {
    return this.#late.opened;
  }

  /** @ignore */
  override get spec(): SharedSpec {
    return { kind: "events", shapes: this.#shapes };
  }

  /** @ignore */
  override open(name: string, { shapes = [] }: SharedUse): Readonly<Record<string, BpfMap>> {
    this.#shapes = shapes;
    for (const shape of shapes.slice(this.#codecs.length)) this.#codecs.push(this.#sides.codecOf(shape));
    const kind = ring(this.#codec(), { lost: { get: () => BigInt(this.lost) } });
    return {
      [name]: this.#late.open(() => this.create(kind, { name, maxEntries: this.#size })),
      ...this.#sides.open(name, shapes, this.create),
    };
  }

  /** Reads a record by the shape that its tag names. */
  #codec(): Codec<E> {
    return {
      size: u32.size,
      align: 8,
      type: "event",
      read: (view, at) => {
        const tag = u32.read(view, at);
        const codec = this.#codecs[tag];
        if (!codec) {
          throw new LayoutError(`Cannot decode an event: it has tag ${tag}, which no kernel function sends`);
        }
        return codec.read(view, at) as E;
      },
      write: () => {
        throw new TypeError("Cannot encode an event: scripts only read them");
      },
    };
  }

  /** Ends loops and closes the buffer. */
  override close(): void {
    this.#late.close();
    this.#sides[Symbol.dispose]();
  }
}

/**
 * Makes events for kernel functions to send.
 *
 * @example Every program that starts
 * ```ts ignore
 * import { events, rawTracepoint } from "@waggle/ebpf/trace";
 *
 * using execs = events<{ pid: number; file: string }>();
 * using _probe = rawTracepoint("sched_process_exec", { execs }, (c, { execs }) => {
 *   execs.emit({ pid: c.pid, file: c.str(c.args.bprm.filename, 256) });
 * });
 * for await (const { pid, file } of execs) console.log(pid, file);
 * ```
 */
export function events<E = EventRecord>(options: EventsOptions = {}): Events<E> {
  return new Events(options);
}
