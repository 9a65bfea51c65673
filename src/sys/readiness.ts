/**
 * One wait for all readers of the process.
 *
 * A runtime's asynchronous wait is a scarce thing: Deno runs it on one of 32 threads that it shares with file access.
 * So all descriptors go into one epoll instance, and at most one wait for it is under way.
 *
 * @module
 */
import { EPOLL, Epoll, EventFd } from "./epoll.ts";

/** A descriptor that somebody reads events from. */
export interface Readable extends Disposable {
  /**
   * Resolves once the descriptor is readable; with `false` when it was closed or the signal aborted before that.
   *
   * @throws {TypeError} An earlier wait is still under way.
   */
  wait(signal?: AbortSignal): Promise<boolean>;
}

/** The epoll instance, its wake-up call and the waiters, while anybody reads. */
class Readiness {
  readonly #epoll = new Epoll();
  readonly #wake = new EventFd();
  readonly #members = new Set<number>();
  readonly #waiters = new Map<number, PromiseWithResolvers<boolean>>();
  #loop: Promise<void> | undefined;

  constructor() {
    this.#epoll.control("add", this.#wake.fd, EPOLL.IN);
  }

  add(fd: number): void {
    this.#epoll.control("add", fd, EPOLL.ONESHOT);
    this.#members.add(fd);
  }

  remove(fd: number): void {
    this.#members.delete(fd);
    this.settle(fd, false);
    this.#epoll.control("remove", fd, 0);
  }

  wait(fd: number): Promise<boolean> {
    if (this.#waiters.has(fd)) {
      throw new TypeError(`Cannot wait for descriptor ${fd}: an earlier wait is under way`);
    }
    // One shot: a reader that is busy with its events must not wake the others again and again.
    this.#epoll.control("modify", fd, EPOLL.IN | EPOLL.ONESHOT);
    const waiter = Promise.withResolvers<boolean>();
    this.#waiters.set(fd, waiter);
    this.#loop ??= this.#run();
    return waiter.promise;
  }

  settle(fd: number, ready: boolean): void {
    const waiter = this.#waiters.get(fd);
    if (!waiter) return;
    this.#waiters.delete(fd);
    waiter.resolve(ready);
    if (!ready && this.#waiters.size === 0) this.#wake.notify();
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiters.size > 0) {
        for (const fd of await this.#epoll.wait()) {
          if (fd === this.#wake.fd) this.#wake.reset();
          else this.settle(fd, true);
        }
      }
    } catch (error) {
      for (const waiter of this.#waiters.values()) waiter.reject(error);
      this.#waiters.clear();
    }
    // Here and not once the promise resolves: a reader may wait again before anybody hears of that.
    this.#loop = undefined;
  }

  get unused(): boolean {
    return this.#members.size === 0;
  }

  /** Closes everything once the wait under way, if any, has returned. */
  async close(): Promise<void> {
    await this.#loop;
    this.#wake[Symbol.dispose]();
    this.#epoll[Symbol.dispose]();
  }
}

let shared: Readiness | undefined;
let closing: Promise<void> = Promise.resolve();

/** Registers a descriptor with the shared wait, which starts with the first and ends with the last of them. */
export function openReadable(fd: number): Readable {
  const readiness = shared ??= new Readiness();
  try {
    readiness.add(fd);
  } finally {
    if (readiness.unused) close(readiness);
  }
  let open = true;
  return {
    async wait(signal) {
      if (!open || signal?.aborted) return false;
      const abort = () => readiness.settle(fd, false);
      signal?.addEventListener("abort", abort, { once: true });
      try {
        return await readiness.wait(fd);
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    },
    [Symbol.dispose]() {
      if (!open) return;
      open = false;
      try {
        readiness.remove(fd);
      } finally {
        if (readiness.unused) close(readiness);
      }
    },
  };
}

function close(readiness: Readiness): void {
  shared = undefined;
  const before = closing;
  closing = readiness.close().then(() => before);
}

/** Resolves when no wait is under way and no descriptor of one is open any more, provided that all readers are closed. */
export function readinessClosed(): Promise<void> {
  return closing;
}
