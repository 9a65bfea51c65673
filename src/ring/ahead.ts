/** How many events are decoded ahead of the loop that takes them, and how many a batch has at most. */
export const BATCH = 1024;

/** Events that are decoded and that no loop has taken yet. */
export class Ahead<T> {
  #events: T[] = [];
  #taken = 0;
  #failure: { readonly error: unknown } | undefined;

  /** How many there are. */
  get count(): number {
    return this.#events.length - this.#taken;
  }

  /** The next one, of which there must be one. */
  take(): T {
    return this.#events[this.#taken++] as T;
  }

  /** All of them, or as many as a batch has. */
  takeBatch(): T[] {
    if (this.#taken === 0 && this.#events.length <= BATCH) {
      const events = this.#events;
      this.#events = [];
      return events;
    }
    const batch = this.#events.slice(this.#taken, this.#taken + BATCH);
    this.#taken += batch.length;
    return batch;
  }

  /** Decodes more. Returns whether there are any; throws what decoding throws, after the events before that. */
  fill(consume: (events: T[]) => void): boolean {
    const failure = this.#failure;
    this.clear();
    if (failure) throw failure.error;
    try {
      consume(this.#events);
    } catch (error) {
      if (this.#events.length === 0) throw error;
      this.#failure = { error };
    }
    return this.#events.length > 0;
  }

  /** Forgets them. */
  clear(): void {
    this.#events = [];
    this.#taken = 0;
    this.#failure = undefined;
  }
}
