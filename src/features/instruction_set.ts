/**
 * Which instructions the kernel takes.
 *
 * @module
 */
import {
  atomicCmpxchg,
  atomicFetchAdd,
  atomicXchg,
  bswap,
  callFunction,
  exit,
  gotol,
  type Instruction,
  jeq,
  jlt,
  jne,
  label,
  ldx,
  loadAcquire,
  mayGoto,
  mov,
  movsx,
  r0,
  r1,
  r10,
  sdiv,
  st,
  storeRelease,
  sub,
  w0,
} from "../asm/mod.ts";
import type { FeatureAnswer } from "./answer.ts";
import { failure, type Outcome } from "./_outcome.ts";
import { checkName, probe } from "./_probe.ts";
import { attemptProgram, RETURN } from "./_program.ts";

/**
 * What a kernel may take, by the names of clang's `-mcpu` and otherwise:
 *
 * - `v2`: jumps where less, or less or equal
 * - `v3`: jumps that compare 32 bits
 * - `v4`: sign extension, signed division, byte swaps and long jumps
 * - `function_calls`: functions beside the program's first
 * - `large_programs`: more than 4096 instructions
 * - `bounded_loops`: loops that end
 * - `atomics`: atomic operations that return a value
 * - `may_goto`: loops that the kernel ends (`can_loop`)
 * - `acquire_release`: loads and stores in order
 */
export type InstructionFeature =
  | "v2"
  | "v3"
  | "v4"
  | "function_calls"
  | "large_programs"
  | "bounded_loops"
  | "atomics"
  | "may_goto"
  | "acquire_release";

/** `BPF_MAXINSNS`, which limited programs before Linux 5.2. */
const OLD_LIMIT = 4096;

interface Probe {
  readonly since: string;
  readonly instructions: () => readonly Instruction[];
}

const PROBES: Readonly<Record<InstructionFeature, Probe>> = {
  v2: {
    since: "4.14",
    instructions: () => [mov(r0, 0), jlt(r0, 1, "out"), mov(r0, 1), label("out", exit())],
  },
  v3: {
    since: "5.1",
    instructions: () => [mov(r0, 0), jlt(w0, 1, "out"), mov(r0, 1), label("out", exit())],
  },
  v4: {
    since: "6.6",
    instructions: () => [
      st("u64", [r10, -8], 1),
      ldx("s32", r0, [r10, -8]),
      movsx(r0, r0, 8),
      bswap(r0, 16),
      sdiv(r0, 2),
      jeq(r0, 0, "long"),
      mov(r0, 0),
      label("long", gotol("out")),
      label("out", mov(r0, 0)),
      exit(),
    ],
  },
  function_calls: {
    since: "4.16",
    instructions: () => [callFunction("other"), mov(r0, 0), exit(), label("other", mov(r0, 0)), exit()],
  },
  large_programs: {
    since: "5.2",
    instructions: () => [...Array.from({ length: OLD_LIMIT }, () => mov(r0, 0)), exit()],
  },
  bounded_loops: {
    since: "5.3",
    instructions: () => [mov(r0, 10), label("again", sub(r0, 1)), jne(r0, 0, "again"), exit()],
  },
  atomics: {
    since: "5.12",
    instructions: () => [
      st("u64", [r10, -8], 1),
      mov(r1, 1),
      atomicFetchAdd("u64", [r10, -8], r1),
      atomicXchg("u64", [r10, -8], r1),
      mov(r0, 0),
      atomicCmpxchg("u64", [r10, -8], r1),
      ...RETURN,
    ],
  },
  may_goto: {
    since: "6.9",
    instructions: () => [mov(r0, 0), mayGoto("out"), mov(r0, 0), label("out", exit())],
  },
  acquire_release: {
    since: "6.15",
    instructions: () => [
      mov(r1, 1),
      storeRelease("u64", [r10, -8], r1),
      loadAcquire("u64", r1, [r10, -8]),
      ...RETURN,
    ],
  },
};

/** All that can be asked about instructions. */
export const INSTRUCTION_FEATURES: readonly InstructionFeature[] = Object.keys(
  PROBES,
) as InstructionFeature[];

/**
 * Which instructions the kernel takes, and how many: its verifier and the compiler for its processor.
 *
 * @example
 * ```ts ignore
 * import { probeInstructions } from "@waggle/ebpf/features";
 *
 * const cpu = probeInstructions("v4").state === "present" ? "v4" : "v3"; // for clang's -mcpu
 * ```
 *
 * @throws {TypeError} There is no such feature.
 */
export function probeInstructions(feature: InstructionFeature): FeatureAnswer {
  checkName("instruction set feature", feature, INSTRUCTION_FEATURES);
  const { since, instructions } = PROBES[feature];
  // CAP_PERFMON: without it, the verifier refuses what may leak speculatively
  return probe(
    { feature: `instruction set feature "${feature}"`, since },
    ["CAP_BPF", "CAP_PERFMON"],
    () => attempt(instructions()),
  );
}

function attempt(instructions: readonly Instruction[]): Outcome {
  const { errno } = attemptProgram({ type: "socket_filter", instructions, quiet: true });
  return errno === 0 ? "present" : failure(errno);
}
