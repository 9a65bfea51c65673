/** Random kernel functions: the kernel, the virtual machine and JavaScript agree. */
import { assertEquals } from "@std/assert";
import process from "node:process";
import { i32, i64, u32, u64 } from "../../src/codec/mod.ts";
import { CompileError, VerifierError } from "../../src/errors.ts";
import { TestKernel } from "../../src/testing/mod.ts";
import { loadFunction } from "../../src/trace/_load.ts";
import { hash, type SharedHash } from "../../src/trace/mod.ts";
import { probe } from "../../src/trace/probe.ts";
import { test } from "../_harness.ts";
import { Chance } from "../vm/_random.ts";
import { generate, INPUT_COUNT } from "./_generator.ts";

/** By hand `WAGGLE_PROGRAMS=10000 WAGGLE_SEED=…`. */
const PROGRAMS = Number(process.env["WAGGLE_PROGRAMS"] ?? 200);
const SEED = Number(process.env["WAGGLE_SEED"] ?? Date.now() % 1_000_000_000);
const RUNS = 2;
const PACKET = new Uint8Array(64);

/** Numbers that something happens at. */
const EDGES = [
  0n,
  1n,
  2n,
  3n,
  7n,
  255n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

type Value = number | bigint;

/** What the functions are handed, by the codecs of values. */
interface Things {
  readonly s: SharedHash<number, Value>;
  readonly u: SharedHash<number, Value>;
  readonly w: SharedHash<number, Value>;
  readonly h: SharedHash<number, Value>;
  readonly m: SharedHash<number, Value>;
  readonly out: SharedHash<number, Value>;
}

const INPUTS = ["s", "u", "w", "h"] as const;

function things(): Things {
  return {
    s: hash(u32, i64),
    u: hash(u32, u64),
    w: hash(u32, u32),
    h: hash(u32, i32),
    m: hash(u32, i64),
    out: hash(u32, i64),
  } as unknown as Things;
}

/** What the maps hold when a function starts. */
type Inputs = Readonly<Record<(typeof INPUTS)[number] | "m", readonly bigint[]>>;

function inputs(chance: Chance): Inputs {
  const one = () => chance.below(2) ? chance.pick(EDGES) : BigInt(chance.u32()) << 32n | BigInt(chance.u32());
  const some = (as: (value: bigint) => bigint) => Array.from({ length: INPUT_COUNT }, () => as(one()));
  return {
    s: some((value) => BigInt.asIntN(64, value)),
    u: some((value) => BigInt.asUintN(64, value)),
    w: some((value) => BigInt.asUintN(32, value)),
    h: some((value) => BigInt.asIntN(32, value)),
    m: some((value) => BigInt.asIntN(64, value)).slice(0, 2),
  };
}

const NARROW = new Set(["w", "h"]);

/** Runs a function on what it is handed; what the maps hold then that it writes. */
function outcome(handed: Things, given: Inputs, run: () => unknown): unknown {
  handed.out.clear();
  handed.m.clear();
  for (const [name, values] of Object.entries(given)) {
    const map = handed[name as keyof Things];
    values.forEach((value, i) => map.set(i, NARROW.has(name) ? Number(value) : value));
  }
  run();
  return { out: sorted(handed.out), m: sorted(handed.m) };
}

function sorted(map: Iterable<[Value, Value]>): [bigint, bigint][] {
  return [...map].map(([key, value]): [bigint, bigint] => [BigInt(key), BigInt(value)])
    .sort(([a], [b]) => Number(a - b));
}

/** What JavaScript makes of it. */
function expected(script: string, given: Inputs): unknown {
  const maps = Object.fromEntries(
    Object.entries(given).map((
      [name, values],
    ) => [name, new Map(values.map((value, i) => [BigInt(i), value]))]),
  );
  const out = new Map<bigint, bigint>();
  const S = (value: bigint) => BigInt.asIntN(64, value);
  const U = (value: bigint) => BigInt.asUintN(64, value);
  const divided = (a: bigint, b: bigint) => b === 0n ? 0n : a / b;
  const rest = (a: bigint, b: bigint) => b === 0n ? a : a % b;
  // The engine itself is what is compared with
  new Function("s", "u", "w", "h", "m", "out", "S", "U", "divided", "rest", script)(
    ...[...INPUTS, "m"].map((name) => maps[name]),
    out,
    ...[S, U, divided, rest],
  );
  return { out: sorted(out), m: sorted(maps["m"] ?? []) };
}

test(
  "random functions do what JavaScript does, in the kernel and in the virtual machine",
  { needs: ["bpf"] },
  () => {
    let refused = 0;
    for (let at = 0; at < PROGRAMS; at++) {
      const { kernel: text, script } = generate(SEED + at);
      const body = Object.assign(() => {}, { toString: () => text });
      const options = (shared: Things) => ({
        function: body,
        shared: { ...shared },
        context: { kind: "xdp" },
        program: { name: "generated", type: "xdp" },
        results: { pass: 2n },
        result: 2n,
      } as const);
      using stack = new DisposableStack();
      const real = things();
      for (const thing of Object.values(real)) stack.use(thing as SharedHash<number, Value>);
      let loaded;
      try {
        loaded = loadFunction(options(real));
      } catch (error) {
        const isTooLarge = error instanceof CompileError && error.message.includes("stack");
        if (!isTooLarge && !(error instanceof VerifierError)) {
          throw new Error(`${SEED + at}:\n${text}`, {
            cause: error,
          });
        }
        refused++;
        continue;
      }
      using program = loaded.program;
      const kernel = new TestKernel();
      const simulated = things();
      for (const thing of Object.values(simulated)) kernel.use(thing as SharedHash<number, Value>);
      using running = probe(options(simulated), () => {
        throw new Error("nothing of this is for the kernel of the machine");
      });
      const chance = new Chance(SEED + at);
      for (let run = 0; run < RUNS; run++) {
        const given = inputs(chance);
        const all = {
          kernel: outcome(real, given, () => program.run({ data: PACKET })),
          vm: outcome(simulated, given, () => kernel.program(running).run({ data: PACKET })),
        };
        const wanted = expected(script, given);
        assertEquals(
          all,
          { kernel: wanted, vm: wanted },
          `function ${SEED + at}, run ${run}:\n${text}\n${script}`,
        );
      }
    }
    // The generator makes what the verifier takes, all but a few
    assertEquals(refused <= PROGRAMS / 10, true, `${refused} of ${PROGRAMS} functions were refused`);
  },
);
