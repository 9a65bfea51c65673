/**
 * Ring buffers: events from programs to scripts.
 *
 * @module
 */
import type { BtfValue } from "../btf/core.ts";
import type { Codec } from "../codec/mod.ts";
import type { MapHandle, MapKind, Records } from "../map/mod.ts";
import { EventBuffer } from "./event_buffer.ts";
import { eventCodec, type EventType } from "./event_type.ts";
import { RingMemory } from "./ring_buffer.ts";

/** Where a program counts: a variable of its object. */
export interface LostCounter {
  /** How many there were so far. */
  get(): number | bigint;
}

/** Options of {@linkcode ring}. */
export interface RingOptions {
  /**
   * Where programs count the events that found no room: `bpf_ringbuf_reserve()` and `bpf_ringbuf_output()` tell the program
   * alone. For {@linkcode RingBuffer.lost} and {@linkcode EventOptions.onLost}.
   */
  readonly lost?: LostCounter;
}

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
 *
 * @example Batches, and what found no room, for a minute
 * ```ts ignore
 * import { load, ring, struct, u64 } from "@waggle/ebpf";
 *
 * await using object = await load("trace.bpf.o");
 * const lost = object.variables.get("dropped", u64); // the program adds 1 where bpf_ringbuf_output() fails
 * const events = object.maps.get("events", ring(struct({ time: u64, value: u64 }), { lost }));
 * const options = { signal: AbortSignal.timeout(60_000), onLost: (count: number) => console.warn(`${count} lost`) };
 * for await (const batch of events.batches(options)) console.log(batch.length);
 * ```
 */
export class RingBuffer<T> extends EventBuffer<T> {
  readonly #lost: LostCounter | undefined;
  readonly #handle: MapHandle;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, codec: Codec<T>, { lost }: RingOptions = {}) {
    super(handle, codec);
    this.#handle = handle;
    this.#lost = lost;
  }

  /** How many events found no room so far, where the program counts them and {@linkcode ring} was told where. */
  override get lost(): number | undefined {
    return this.#lost && Number(this.#lost.get());
  }

  /** For messages. */
  protected override get what(): string {
    return `ring buffer "${this.name}"`;
  }

  /** Maps the ring. */
  protected override openRecords(): Records {
    return this.#handle.records() ?? new RingMemory(this.descriptor, this.facts.maxEntries);
  }
}

/** Ring buffers with the bytes of each event. Since Linux 5.8. */
export function ring(event?: undefined, options?: RingOptions): MapKind<RingBuffer<Uint8Array>>;
/** Ring buffers with events of this type. */
export function ring<T>(event: Codec<T>, options?: RingOptions): MapKind<RingBuffer<T>>;
/** Ring buffers with events of a type of the map's object, by its name: `"event"` for `struct event`. */
export function ring(event: string, options?: RingOptions): MapKind<RingBuffer<BtfValue>>;
export function ring<T>(event?: EventType<T>, options?: RingOptions): MapKind<RingBuffer<T>> {
  return {
    types: ["ringbuf"],
    keySize: 0,
    valueSize: 0,
    open: (handle) => new RingBuffer(handle, eventCodec(handle, event), options),
  };
}
