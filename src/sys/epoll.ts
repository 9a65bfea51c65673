/**
 * epoll(7) and eventfd(2).
 *
 * @module
 */
import { addressOf, allocate, epollEventLayout, keepAlive, native } from "../../ffi/mod.ts";
import { checked, syscall, trySyscall } from "./call.ts";
import { Descriptor } from "./descriptor.ts";

const EPOLL_CLOEXEC = 0x80000;
const EFD_CLOEXEC_NONBLOCK = 0x80800;
const OPERATIONS = { add: 1, remove: 2, modify: 3 } as const;

/** Bits of `struct epoll_event.events`. */
export const EPOLL = { IN: 1, OUT: 4, ONESHOT: 0x40000000, ET: 0x80000000 } as const;

const CAPACITY = 64;

/** An epoll instance. */
export class Epoll implements Disposable {
  readonly #epoll: Descriptor;
  readonly #layout = epollEventLayout(native().arch);
  readonly #event = allocate(this.#layout.size);
  readonly #events = allocate(this.#layout.size * CAPACITY);

  /** Creates an instance. */
  constructor() {
    this.#epoll = new Descriptor(
      syscall("create an epoll instance", "epoll_create1", EPOLL_CLOEXEC),
      "epoll",
    );
  }

  /** Adds, changes or removes a descriptor. `events` are bits of {@linkcode EPOLL}. */
  control(operation: "add" | "remove" | "modify", fd: number, events: number): void {
    const view = new DataView(this.#event.buffer);
    view.setUint32(0, events, true);
    view.setInt32(this.#layout.data, fd, true);
    syscall(
      `${operation} descriptor ${fd} of an epoll instance`,
      "epoll_ctl",
      this.#epoll.fd,
      OPERATIONS[operation],
      fd,
      addressOf(this.#event),
    );
  }

  /** Waits for events, and returns the descriptors that have any. May be woken for nothing. */
  async wait(): Promise<number[]> {
    const count = await native().epollWait(this.#epoll.fd, this.#events.buffer, CAPACITY);
    checked(count, "epoll_pwait", "wait for events");
    keepAlive(this.#events);
    const view = new DataView(this.#events.buffer);
    const fds: number[] = [];
    for (let i = 0; i < count; i++) fds.push(view.getInt32(i * this.#layout.size + this.#layout.data, true));
    return fds;
  }

  /** Closes the instance. */
  [Symbol.dispose](): void {
    this.#epoll.close();
  }
}

/** An eventfd(2): readable from `notify()` until `reset()`. */
export class EventFd implements Disposable {
  readonly #event: Descriptor;
  readonly #counter = allocate(8);

  /** Creates an eventfd that is not readable. */
  constructor() {
    this.#event = new Descriptor(
      syscall("create an eventfd", "eventfd2", 0, EFD_CLOEXEC_NONBLOCK),
      "eventfd",
    );
  }

  /** The descriptor, to wait for. */
  get fd(): number {
    return this.#event.fd;
  }

  /** Makes it readable. */
  notify(): void {
    new DataView(this.#counter.buffer).setBigUint64(0, 1n, true);
    syscall("wake the reader of an eventfd", "write", this.#event.fd, addressOf(this.#counter), 8);
  }

  /** Makes it unreadable; harmless when it is so already. */
  reset(): void {
    trySyscall("read", this.#event.fd, addressOf(this.#counter), 8);
  }

  /** Closes the descriptor. */
  [Symbol.dispose](): void {
    this.#event.close();
  }
}
