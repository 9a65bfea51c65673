/**
 * Helper functions, for types of programs.
 *
 * @module
 */
import { call, exit, type HelperName, HELPERS } from "../asm/mod.ts";
import { WaggleError } from "../errors.ts";
import { lockdownMode } from "../kernel/mod.ts";
import {
  type AttachType,
  attachTypeNumber,
  kernelTarget,
  lockedDown,
  neededCapabilities,
  programTypeNumber,
} from "../program/mod.ts";
import type { FeatureAnswer } from "./answer.ts";
import { ATTACH_TYPE_NAMES } from "./attach_type.ts";
import { helperSince } from "./_helper_since.ts";
import { failure, type Outcome } from "./_outcome.ts";
import { checkName, probe } from "./_probe.ts";
import { attemptProgram, type ProgramAttempt, USUAL } from "./_program.ts";
import { later } from "./_versions.ts";
import { type ProbedProgramType, probeProgramType } from "./program_type.ts";

/** A helper that can be asked about: every one but `bpf_unspec`. */
export type ProbedHelper = Exclude<HelperName, "bpf_unspec">;

/** Every helper that can be asked about, in the kernel's order. */
export const HELPER_NAMES: readonly ProbedHelper[] = (Object.keys(HELPERS) as HelperName[])
  .filter((name) => name !== "bpf_unspec");

/** Options of {@linkcode probeHelper}. */
export interface ProbeHelperOptions {
  /**
   * How the program attaches, where what it may call depends on that: `cgroup_udp4_sendmsg`, `trace_iter`. By default
   * `cgroup_inet4_connect`, `cgroup_getsockopt`, `trace_raw_tp` and `lsm_mac` for the types with several ways.
   */
  readonly attachType?: AttachType;
}

/**
 * Whether programs of a type may call a helper.
 *
 * The kernel notes in its log that a program was loaded with `bpf_probe_write_user`, `bpf_trace_printk` or
 * `bpf_trace_vprintk`, and does so for a probe as well.
 *
 * @example
 * ```ts ignore
 * import { probeHelper } from "@waggle/ebpf/features";
 *
 * const { state } = probeHelper("bpf_get_current_task", "kprobe");
 * ```
 *
 * @throws {TypeError} There is no such helper, type or attach type.
 */
export function probeHelper(
  helper: ProbedHelper,
  programType: ProbedProgramType,
  options: ProbeHelperOptions = {},
): FeatureAnswer {
  checkName("helper", helper, HELPER_NAMES);
  if (options.attachType !== undefined) checkName("attach type", options.attachType, ATTACH_TYPE_NAMES);
  const type = probeProgramType(programType);
  const { attachType = USUAL[programType] } = options;
  const since = later(helperSince(HELPERS[helper]), type.since);
  const where = options.attachType === undefined ? "" : ` that attach as ${options.attachType}`;
  const feature = {
    feature: `helper "${helper}" in programs of type "${programType}"${where}`,
    ...(since !== undefined && { since }),
  };
  if (type.state !== "present") return { ...type, ...feature };
  return probe(feature, neededCapabilities(programTypeNumber(programType)), () => {
    const target = targetOf(programType, attachType);
    if (typeof target === "string") return { ...feature, state: "unknown", reason: target, missing: [] };
    const result = attemptProgram({
      type: programType,
      instructions: [call(helper), exit()],
      ...(attachType !== undefined && { attachType }),
      ...(target !== undefined && { target }),
    });
    if (!lacks(result)) return outcomeOf(result);
    const reason = refusal(helper, programType, result);
    return reason === undefined ? { ...feature, state: "absent" } : { ...feature, state: "refused", reason };
  });
}

/** How the verifier says that there is no such helper, or none for programs of the type: `check_helper_call`. */
const LACKING = [
  "invalid func ",
  "unknown func ", // up to Linux 6.9
  "program of this type cannot use helper ", // since Linux 6.10
];

function lacks({ log }: ProgramAttempt): boolean {
  return log.some((line) => LACKING.some((start) => line.startsWith(start)));
}

/** Why the kernel keeps a helper from all programs that it has it for. */
function refusal(helper: ProbedHelper, type: ProbedProgramType, { log }: ProgramAttempt): string | undefined {
  // bpf_tracing_func_proto: for programs that watch the kernel alone. The others that lockdown takes away are for all.
  const watches = neededCapabilities(programTypeNumber(type)).includes("CAP_PERFMON");
  if (helper === "bpf_probe_write_user" && !watches) return undefined;
  return log.map((line) => lockedDown(line, lockdownMode)).find((reason) => reason !== undefined);
}

/** All that the verifier finds wrong with the call is about arguments that the program does not set. */
function outcomeOf({ errno, log }: ProgramAttempt): Outcome {
  return errno === 0 || log.length > 0 ? "present" : failure(errno);
}

/** What programs that are loaded for a target can be loaded for everywhere, by attach type. */
const TARGETS: Readonly<Record<string, string>> = {
  trace_raw_tp: "sched_switch",
  trace_iter: "task",
  trace_fentry: "bpf_fentry_test1",
  trace_fexit: "bpf_fentry_test1",
  modify_return: "bpf_modify_return_test",
  lsm_mac: "file_open",
  lsm_cgroup: "socket_bind",
};

/** The target to load programs for; why there is none, as a text; `undefined` where there need be none. */
function targetOf(type: ProbedProgramType, attachType: AttachType | undefined): number | string | undefined {
  if (type === "ext") return "programs of this type may call what the one may that they extend";
  if (type === "struct_ops") {
    return "what programs of this type may call depends on the struct that they are for";
  }
  const name = type === "tracing" || type === "lsm" ? TARGETS[attachType ?? ""] : undefined;
  if (name === undefined || attachType === undefined) return undefined;
  try {
    return kernelTarget(`"probe" (${type})`, attachTypeNumber(attachType), name, "vmlinux").attachBtfId;
  } catch (error) {
    if (!(error instanceof WaggleError)) throw error;
    return `the kernel tells of no "${name}" to load a program for`;
  }
}
