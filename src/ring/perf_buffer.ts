/**
 * Perf buffers: events from programs to scripts, by CPU.
 *
 * @module
 */
import type { BtfValue } from "../btf/core.ts";
import type { Codec } from "../codec/mod.ts";
import { PermissionError, SyscallError } from "../errors.ts";
import { onlineCpus, permissionHintWith, possibleCpus } from "../kernel/mod.ts";
import { type MapHandle, type MapKind, PerfEventArray, type Records } from "../map/mod.ts";
import { CLOCK, type Descriptor, ERRNO, pageSize, perfEventOpen } from "../sys/mod.ts";
import { PERF_COUNT_SW, PERF_SAMPLE, PERF_TYPE } from "../uapi/mod.ts";
import { EventBuffer } from "./event_buffer.ts";
import { eventCodec, type EventType } from "./event_type.ts";
import { OrderedPerfRecords, OverwritablePerfRecords, PerfRecords } from "./perf_records.ts";
import { PerfRing } from "./perf_ring.ts";

/** Options of {@linkcode perfBuffer}. */
export interface PerfBufferOptions {
  /** Of the buffer of each CPU, in bytes, rounded up to pages to the power of two; 256 KiB unless given. */
  readonly size?: number;
  /**
   * After how many events, or bytes of them, of one CPU a loop is woken; after each event unless given. What came since is
   * read by {@linkcode EventBuffer.flush} and by loops with a `timeout`.
   */
  readonly wakeUp?: { readonly events: number } | { readonly bytes: number };
  /**
   * Whether events are given in the order of their times; in that of each CPU alone unless set. Each waits for 10 ms for older
   * ones of other CPUs; `drain()` and `timeout: 0` do not wait.
   */
  readonly ordered?: boolean;
  /**
   * Whether new events take the place of old ones when there is no room, as a flight recorder does. They are read newest
   * first, CPU by CPU, and nobody is woken: loops end with what is there. Since Linux 4.7.
   */
  readonly overwritable?: boolean;
  /** The CPUs to read; all of them unless given. Those that are offline are left out. */
  readonly cpus?: readonly number[];
}

/** In pages. */
const DEFAULT_PAGES = 64;

/**
 * A perf buffer (`BPF_MAP_TYPE_PERF_EVENT_ARRAY`, `bpf_perf_event_output()`): a ring of events for each CPU. Ring buffers are
 * better where the kernel has them. Since Linux 4.4.
 *
 * Programs find a place to write to once it is opened, which reading does and {@linkcode PerfBuffer.open} does sooner. One
 * reader at a time can have a map.
 *
 * CPUs that are offline when it is opened are left out, and what runs on them later finds no place. A CPU that goes offline
 * takes its place with it; what it wrote is still read.
 *
 * Events come with up to 7 bytes of padding: the kernel says no sizes but multiples of 8 less 4.
 *
 * @typeParam T An event.
 *
 * @example Events of all CPUs in the order of their times
 * ```ts ignore
 * import { load, perfBuffer, struct, u32 } from "@waggle/ebpf";
 *
 * await using object = await load("trace.bpf.o");
 * const events = object.maps.get("events", perfBuffer(struct({ pid: u32, kind: u32 }), { ordered: true })).open();
 * using _link = object.programs.get("on_exec").attach();
 * for await (const event of events.events({ onLost: (count) => console.warn(`${count} lost`) })) console.log(event);
 * ```
 */
