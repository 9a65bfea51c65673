/**
 * Kernel functions that compute something of numbers, run by the kernel itself (`BPF_PROG_TEST_RUN`) and in the virtual machine.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { i64, u32 } from "../../src/codec/mod.ts";
import { TestKernel } from "../../src/testing/mod.ts";
import { loadFunction } from "../../src/trace/_load.ts";
import { hash, type KernelHash, type SharedHash, type XdpContext } from "../../src/trace/mod.ts";
import { probe } from "../../src/trace/probe.ts";
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

/** A packet that is none. */
const PACKET = new Uint8Array(64);

/** Has the kernel run a function on numbers, and returns what it wrote by key: the same as in the virtual machine. */
export function compute(
  body: Computation | string,
  inputs: readonly (number | bigint)[] = [],
  constants: SharedThings = {},
): ReadonlyMap<number, bigint> {
  using input = hash(u32, i64);
  using output = hash(u32, i64);
  fill(input, inputs);
  using program = loadFunction(functionOf(body, { ...constants, input, output })).program;
  const { returnValue } = program.run({ data: PACKET });
  const found = sorted(output);
  const simulated = simulate(body, inputs, constants);
  assertEquals(simulated, { found, returnValue }, `the virtual machine and the kernel on ${body}`);
  return found;
}

/** The same in the virtual machine alone. */
export function simulate(
  body: Computation | string,
  inputs: readonly (number | bigint)[] = [],
  constants: SharedThings = {},
): { readonly found: ReadonlyMap<number, bigint>; readonly returnValue: number } {
  const kernel = new TestKernel();
  const [input, output] = [kernel.use(hash(u32, i64)), kernel.use(hash(u32, i64))];
  fill(input, inputs);
  using running = probe(functionOf(body, { ...constants, input, output }), () => {
    throw new Error("nothing of this is for the kernel of the machine");
  });
  const { returnValue } = kernel.program(running).run({ data: PACKET });
  return { found: sorted(output), returnValue };
}

function fill(input: SharedHash<number, bigint>, values: readonly (number | bigint)[]): void {
  values.forEach((value, i) => input.set(i, BigInt(value)));
}

function sorted(output: SharedHash<number, bigint>): Map<number, bigint> {
  return new Map([...output].sort(([a], [b]) => a - b));
}

function functionOf(body: Computation | string, shared: SharedThings): Parameters<typeof loadFunction>[0] {
  // What an engine would print of it: only the text counts
  const named = typeof body === "string" ? Object.assign(() => {}, { toString: () => body }) : body;
  return {
    function: named,
    shared,
    context: { kind: "xdp" },
    program: { name: "compute", type: "xdp" },
    results: { pass: 2n },
    result: 2n,
  };
}
