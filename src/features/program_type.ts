/**
 * Types of programs.
 *
 * @module
 */
import { neededCapabilities, type ProgramType, programTypeNumber, programTypeSince } from "../program/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import { BPF_PROG_TYPE } from "../uapi/mod.ts";
import type { FeatureAnswer } from "./answer.ts";
import { failure, type Outcome } from "./_outcome.ts";
import { checkName, probe } from "./_probe.ts";
import { attemptProgram, NO_TARGET, RETURN } from "./_program.ts";

/** A type of programs that can be asked about: every one but `unspec`. */
export type ProbedProgramType = Exclude<ProgramType, "unspec">;

/** Every type of programs that can be asked about, in the kernel's order. */
export const PROGRAM_TYPES: readonly ProbedProgramType[] = Object.keys(BPF_PROG_TYPE)
  .map((name) => name.toLowerCase() as ProgramType)
  .filter((type) => type !== "unspec");

/** Types that are loaded for a target. Their probes name none that there is: the verifier says so, and has to know the type. */
const FOR_A_TARGET: ReadonlySet<ProgramType> = new Set<ProgramType>(["tracing", "ext", "lsm"]);

/**
 * Whether the kernel has programs of a type.
 *
 * Programs of type `tracing` are of several kinds, of which a machine may refuse some: {@linkcode probeAttachType} tells
 * `trace_fentry` from `trace_raw_tp`.
 *
 * @example
 * ```ts ignore
 * import { probeProgramType } from "@waggle/ebpf/features";
 *
 * const { state } = probeProgramType("netfilter"); // "present", or "absent" before Linux 6.4
 * ```
 *
 * @throws {TypeError} There is no such type.
 */
export function probeProgramType(type: ProbedProgramType): FeatureAnswer {
  checkName("program type", type, PROGRAM_TYPES);
  const since = programTypeSince(type);
  const feature = { feature: `program type "${type}"`, ...(since !== undefined && { since }) };
  return probe(feature, neededCapabilities(programTypeNumber(type)), () => attempt(type));
}

function attempt(type: ProbedProgramType): Outcome {
  const target = FOR_A_TARGET.has(type) ? { target: NO_TARGET } : {};
  const { errno, verified } = attemptProgram({ type, instructions: RETURN, ...target });
  // find_prog_type() comes before the verifier
  if (errno === 0 || verified) return "present";
  // Without a target, structs of functions are ENOTSUPP: check_struct_ops_btf_id
  return failure(errno, type === "struct_ops" ? [ERRNO.ENOTSUPP] : []);
}
