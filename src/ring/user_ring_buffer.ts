/**
 * User ring buffers: messages from scripts to programs.
 *
 * @module
 */
import { type Codec, LITTLE_ENDIAN, rest } from "../codec/mod.ts";
import { BpfMap, type MapHandle, type MapKind } from "../map/mod.ts";
import { acquireLoad, type Descriptor, Mapping, openReadable, pageSize, type Readable } from "../sys/mod.ts";

const HEADER_SIZE = 8;

/** Options of {@linkcode UserRingBuffer.send}. */
export interface SendOptions {
  /** Ends the wait for room when it aborts. */
  readonly signal?: AbortSignal;
  /** Of the message in bytes, as for {@linkcode UserRingBuffer.push}. */
  readonly size?: number;
}

/**
 * A ring buffer that a script writes and a program reads when it runs (`bpf_user_ringbuf_drain`,
 * `BPF_MAP_TYPE_USER_RINGBUF`). Since Linux 6.1.
 *
 * @typeParam T A message.
 *
 * @example Commands for a program
 * ```ts ignore
 * import { load, struct, u32, userRing } from "@waggle/ebpf";
 *
 * await using object = await load("filter.bpf.o");
 * const commands = object.maps.get("commands", userRing(struct({ pid: u32, trace: u32 })));
 * commands.push({ pid: 42, trace: 1 });
 * ```
 */
export class UserRingBuffer<T> extends BpfMap {
  readonly #codec: Codec<T>;
  #memory: UserRingMemory | undefined;
  /** What waits for room, while anybody does. */
  #room: Readable | undefined;
  /** Settles when the last of those that wait has its turn behind it. */
  #sending: Promise<unknown> = Promise.resolve();
  #senders = 0;

  /** Takes the descriptor of the handle over. */
  constructor(handle: MapHandle, codec: Codec<T>) {
    super(handle);
    this.#codec = codec;
  }

  /**
   * Puts a message in, for a program to read when it runs next. Returns false where there is no room for it now.
   *
   * @param size Of the message in bytes, for codecs that go on to the end of the bytes; by default that of the bytes, or
   * what the codec says.
   *
   * @throws {RangeError} The message is larger than the ring buffer will ever have room for.
   */
  push(message: T, size?: number): boolean {
    return this.#open().push(size ?? sizeOf(message, this.#codec), (view, at, size) => {
      if (!this.#codec.flexible) return this.#codec.write(view, at, message);
      this.#codec.write(new DataView(view.buffer, view.byteOffset + at, size), 0, message);
    });
  }

  /**
   * Puts a message in, once there is room: messages that are sent go in one after the other, in order. Resolves to whether it
   * is in; false where the signal aborted before that.
   *
   * The program that reads tells of room with each `bpf_user_ringbuf_drain()`, but with `BPF_RB_NO_WAKEUP` it does not.
   *
   * @throws {RangeError} The message is larger than the ring buffer will ever have room for.
   * @throws {ClosedError} The ring buffer was closed before.
   *
   * @example
   * ```ts ignore
   * import { load, struct, u32, userRing } from "@waggle/ebpf";
   *
   * await using object = await load("filter.bpf.o");
   * const commands = object.maps.get("commands", userRing(struct({ pid: u32 })));
   * for (let pid = 1; pid < 100_000; pid++) await commands.send({ pid }, { signal: AbortSignal.timeout(1000) });
   * ```
   */
  async send(message: T, { signal, size }: SendOptions = {}): Promise<boolean> {
    if (signal?.aborted) return false;
    if (this.#senders === 0 && this.push(message, size)) return true;
    this.#senders++;
    try {
      const sent = this.#sending.then(() => this.#sendNow(message, size, signal));
      this.#sending = sent.catch(() => {}); // that of another message
      return await sent;
    } finally {
      if (--this.#senders === 0) this.#noRoom();
    }
  }

  async #sendNow(message: T, size: number | undefined, signal: AbortSignal | undefined): Promise<boolean> {
    while (!signal?.aborted) {
      if (this.push(message, size)) return true;
      this.#room ??= openReadable(this.descriptor.fd, "room");
      await this.#room.wait(signal);
    }
    return false;
  }

  #noRoom(): void {
    this.#room?.[Symbol.dispose]();
    this.#room = undefined;
  }

  /** How many bytes of messages and their headers the program has not read yet. */
  get pending(): number {
    return this.#open().pending;
  }

  /** Unmaps the memory and closes the map. */
  override close(): void {
    this.#noRoom();
    this.#memory?.[Symbol.dispose]();
    super.close();
  }

  #open(): UserRingMemory {
    this.descriptor.fd; // throws where the map is closed
    return this.#memory ??= new UserRingMemory(this.descriptor, this.facts.maxEntries);
  }
}

