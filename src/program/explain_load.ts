/**
 * Why the kernel refuses a program.
 *
 * @module
 */
import { NotSupportedError, PermissionError, type SyscallError, VerifierError } from "../errors.ts";
import {
  kernelRelease,
  kernelVersionCode,
  lockdownMode,
  memlockHint,
  missingCapabilities,
  permissionHint,
  permissionHintWith,
} from "../kernel/mod.ts";
import { ERRNO, syscallError } from "../sys/mod.ts";
import { BPF_ATTACH_TYPE, BPF_PROG_TYPE } from "../uapi/mod.ts";
import { ATTACH_TYPES, TYPE_SINCE } from "./attach_types.ts";
import { cureFor } from "./cures.ts";
import { describeFlags } from "./flags.ts";
import { KERNEL_OPTIONS } from "./kernel_options.ts";
import { neededCapabilities } from "./needed.ts";
import type { NewProgram } from "./new_program.ts";
import { type AttachType, attachTypeName, programTypeName } from "./type.ts";
import { explainLog } from "./verifier_log.ts";

/** Ways to attach that go through a trampoline: `bpf_trampoline_link_prog` in kernel/bpf/trampoline.c. */
const BY_TRAMPOLINE: ReadonlySet<number> = new Set([
  BPF_ATTACH_TYPE.TRACE_FENTRY,
  BPF_ATTACH_TYPE.TRACE_FEXIT,
  BPF_ATTACH_TYPE.MODIFY_RETURN,
]);

/** Types that the kernel takes from everybody, but for a sysctl: `bpf_prog_load`. */
const UNPRIVILEGED: ReadonlySet<number> = new Set([BPF_PROG_TYPE.SOCKET_FILTER, BPF_PROG_TYPE.CGROUP_SKB]);

/** The most instructions that the kernel takes: `BPF_COMPLEXITY_LIMIT_INSNS`. */
const MOST_INSTRUCTIONS = 1_000_000;

/** The error to throw where `BPF_PROG_LOAD` failed with this number and this log. */
export function explainLoad(
  program: NewProgram,
  slots: number,
  errno: number,
  lines: readonly string[],
): Error {
  const type = programTypeName(program.type);
  const action = `load program "${program.name}" (${type})`;
  const head = `Cannot ${action}`;
  const cause = syscallError(errno, "bpf(PROG_LOAD)", action);
  const needed = neededCapabilities(program.type);
  const { reason, source } = explainLog(lines);

  if (errno === ERRNO.EPERM && missingCapabilities(...needed).length > 0) {
    const sysctl = UNPRIVILEGED.has(program.type) ? "kernel.unprivileged_bpf_disabled" : undefined;
    return new PermissionError(`${head}: not permitted: ${permissionHintWith(sysctl, ...needed)}`, { cause });
  }
  if (errno === ERRNO.ENOSPC) {
    const state = "the verifier's log is longer than the kernel can give: make the program smaller";
    return new VerifierError(`${head}: ${state}`, { log: lines, cause });
  }
  if (reason.length > 0) {
    return new VerifierError(`${head}: the verifier refuses it: ${summary(lines, reason, source, type)}`, {
      log: lines,
      cause,
    });
  }
  switch (errno) {
    case ERRNO.EPERM:
      return notPermitted(program, head, cause);
    case ERRNO.E2BIG:
      return syscallError(errno, cause.syscall, action, sizeHint(slots));
    case ERRNO.EINVAL:
      return notTaken(program, action, cause);
    case ERRNO.ENOTSUPP:
    case ERRNO.EOPNOTSUPP: {
      const state = "this kernel lacks what it needs, such as a JIT, or BTF of its own types";
      return new NotSupportedError(`${head}: ${state}`, { cause });
    }
    case ERRNO.EFAULT:
      return syscallError(
        errno,
        cause.syscall,
        action,
        "the verifier stumbled: this is a fault of the kernel's own",
      );
    case ERRNO.ENOMEM:
      return syscallError(errno, cause.syscall, action, "the kernel has no memory for so large a program");
    default:
      return cause;
  }
}

