/**
 * One wait for all readers of the process.
 *
 * A runtime's asynchronous wait is a scarce thing: Deno runs it on one of 32 threads that it shares with file access.
 * So all descriptors go into one epoll instance, and at most one wait for it is under way.
 *
 * @module
 */
import { EPOLL, Epoll, EventFd } from "./epoll.ts";

/** Descriptors that somebody reads events from, or waits for room in. */
export interface Readable extends Disposable {
  /**
   * Resolves once one of the descriptors is ready; with `false` when they were closed, the signal aborted or `timeout`
   * milliseconds passed before that.
   *
   * @throws {TypeError} An earlier wait is still under way.
   */
  wait(signal?: AbortSignal, timeout?: number): Promise<boolean>;
  /** Ends a wait as if a descriptor were ready; harmless where there is none. */
  wake(): void;
}

/**
 * What is waited for.
 *
 * - `level`: that there is something to read when the wait begins, or later.
 * - `edge`: that the kernel says so anew. What it says while nobody waits is kept for the next wait. Perf events are to be
 *   waited for in this way: they say so once, to whoever asks first (`perf_poll`), be it epoll when it is told to watch.
 * - `room`: that there may be more room to write, in the way of `edge`.
 */
export type ReadableMode = "level" | "edge" | "room";

const EVENTS: Readonly<Record<ReadableMode, number>> = {
  // One shot, armed by each wait: a reader that is busy with its events must not wake the others again and again.
  level: EPOLL.ONESHOT,
  edge: EPOLL.IN | EPOLL.ET,
  room: EPOLL.OUT | EPOLL.ET,
};

/** Descriptors that are waited for together. */
interface Member {
  readonly fds: readonly number[];
  readonly mode: ReadableMode;
  waiter?: PromiseWithResolvers<boolean> | undefined;
  /** Whether the kernel said that they are ready while nobody waited. */
  ready: boolean;
}

/** The epoll instance, its wake-up call and the waiters, while anybody reads. */
class Readiness {
  readonly #epoll = new Epoll();
  readonly #wake = new EventFd();
  readonly #members = new Map<number, Member>();
  /** Those of mode `edge`. */
  readonly #edges = new Set<Member>();
  readonly #waiting = new Set<Member>();
  #loop: Promise<void> | undefined;

  constructor() {
    this.#epoll.control("add", this.#wake.fd, EPOLL.IN);
  }

  add(member: Member): void {
    if (member.mode === "edge") this.#edges.add(member);
    try {
      for (const fd of member.fds) {
        this.#epoll.control("add", fd, EVENTS[member.mode]);
        this.#members.set(fd, member);
      }
    } catch (error) {
      this.remove(member);
      throw error;
    }
  }

  remove(member: Member): void {
    this.#edges.delete(member);
    const added = member.fds.filter((fd) => this.#members.get(fd) === member);
    for (const fd of added) this.#members.delete(fd);
    this.settle(member, false);
    for (const fd of added) this.#epoll.control("remove", fd, 0);
  }

  wait(member: Member): Promise<boolean> {
    if (member.waiter) {
      const message = `Cannot wait for descriptor ${member.fds[0]}: an earlier wait is under way`;
      return Promise.reject(new TypeError(message));
    }
    if (member.ready) {
      member.ready = false;
      return Promise.resolve(true);
    }
    if (member.mode === "level") {
      for (const fd of member.fds) this.#epoll.control("modify", fd, EPOLL.IN | EPOLL.ONESHOT);
    }
    const waiter = member.waiter = Promise.withResolvers<boolean>();
    this.#waiting.add(member);
    this.#loop ??= this.#run();
    return waiter.promise;
  }

  settle(member: Member, ready: boolean): void {
    const { waiter } = member;
    if (!waiter) return;
    member.waiter = undefined;
    this.#waiting.delete(member);
    waiter.resolve(ready);
    if (this.#waiting.size === 0) this.#wake.notify();
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        const fds = await this.#epoll.wait();
        if (fds.includes(this.#wake.fd)) this.#wake.reset();
        for (const fd of fds) {
          const member = this.#members.get(fd);
          if (member && !this.#edges.has(member)) this.#arrived(member);
        }
        // Where a runtime watches our epoll instance by one of its own, as Bun does, it is that which perf events told.
        for (const member of this.#edges) this.#arrived(member);
      }
    } catch (error) {
      for (const member of this.#waiting) {
        member.waiter?.reject(error);
        member.waiter = undefined;
      }
      this.#waiting.clear();
    }
    // Here and not once the promise resolves: a reader may wait again before anybody hears of that.
    this.#loop = undefined;
  }

  /** Not {@linkcode settle}: the wait for epoll has returned and needs no wake-up call. */
  #arrived(member: Member): void {
    const { waiter } = member;
    if (!waiter) {
      member.ready = member.mode !== "level";
      return;
    }
    member.waiter = undefined;
    this.#waiting.delete(member);
    waiter.resolve(true);
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

/**
 * Registers descriptors with the shared wait, which starts with the first and ends with the last of them. A descriptor is in
 * one `Readable` at a time.
 */
export function openReadable(fds: number | readonly number[], mode: ReadableMode = "level"): Readable {
  const readiness = shared ??= new Readiness();
  const member: Member = { fds: typeof fds === "number" ? [fds] : fds, mode, ready: false };
  try {
    readiness.add(member);
  } finally {
    if (readiness.unused) close(readiness);
  }
  let open = true;
  return {
    wait(signal, timeout) {
      if (!open || signal?.aborted) return Promise.resolve(false);
      // Each function between the kernel and the loop costs some microseconds after a sleep: none where there is nothing to undo
      if (!signal && timeout === undefined) return readiness.wait(member);
      return waitUntil(readiness, member, signal, timeout);
    },
    wake() {
      readiness.settle(member, true);
    },
    [Symbol.dispose]() {
      if (!open) return;
      open = false;
      try {
        readiness.remove(member);
      } finally {
        if (readiness.unused) close(readiness);
      }
    },
  };
}

async function waitUntil(
  readiness: Readiness,
  member: Member,
  signal: AbortSignal | undefined,
  timeout: number | undefined,
): Promise<boolean> {
  const end = () => readiness.settle(member, false);
  signal?.addEventListener("abort", end, { once: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const ready = readiness.wait(member);
    if (timeout !== undefined) timer = setTimeout(end, timeout);
    return await ready;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
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
