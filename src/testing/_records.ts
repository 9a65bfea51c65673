/** Records of rings in memory. */
import type { RecordHandler, Records } from "../map/mod.ts";
import type { Readable } from "../sys/mod.ts";
import type { VmMap } from "../vm/mod.ts";

/** The reader's side of a ring in memory. */
export class MemoryRecords implements Records {
  readonly lost: undefined;
  readonly ordered = false;
  readonly held = 0;
  readonly #map: VmMap;

  constructor(map: VmMap) {
    this.#map = map;
  }

  readable(): Readable {
    return new MemoryReadable(this.#map);
  }

  /** What would write runs on this thread. */
  block(): boolean {
    return false;
  }

  consume(limit: number, handle: RecordHandler): number {
    let count = 0;
    for (; count < limit; count++) {
      const [record] = this.#map.take(1);
      if (record === undefined) break;
      hand(record, handle);
    }
    return count;
  }

  consumeAll(handle: RecordHandler): number {
    return this.consume(Infinity, handle);
  }

  drain(handle: RecordHandler): number {
    const records = this.#map.take();
    for (const record of records) {
      const { buffer } = record.slice();
      try {
        handle(new DataView(buffer), 0, record.length, 0);
      } finally {
        buffer.transfer(); // leaves the view empty
      }
    }
    return records.length;
  }

  [Symbol.dispose](): void {}
}

function hand({ buffer, byteOffset, length }: Uint8Array, handle: RecordHandler): void {
  handle(new DataView(buffer, byteOffset, length), 0, length, 0);
}

/** Waits for records that programs write. */
class MemoryReadable implements Readable {
  readonly #map: VmMap;
  readonly #unlisten: () => void;
  #waiter: PromiseWithResolvers<boolean> | undefined;

  constructor(map: VmMap) {
    this.#map = map;
    this.#unlisten = map.listen(() => this.wake());
  }

  async wait(signal?: AbortSignal, timeout?: number): Promise<boolean> {
    if (this.#map.size > 0) return true;
    if (signal?.aborted || timeout === 0) return false;
    const waiter = this.#waiter = Promise.withResolvers<boolean>();
    const end = () => waiter.resolve(false);
    const timer = timeout === undefined ? undefined : setTimeout(end, timeout);
    signal?.addEventListener("abort", end);
    try {
      return await waiter.promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      this.#waiter = undefined;
    }
  }

  wake(): void {
    this.#waiter?.resolve(true);
  }

  [Symbol.dispose](): void {
    this.#unlisten();
    this.#waiter?.resolve(false);
  }
}
