/**
 * Why the kernel refuses a program.
 *
 * @module
 */
import {
  NotSupportedError,
  PermissionError,
  type SyscallError,
  VerifierError,
  type WaggleError,
} from "../errors.ts";
import { type Capability, missingCapabilities, permissionHint } from "../kernel/mod.ts";
import { ERRNO, syscallError } from "../sys/mod.ts";
import { BPF_PROG_TYPE } from "../uapi/mod.ts";
import type { NewProgram } from "./load.ts";
import { explainLog } from "./verifier_log.ts";

/** Types that ask for `CAP_PERFMON` beside `CAP_BPF`: `is_perfmon_prog_type` in kernel/bpf/syscall.c. */
const TRACING: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE.KPROBE,
  BPF_PROG_TYPE.TRACEPOINT,
  BPF_PROG_TYPE.PERF_EVENT,
  BPF_PROG_TYPE.RAW_TRACEPOINT,
  BPF_PROG_TYPE.RAW_TRACEPOINT_WRITABLE,
  BPF_PROG_TYPE.TRACING,
  BPF_PROG_TYPE.LSM,
  BPF_PROG_TYPE.STRUCT_OPS,
  BPF_PROG_TYPE.EXT,
]);

/** Types that ask for nothing beside `CAP_BPF`; all others ask for `CAP_NET_ADMIN`: `is_net_admin_prog_type`. */
const PLAIN: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE.SOCKET_FILTER,
  BPF_PROG_TYPE.CGROUP_SKB,
  BPF_PROG_TYPE.SK_REUSEPORT,
  BPF_PROG_TYPE.SK_LOOKUP,
  BPF_PROG_TYPE.SYSCALL,
]);

/** In bytes: `ETH_HLEN`. */
const ETHERNET_HEADER = 14;

/** The error to throw where `BPF_PROG_LOAD` failed with this number and this log. */
export function explainLoad(program: NewProgram, slots: number, errno: number, log: string): WaggleError {
  const action = `load program "${program.name}" (${programTypeName(program.type)})`;
  const cause = syscallError(errno, "bpf(PROG_LOAD)", action);
  const needed = neededCapabilities(program.type);
  const lines = log.split("\n").filter((line) => line !== "");

  if (errno === ERRNO.EPERM && (lines.length === 0 || missingCapabilities(...needed).length > 0)) {
    return new PermissionError(`Cannot ${action}: not permitted: ${permissionHint(...needed)}`, { cause });
  }
  if (lines.length > 0) {
    return new VerifierError(`Cannot ${action}: the verifier refuses it: ${summary(lines)}`, {
      log: lines,
      cause,
    });
  }
  if (errno === ERRNO.E2BIG) {
    const size = slots === 0
      ? "it has no instructions"
      : `it has ${slots} instructions, more than the kernel takes`;
    return syscallError(errno, cause.syscall, action, size);
  }
  if (errno === ERRNO.EINVAL) {
    return new NotSupportedError(
      `Cannot ${action}: the kernel refuses it without a reason: it may not know programs of this type or attach type`,
      { cause },
    );
  }
  return cause;
}

function summary(lines: readonly string[]): string {
  const { reason, source } = explainLog(lines);
  const at = source ? ` (at "${source}")` : "";
  const rest = lines.length > reason.length ? ` (all ${lines.length} lines are in the error's log)` : "";
  return reason.map((line) => line.trim()).join(": ") + at + rest;
}

function neededCapabilities(type: number): readonly Capability[] {
  if (TRACING.has(type)) return ["CAP_BPF", "CAP_PERFMON"];
  return PLAIN.has(type) ? ["CAP_BPF"] : ["CAP_BPF", "CAP_NET_ADMIN"];
}

/** The error to throw in place of `cause`, which `BPF_PROG_TEST_RUN` gave for a program of this name and type. */
export function explainRun(cause: SyscallError, name: string, type: number, size: number): WaggleError {
  const action = `run program "${name}" (${programTypeName(type)})`;
  switch (cause.errno) {
    case ERRNO.ENOTSUPP:
      return new NotSupportedError(
        `Cannot ${action}: the kernel cannot run programs of this type by hand: attach it instead`,
        { cause },
      );
    case ERRNO.EINVAL:
      return syscallError(cause.errno, cause.syscall, action, hintAboutData(type, size));
    case ERRNO.EPERM:
      return new PermissionError(
        `Cannot ${action}: not permitted: ${permissionHint(...neededCapabilities(type))}`,
        { cause },
      );
    default:
      return cause;
  }
}

/** What the type may have against so many bytes of data: `bpf_prog_test_run_*` in net/bpf/test_run.c. */
function hintAboutData(type: number, size: number): string {
  if (TRACING.has(type)) return "programs for tracing take no data, and run once";
  const few = size < ETHERNET_HEADER ? `, fewer than the ${ETHERNET_HEADER} of an Ethernet header` : "";
  return `the data has ${size} bytes${few}`;
}

/** The name of a program type; `type 99` for one that this library does not know. */
export function programTypeName(type: number): string {
  const known = Object.entries(BPF_PROG_TYPE).find(([, number]) => number === type);
  return known ? known[0].toLowerCase() : `type ${type}`;
}
