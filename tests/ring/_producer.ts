/**
 * Records made by running programs by hand.
 *
 * @module
 */
import {
  add,
  atomicFetchAdd,
  call,
  exit,
  ldMap,
  ldMapValue,
  mov,
  r0,
  r1,
  r10,
  r2,
} from "../../src/asm/mod.ts";
import { r3, r4, r6, stx } from "../../src/asm/mod.ts";
import { type Codec, struct, u64 } from "../../src/codec/mod.ts";
import { array, createMap } from "../../src/map/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import type { RingBuffer } from "../../src/ring/mod.ts";

/** What a producer sends: 64 bytes, its number first and last. */
export interface Numbered {
  readonly number: bigint;
  readonly again: bigint;
}

const NUMBERED_SIZE = 64;

/** The record of a producer. */
export const numbered: Codec<Numbered> = {
  ...struct({ number: u64 }),
  size: NUMBERED_SIZE,
  type: "struct numbered",
  read: (view, at) => ({
    number: view.getBigUint64(at, true),
    again: view.getBigUint64(at + NUMBERED_SIZE - 8, true),
  }),
  write() {},
};

/** Sends records to a ring buffer, numbered from 0. */
export class Producer implements Disposable {
  readonly #resources = new DisposableStack();
  readonly #run: (count: number) => void;

  constructor(ring: RingBuffer<unknown>) {
    const count = this.#resources.use(createMap(array(u64), { name: "count", maxEntries: 1 }));
    const places = Array.from({ length: NUMBERED_SIZE / 8 }, (_, i) => stx("u64", [r10, -8 * (i + 1)], r6));
    const program = this.#resources.use(loadProgram({
      name: "produce",
      type: "xdp",
      maps: { count, ring },
      instructions: [
        ldMapValue(r1, "count"),
        mov(r6, 1),
        atomicFetchAdd("u64", [r1, 0], r6),
        ...places,
        ldMap(r1, "ring"),
        mov(r2, r10),
        add(r2, -NUMBERED_SIZE),
        mov(r3, NUMBERED_SIZE),
        mov(r4, 0),
        call("bpf_ringbuf_output"),
        mov(r0, 2),
        exit(),
      ],
    }));
    const data = new Uint8Array(64);
    this.#run = (count) => void program.run({ data, repeat: count });
  }

  /** Sends so many more. */
  send(count: number): void {
    this.#run(count);
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}

/** What a producer sends under these numbers. */
export function numbers(from: number, to: number): Numbered[] {
  return Array.from({ length: to - from }, (_, i) => ({ number: BigInt(from + i), again: BigInt(from + i) }));
}
