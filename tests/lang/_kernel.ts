/**
 * Kernel functions that compute something of numbers, run by the kernel itself (`BPF_PROG_TEST_RUN`).
 *
 * @module
 */
import { i64, u32 } from "../../src/codec/mod.ts";
import { loadFunction } from "../../src/trace/_load.ts";
import { hash, type KernelHash, type XdpContext } from "../../src/trace/mod.ts";
import type { SharedThings } from "../../src/trace/shared.ts";

/** What a function reads and writes by number. */
export type Numbers = KernelHash<number, bigint>;

/** What the functions are handed. */
export interface Io {
  /** What is known before. */
  readonly input: Numbers;
  /** What is found. */
  readonly output: Numbers;
}

/** A function that computes. */
export type Computation = (c: XdpContext, io: Io) => unknown;

/** Has the kernel run a function on numbers, and returns what it wrote by key. */
export function compute(
  body: Computation | string,
  inputs: readonly (number | bigint)[] = [],
  constants: SharedThings = {},
): ReadonlyMap<number, bigint> {
  using input = hash(u32, i64);
  using output = hash(u32, i64);
  inputs.forEach((value, i) => input.set(i, BigInt(value)));
  // What an engine would print of it: only the text counts
  const named = typeof body === "string" ? Object.assign(() => {}, { toString: () => body }) : body;
  using program = loadFunction({
    function: named,
    shared: { ...constants, input, output },
    context: { kind: "xdp" },
    program: { name: "compute", type: "xdp" },
    results: { pass: 2n },
    result: 2n,
  }).program;
  program.run({ data: new Uint8Array(64) });
  return new Map(output);
}
