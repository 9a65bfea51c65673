/**
 * Kernel functions that compute something of numbers, run by the kernel itself (`BPF_PROG_TEST_RUN`) and in the virtual machine.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { type Codec, i64, u32 } from "../../src/codec/mod.ts";
import { TestKernel } from "../../src/testing/mod.ts";
import type { LoopWay } from "../../src/lang/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { withLines } from "../../src/trace/_lines.ts";
import { loadFunction } from "../../src/trace/_load.ts";
import { FunctionSource } from "../../src/trace/_source.ts";
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

/** Numbers that a function reads, and the type that the kernel keeps them as. */
export interface Column {
  readonly of: Codec<number> | Codec<bigint>;
  readonly values: readonly (number | bigint)[];
}

/** Columns by the names of what the function is handed. */
export type Columns = Readonly<Record<string, Column>>;

/** Has the kernel run a function on numbers, and returns what it wrote by key: the same as in the virtual machine. */
export function compute(
  body: Computation | string,
  inputs: readonly (number | bigint)[] = [],
  constants: SharedThings = {},
): ReadonlyMap<number, bigint> {
  return computeOf(body, { input: { of: i64, values: inputs } }, constants);
}

/** The same of numbers of any types. */
export function computeOf(
  body: Computation | string,
  columns: Columns,
  constants: SharedThings = {},
): ReadonlyMap<number, bigint> {
  using stack = new DisposableStack();
  const maps = mapsOf(columns);
  for (const map of Object.values(maps)) stack.use(map);
  fill(maps, columns);
  using program = loadFunction(functionOf(body, { ...constants, ...maps })).program;
  const { returnValue } = program.run({ data: PACKET });
  const found = sorted(maps.output);
  const simulated = simulateOf(body, columns, constants);
  assertEquals(simulated, { found, returnValue }, `the virtual machine and the kernel on ${body}`);
  return found;
}

/** Has the kernel run a function on numbers, whose loops without a bound it runs in a given way. */
export function computeBy(
  way: LoopWay,
  body: string,
  inputs: readonly number[] = [],
): { readonly found: ReadonlyMap<number, bigint>; readonly returnValue: number; readonly explained: string } {
  using stack = new DisposableStack();
  const columns = { input: { of: i64, values: inputs } };
  const maps = mapsOf(columns);
  for (const map of Object.values(maps)) stack.use(map);
  fill(maps, columns);
  const source = stack.use(new FunctionSource(functionOf(body, maps)));
  const compiled = source.compile({ loops: () => way });
  const options = {
    ...source.options.program,
    instructions: compiled.instructions,
    maps: source.maps(compiled),
  };
  using program = loadProgram(withLines(options, compiled.places, source.text, source.origin));
  const { returnValue } = program.run({ data: PACKET });
  return { found: sorted(maps.output), returnValue, explained: source.explain(compiled) };
}

/** What a function comes to. */
interface Outcome {
  readonly found: ReadonlyMap<number, bigint>;
  readonly returnValue: number;
}

/** What a function makes of numbers in the virtual machine alone. */
export function simulate(
  body: Computation | string,
  inputs: readonly (number | bigint)[] = [],
  constants: SharedThings = {},
): Outcome {
  return simulateOf(body, { input: { of: i64, values: inputs } }, constants);
}

function simulateOf(body: Computation | string, columns: Columns, constants: SharedThings): Outcome {
  const kernel = new TestKernel();
  const maps = mapsOf(columns);
  for (const map of Object.values(maps)) kernel.use(map);
  fill(maps, columns);
  using running = probe(functionOf(body, { ...constants, ...maps }), () => {
    throw new Error("nothing of this is for the kernel of the machine");
  });
  const { returnValue } = kernel.program(running).run({ data: PACKET });
  return { found: sorted(maps.output), returnValue };
}

type Maps = Record<string, SharedHash<number, number | bigint>> & { output: SharedHash<number, bigint> };

function mapsOf(columns: Columns): Maps {
  const named = Object.entries(columns).map(([name, { of }]) => [name, hash(u32, of as Codec<bigint>)]);
  return { ...Object.fromEntries(named), output: hash(u32, i64) };
}

function fill(maps: Maps, columns: Columns): void {
  for (const [name, { of, values }] of Object.entries(columns)) {
    const as = of.size === 8 ? BigInt : Number;
    values.forEach((value, i) => maps[name]?.set(i, as(value)));
  }
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