export class PerfBuffer<T> extends EventBuffer<T> {
  readonly #slots: PerfEventArray;
  readonly #options: PerfBufferOptions;
  #rings: PerfRecords | undefined;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, codec: Codec<T>, options: PerfBufferOptions = {}) {
    super(handle, codec);
    this.#slots = new PerfEventArray(handle);
    this.#options = options;
  }

  /**
   * Opens the buffers of all CPUs, so that programs can write to them. Harmless where that is done already.
   *
   * @throws {PermissionError} The process lacks `CAP_PERFMON`, or may not have that much memory.
   */
  open(): this {
    this.records();
    return this;
  }

  /** The CPUs that are read, once it is open. */
  get cpus(): readonly number[] {
    return this.#rings?.rings.map(({ cpu }) => cpu) ?? [];
  }

  /**
   * How many events found no room so far. The kernel tells with the next event of the CPU that finds room, and it is counted
   * when that is read.
   */
  override get lost(): number {
    return this.#rings?.lost ?? 0;
  }

  /** The same of one CPU. */
  lostOn(cpu: number): number {
    return this.#rings?.rings.find((ring) => ring.cpu === cpu)?.lost ?? 0;
  }

  /** Has the kernel write no events, which are lost and not counted. Since Linux 4.7. */
  pause(): void {
    this.open();
    this.#rings?.pause(true);
  }

  /** Has the kernel go on after {@linkcode PerfBuffer.pause}. */
  resume(): void {
    this.open();
    this.#rings?.pause(false);
  }

  /** Ends all loops, takes the places away from programs, unmaps the memory and closes the map. */
  override close(): void {
    // The map would hold the events; where its last descriptor is closed it gives them up (`perf_event_fd_array_release`)
    for (const cpu of this.descriptor.closed ? [] : this.cpus) this.#slots.delete(cpu);
    this.#rings = undefined;
    super.close();
  }

  /** For messages. */
  protected override get what(): string {
    return `perf buffer "${this.name}"`;
  }

  /** Opens and maps the perf event of each CPU, and puts it where programs on that CPU look for it. */
  protected override openRecords(): Records {
    const { ordered, overwritable, cpus = onlineCpus() } = this.#options;
    using undo = new DisposableStack();
    const rings: PerfRing[] = [];
    for (const cpu of cpus.filter((cpu) => cpu < this.#slots.length)) {
      const ring = this.#openRing(cpu);
      if (!ring) continue;
      rings.push(undo.use(ring));
      this.#slots.set(cpu, ring.event.fd);
    }
    const Records = ordered ? OrderedPerfRecords : overwritable ? OverwritablePerfRecords : PerfRecords;
    const records = new Records(rings);
    undo.move();
    return this.#rings = records;
  }

  #openRing(cpu: number): PerfRing | undefined {
    using undo = new DisposableStack();
    const what = `the buffer of CPU ${cpu} of ${this.what}`;
    try {
      const event = this.#openEvent(what, cpu);
      if (!event) return undefined;
      undo.use(event);
      const { ordered = false, overwritable = false } = this.#options;
      const ring = new PerfRing(cpu, event, { size: this.#size, overwritable, timed: ordered });
      undo.move();
      return ring;
    } catch (cause) {
      throw explained(what, cause);
    }
  }

  /** `undefined` where the CPU is offline. */
  #openEvent(what: string, cpu: number): Descriptor | undefined {
    const { ordered, overwritable, wakeUp = { events: 1 } } = this.#options;
    try {
      return perfEventOpen(what, {
        type: PERF_TYPE.SOFTWARE,
        config: PERF_COUNT_SW.BPF_OUTPUT,
        sample_period: 1,
        sample_type: PERF_SAMPLE.RAW | (ordered ? PERF_SAMPLE.TIME : 0),
        ...("events" in wakeUp
          ? { wakeup_events: wakeUp.events }
          : { watermark: 1, wakeup_watermark: wakeUp.bytes }),
        ...(overwritable && { write_backward: 1 }),
        // The clock of this process, which tells how old samples are
        ...(ordered && { use_clockid: 1, clockid: CLOCK.MONOTONIC }),
      }, { pid: -1, cpu });
    } catch (error) {
      if (error instanceof SyscallError && error.errno === ERRNO.ENODEV) return undefined;
      throw error;
    }
  }

  get #size(): number {
    const { size = DEFAULT_PAGES * pageSize() } = this.#options;
    return 2 ** Math.ceil(Math.log2(Math.max(size, pageSize())));
  }
}

function explained(what: string, cause: unknown): unknown {
  if (!(cause instanceof SyscallError)) return cause;
  const refused = cause.errno === ERRNO.EPERM || cause.errno === ERRNO.EACCES;
  if (!refused) return cause;
  const why = cause.syscall === "mmap"
    ? "the sysctl kernel.perf_event_mlock_kb and RLIMIT_MEMLOCK allow no more memory: make it smaller (size), or add CAP_IPC_LOCK"
    : permissionHintWith("kernel.perf_event_paranoid", "CAP_PERFMON");
  return new PermissionError(`Cannot open ${what}: not permitted: ${why}`, { cause });
}

function checked(options: PerfBufferOptions): PerfBufferOptions {
  const { size, wakeUp, ordered, overwritable } = options;
  const numbers = { size, ...wakeUp };
  for (const [name, value] of Object.entries(numbers)) {
    if (value === undefined || (Number.isInteger(value) && value > 0 && value < 2 ** 31)) continue;
    throw new RangeError(`Cannot make a perf buffer with ${name} ${value}: it must be a positive integer`);
  }
  if (ordered && overwritable) {
    throw new TypeError("Cannot make a perf buffer ordered and overwritable: that is read newest first");
  }
  return options;
}

/** Perf buffers with the bytes of each event. Since Linux 4.4. */
export function perfBuffer(
  event?: undefined,
  options?: PerfBufferOptions,
): MapKind<PerfBuffer<Uint8Array>>;
/** Perf buffers with events of this type. */
export function perfBuffer<T>(event: Codec<T>, options?: PerfBufferOptions): MapKind<PerfBuffer<T>>;
/** Perf buffers with events of a type of the map's object, by its name: `"event"` for `struct event`. */
export function perfBuffer(event: string, options?: PerfBufferOptions): MapKind<PerfBuffer<BtfValue>>;
export function perfBuffer<T>(event?: EventType<T>, options: PerfBufferOptions = {}): MapKind<PerfBuffer<T>> {
  const given = checked(options);
  return {
    types: ["perf_event_array"],
    keySize: 4,
    valueSize: 4,
    creation: { maxEntries: possibleCpus },
    open: (handle) => new PerfBuffer(handle, eventCodec(handle, event), given),
  };
}