/** The telling lines, the line of source, how to see all, and what helps. */
function summary(
  lines: readonly string[],
  reason: readonly string[],
  source: string | undefined,
  type: string,
): string {
  const at = source ? ` (at "${source}")` : "";
  const rest = lines.length > reason.length ? ` (all ${lines.length} lines are in the error's log)` : "";
  const suggested = lines.some((line) => line === "Suggestion:"); // since Linux 7.3, and a part of the reason
  const cure = suggested ? undefined : cureFor(reason, type, lockdownMode);
  return reason.map((line) => line.trim()).join(": ") + at + rest + (cure === undefined ? "" : `: ${cure}`);
}

/** `EPERM` without a log, though the process has what it takes. */
function notPermitted(program: NewProgram, head: string, cause: SyscallError): Error {
  const instead = insteadOfTrampoline(program);
  if (instead !== undefined) {
    return new NotSupportedError(
      `${head}: this machine refuses programs that are called by trampolines (EPERM with an empty log, though the ` +
        `process has all capabilities): ${instead}`,
      { cause },
    );
  }
  return new PermissionError(
    `${head}: not permitted: ${permissionHint(...neededCapabilities(program.type))}${memlockHint()}`,
    { cause },
  );
}

/** What does the same without a trampoline; `undefined` for programs that need none. */
function insteadOfTrampoline({ type, attachType = 0 }: NewProgram): string | undefined {
  if (type === BPF_PROG_TYPE.EXT) {
    return "put the function into the program itself, or call it by a program array";
  }
  if (type === BPF_PROG_TYPE.LSM) return "watch by a tracepoint, or decide in a cgroup or socket program";
  if (type !== BPF_PROG_TYPE.TRACING || !BY_TRAMPOLINE.has(attachType)) return undefined;
  return "use a tracepoint, raw_tracepoint or tp_btf program, or a kprobe where the kernel has them built in";
}

function sizeHint(slots: number): string {
  if (slots === 0) return "it has no instructions";
  if (slots > MOST_INSTRUCTIONS) return `it has ${slots} instructions, more than the kernel takes`;
  return `it has ${slots} instructions, of which kernels before 5.2 take 4096, or an option is newer than the kernel`;
}

/** `EINVAL` without a log: what `bpf_prog_load` checks before the verifier. */
function notTaken(program: NewProgram, action: string, cause: SyscallError): Error {
  const head = `Cannot ${action}`;
  const { attachType = 0 } = program;
  const type = programTypeName(program.type);
  const name = attachTypeName(attachType);
  const fitting = (ATTACH_TYPES as Readonly<Record<string, readonly AttachType[]>>)[type];
  if (fitting && !fitting.some((one) => one === name)) {
    const state = attachType === 0 ? "it is not said how it attaches" : `it cannot attach as ${name}`;
    const one = fitting.length === 1 ? fitting[0] : `one of ${fitting.join(", ")}`;
    return syscallError(cause.errno, cause.syscall, action, `${state}: programs of this type do as ${one}`);
  }
  const since = TYPE_SINCE[type];
  if (since && kernelVersionCode() < (since[0] << 16) + (since[1] << 8)) {
    return new NotSupportedError(
      `${head}: this kernel (${kernelRelease()}) has no such programs: they came with Linux ${
        since.join(".")
      }`,
      { cause },
    );
  }
  const flags = describeFlags(program.flags ?? 0);
  if (flags.length > 0) {
    return new NotSupportedError(`${head}: the kernel may not know its flags: ${flags.join(", ")}`, {
      cause,
    });
  }
  const option = (KERNEL_OPTIONS as Readonly<Record<string, string>>)[type];
  const built = `this kernel may be built without such programs${option ? ` (${option})` : ""}`;
  const why = since
    ? `${built}${attachType ? `, or not know attach type ${name}` : ""}`
    : "it may not know programs of this type or attach type";
  return new NotSupportedError(`${head}: the kernel refuses it without a reason: ${why}`, { cause });
}