/**
 * The producer's side of a user ring buffer. Its pages are those of `kernel/bpf/ringbuf.c`, the other way round: the
 * consumer's page is read, the producer's and the data are written.
 */
class UserRingMemory implements Disposable {
  readonly #acquire = acquireLoad();
  readonly #what: string;
  readonly #size: number;
  readonly #consumerPage: Mapping;
  readonly #producerPages: Mapping;
  readonly #consumed: Int32Array;
  readonly #published: BigUint64Array;
  readonly #headers: Int32Array;
  readonly #data: DataView;

  constructor(map: Descriptor, size: number) {
    const page = pageSize();
    this.#what = map.what;
    this.#size = size;
    using undo = new DisposableStack();
    this.#consumerPage = undo.use(new Mapping(map, { length: page }));
    this.#producerPages = undo.use(
      new Mapping(map, { length: page + 2 * size, offset: page, writable: true }),
    );
    undo.move();
    this.#consumed = new Int32Array(this.#consumerPage.buffer, 0, 2);
    this.#published = new BigUint64Array(this.#producerPages.buffer, 0, 1);
    this.#headers = new Int32Array(this.#producerPages.buffer, page, 2 * size / 4);
    this.#data = new DataView(this.#producerPages.buffer, page, 2 * size);
  }

  /** In bytes. */
  get pending(): number {
    return this.#unread(this.#position);
  }

  /** Where the next message goes; read each time, as another handle of the map may have written. */
  get #position(): number {
    return Number(Atomics.load(this.#published, 0));
  }

  /** Positions only grow; their low halves tell how far they are apart. */
  #unread(position: number): number {
    const consumed = this.#acquire(this.#consumed, LITTLE_ENDIAN ? 0 : 1);
    return ((position | 0) - consumed) >>> 0;
  }

  /** Room for a message, which `write` fills; false where there is none now. */
  push(size: number, write: (view: DataView, at: number, size: number) => void): boolean {
    const total = Math.ceil((size + HEADER_SIZE) / 8) * 8;
    if (!Number.isInteger(size) || size < 0 || total > this.#size) {
      throw new RangeError(
        `Cannot push a message of ${size} bytes into ${this.#what}: it has ${this.#size} bytes, with ${HEADER_SIZE} for a header`,
      );
    }
    const position = this.#position;
    if (this.#unread(position) + total > this.#size) return false;
    const at = position & (this.#size - 1);
    // Where this throws nothing was published: the program never sees it
    write(this.#data, at + HEADER_SIZE, size);
    this.#headers[at >> 2] = size;
    this.#headers[(at >> 2) + 1] = 0;
    // A full barrier, so that the program sees the message where it sees the position (`smp_load_acquire`)
    Atomics.store(this.#published, 0, BigInt(position + total));
    return true;
  }

  [Symbol.dispose](): void {
    this.#consumerPage[Symbol.dispose]();
    this.#producerPages[Symbol.dispose]();
  }
}

function sizeOf(message: unknown, codec: Codec<unknown>): number {
  return message instanceof Uint8Array ? message.length : codec.size;
}

/** User ring buffers with messages of this type. Since Linux 6.1. */
export function userRing<T>(message: Codec<T>): MapKind<UserRingBuffer<T>>;
/** User ring buffers with messages of bytes. */
export function userRing(): MapKind<UserRingBuffer<Uint8Array>>;
export function userRing(message?: Codec<unknown>): MapKind<UserRingBuffer<unknown>> {
  return {
    types: ["user_ringbuf"],
    keySize: 0,
    valueSize: 0,
    value: message,
    open: (handle) => new UserRingBuffer(handle, message ?? rest()),
  };
}
