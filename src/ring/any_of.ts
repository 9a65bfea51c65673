/**
 * Several buffers in one loop.
 *
 * @module
 */
import type { EventBuffer } from "./event_buffer.ts";
import { checkedOptions, EventLoop, type EventOptions, type Feed } from "./loop.ts";

/** An event of one of several buffers. `B` are the buffers by name. */
export type EventOf<B extends Readonly<Record<string, EventBuffer<unknown>>>> = {
  [N in keyof B]: { readonly from: N; readonly event: B[N] extends EventBuffer<infer T> ? T : never };
}[keyof B];

/**
 * Events of several buffers as they come, each with the name of the one it is from. They are in order within a buffer. The loop
 * ends as one over a single buffer does, and when any of the buffers is closed; what it has not given is left to the next.
 *
 * @throws {TypeError} Another loop reads one of them.
 *
 * @example
 * ```ts ignore
 * import { anyOf, load, ring, struct, u32 } from "@waggle/ebpf";
 *
 * await using object = await load("trace.bpf.o");
 * const execs = object.maps.get("execs", ring(struct({ pid: u32 })));
 * const exits = object.maps.get("exits", ring(struct({ pid: u32, code: u32 })));
 * for await (const { from, event } of anyOf({ execs, exits })) console.log(from, event.pid);
 * ```
 */
export function anyOf<const B extends Readonly<Record<string, EventBuffer<unknown>>>>(
  buffers: B,
  options: EventOptions = {},
): AsyncIterableIterator<EventOf<B>> {
  const names = Object.keys(buffers);
  const checked = checkedOptions(`buffers ${names.join(", ")}`, options);
  const feeds: NamedFeed[] = [];
  try {
    for (const [from, buffer] of Object.entries(buffers)) feeds.push({ from, feed: buffer.feed(checked) });
  } catch (error) {
    for (const { feed } of feeds) feed.end();
    throw error;
  }
  return new EventLoop(new FeedOfMany(feeds) as Feed<EventOf<B>>, checked);
}

interface NamedFeed {
  readonly from: string;
  readonly feed: Feed<unknown>;
}

interface NamedEvent {
  readonly from: string;
  readonly event: unknown;
}

/** Several feeds, one after the other. */
class FeedOfMany implements Feed<NamedEvent> {
  readonly #feeds: readonly NamedFeed[];
  /** The one that events are taken from now. */
  #current = 0;
  /** Those whose wait is under way: it goes on where a timeout ends the wait for all of them. */
  readonly #waiting = new Set<NamedFeed>();
  #woken = false;
  #wake: ((ready: boolean) => void) | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(feeds: readonly NamedFeed[]) {
    this.#feeds = feeds;
  }

  get count(): number {
    return this.#feeds.reduce((sum, { feed }) => sum + feed.count, 0);
  }

  get ended(): boolean {
    return this.#feeds.some(({ feed }) => feed.ended);
  }

  take(): NamedEvent {
    const { feeds, at } = { feeds: this.#feeds, at: this.#current };
    for (let i = 0;; i++) {
      const { from, feed } = feeds[(at + i) % feeds.length] as NamedFeed;
      if (feed.count > 0) return { from, event: feed.take() };
    }
  }

  takeBatch(): NamedEvent[] {
    return [this.take()];
  }

  fill(all: boolean): boolean {
    // Begins with another one each time: one that is busy must not keep the others waiting.
    this.#current = (this.#current + 1) % this.#feeds.length;
    for (const { feed } of this.#feeds) if (feed.count === 0) feed.fill(all);
    return this.count > 0;
  }

  async wait(signal: AbortSignal | undefined, timeout: number | undefined): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#wake = resolve;
    for (const named of this.#feeds) this.#start(named, signal);
    if (this.#woken) resolve(true);
    const timer = timeout === undefined ? undefined : setTimeout(resolve, timeout, false);
    const ready = await promise;
    clearTimeout(timer);
    this.#wake = undefined;
    this.#woken = false;
    if (this.#failure) throw this.#failure.error;
    return ready;
  }

  end(): void {
    for (const { feed } of this.#feeds) feed.end();
  }

  /** One reaction to each wait, however often the others are woken meanwhile. */
  #start(named: NamedFeed, signal: AbortSignal | undefined): void {
    if (this.#waiting.has(named)) return;
    this.#waiting.add(named);
    named.feed.wait(signal, undefined).catch((error: unknown) => {
      this.#failure = { error };
      return false;
    }).then((ready) => {
      this.#waiting.delete(named);
      this.#woken ||= ready;
      this.#wake?.(ready);
    });
  }
}
