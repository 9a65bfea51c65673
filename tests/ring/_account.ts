/**
 * Records that are accounted for.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { EventBuffer } from "../../src/ring/mod.ts";
import type { Sample, Samples } from "./_samples.ts";

/** What arrived, by CPU, in order. */
export class Account {
  readonly #next: number[] = [];
  readonly #arrived: number[] = [];

  /** How many arrived. */
  get count(): number {
    return this.#arrived.reduce((sum, count) => sum + count, 0);
  }

  /** Throws where it came before. */
  add(number: number, cpu: number): void {
    if (number < (this.#next[cpu] ?? 0)) {
      throw new Error(`CPU ${cpu}: ${number} after ${this.#next[cpu]! - 1}`);
    }
    this.#next[cpu] = number + 1;
    this.#arrived[cpu] = (this.#arrived[cpu] ?? 0) + 1;
  }

  /** The same of each. */
  addAll(events: readonly Sample[]): void {
    for (const { number, cpu } of events) this.add(Number(number), cpu);
  }

  /** Reads what is there, records of this size. */
  drain(buffer: EventBuffer<Sample>, size: number): void {
    buffer.drain((view, at, length) => {
      const number = Number(view.getBigUint64(at, true));
      this.add(number, view.getUint32(at + 8, true));
      const wrong = length < size || (size > 16 && view.getUint8(at + size - 1) !== number % 256);
      if (wrong) throw new Error(`${number} is damaged`);
    });
  }

  /** Compares with what the producers counted. Returns how many arrived and how many found no room. */
  settle(samples: Samples): { arrived: number; dropped: number } {
    const counts = samples.counts();
    for (const [cpu, { made, dropped }] of counts.entries()) {
      assertEquals((this.#arrived[cpu] ?? 0) + dropped, made, `CPU ${cpu}`);
    }
    return {
      arrived: this.count,
      dropped: counts.reduce((sum, { dropped }) => sum + dropped, 0),
    };
  }
}
