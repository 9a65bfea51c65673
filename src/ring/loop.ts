/**
 * Loops over events.
 *
 * @module
 */

/** Where a loop has its events from, for as long as it runs. */
export interface Feed<T> {
  /** How many events can be taken at once. */
  readonly count: number;
  /** Whether nothing more will come. */
  readonly ended: boolean;
  /** The next event, of which there must be one. */
  take(): T;
  /** The next events, of which there must be one. */
  takeBatch(): T[];
  /** Decodes more, where none are left; `all` those that are there, held ones too. Returns whether there are any. */
  fill(all: boolean): boolean;
  /** Resolves once there may be more; with `false` when there was nothing in time, or there is nothing to wait for. */
  wait(signal: AbortSignal | undefined, timeout: number | undefined): Promise<boolean>;
  /** Lets others read. */
  end(): void;
}

/** Options of loops over events. */
export interface EventOptions {
  /** Ends the events when it aborts: the loop over them ends without an error. */
  readonly signal?: AbortSignal;
  /**
   * Ends the events where none came for so long, in ms. 0 gives what is there now: also what the kernel has not told of,
   * since fewer came than it tells of at a time.
   */
  readonly timeout?: number;
  /** Called with how many more events found no room, when the loop comes to know. */
  readonly onLost?: (count: number) => void;
}

/** How long, in ms, a loop may find events before timers and signals get their turn. */
const TURN_MS = 10;
/** Timers know no more. */
const LONGEST_MS = 2 ** 31 - 1;

/** Events one by one, or batch by batch. Written out, since an async generator costs three times as much per event. */
export abstract class Loop<T, R> implements AsyncIterableIterator<R> {
  /** Where the events are from. */
  protected readonly feed: Feed<T>;
  readonly #signal: AbortSignal | undefined;
  readonly #timeout: number | undefined;
  #open = true;
  #turn: number = performance.now();

  /** The feed ends with the loop. */
  constructor(feed: Feed<T>, { signal, timeout }: EventOptions) {
    this.feed = feed;
    this.#signal = signal;
    this.#timeout = timeout;
  }

  /** What the loop gives next, of the events that can be taken. */
  protected abstract taken(): R;

  /** The next one. */
  next(): Promise<IteratorResult<R, undefined>> {
    if (this.feed.count > 0 && this.#goesOn) return Promise.resolve({ value: this.taken(), done: false });
    return this.#refill();
  }

  /** Ends the loop. */
  return(): Promise<IteratorResult<R, undefined>> {
    if (this.#open) this.feed.end();
    this.#open = false;
    return Promise.resolve({ value: undefined, done: true });
  }

  /** The loop itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  get #goesOn(): boolean {
    return this.#open && !this.#signal?.aborted;
  }

  async #refill(): Promise<IteratorResult<R, undefined>> {
    try {
      if (await this.#more() && this.#goesOn) return { value: this.taken(), done: false };
    } catch (error) {
      await this.return();
      throw error;
    }
    return this.return();
  }

  /** Whether there are more events. */
  async #more(): Promise<boolean> {
    const { feed } = this;
    const start = performance.now();
    let left = this.#timeout;
    while (this.#goesOn && !feed.ended) {
      // A buffer that fills as fast as it is read would never let timers and signals run.
      if (performance.now() - this.#turn > TURN_MS) {
        await feed.wait(this.#signal, 0);
        this.#turn = performance.now();
        if (!this.#goesOn || feed.ended) return false;
      }
      if (feed.fill(left === 0)) return true;
      if (left === 0) return false;
      const ready = await feed.wait(this.#signal, left);
      this.#turn = performance.now();
      if (this.#timeout !== undefined) {
        left = Math.max(0, this.#timeout - (performance.now() - start));
        if (!ready) left = 0;
      } else if (!ready) return false;
    }
    return false;
  }
}

/** Events one by one. */
export class EventLoop<T> extends Loop<T, T> {
  /** One event. */
  protected override taken(): T {
    return this.feed.take();
  }
}

/** All events that are there at a time. */
export class BatchLoop<T> extends Loop<T, T[]> {
  /** Some events. */
  protected override taken(): T[] {
    return this.feed.takeBatch();
  }
}

/** Events as a stream, which takes one only when somebody wants it. */
export function streamOf<T>(events: AsyncIterator<T, undefined>): ReadableStream<T> {
  return new ReadableStream<T>({
    async pull(controller) {
      const next = await events.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await events.return?.();
    },
  }, { highWaterMark: 0 });
}

/** @throws {RangeError} The timeout is none. */
export function checkedOptions(what: string, options: EventOptions): EventOptions {
  const { timeout } = options;
  if (timeout === undefined) return options;
  if (!(timeout >= 0)) throw new RangeError(`Cannot read ${what} with a timeout of ${timeout} ms`);
  const { timeout: _, ...unlimited } = options;
  return timeout > LONGEST_MS ? unlimited : options;
}
