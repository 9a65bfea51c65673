/**
 * Why the kernel refuses to attach a program.
 *
 * @module
 */
import { PermissionError, type SyscallError } from "../errors.ts";
import { type Capability, permissionHintWith } from "../kernel/mod.ts";
import { type Program, type ProgramType, programTypeOf } from "../program/mod.ts";
import { ERRNO, syscallError } from "../sys/mod.ts";

/** What was to be attached to what. */
export interface Attempt {
  readonly program: Program;
  /** The link in messages: `a link of program "on_exec" to …`. */
  readonly what: string;
  /** The types that programs there have, the usual one first. */
  readonly types: readonly ProgramType[];
  /** What the process needs. */
  readonly capabilities: readonly Capability[];
  /** What else may be wrong, by error number. */
  readonly hints: Readonly<Record<number, string>>;
}

/** The error to throw in place of `cause`. */
export function explainAttach(cause: SyscallError, attempt: Attempt): Error {
  const { program, what, types, capabilities, hints } = attempt;
  if (cause.errno === ERRNO.EPERM) {
    // Probes ask for the capability whatever it says: perf_kprobe_event_init
    const bySysctl = cause.syscall === "perf_event_open" && !types.includes("kprobe");
    const sysctl = bySysctl ? "kernel.perf_event_paranoid" : undefined;
    const hint = permissionHintWith(sysctl, ...capabilities);
    return new PermissionError(`Cannot create ${what}: not permitted: ${hint}`, { cause });
  }
  const type = programTypeOf(program);
  if (cause.errno === ERRNO.EINVAL && !types.some((accepted) => accepted === type)) {
    return new TypeError(`Cannot create ${what}: the program is of type ${type}, not ${types[0]}`, { cause });
  }
  const hint = hints[cause.errno];
  return hint === undefined ? cause : syscallError(cause.errno, cause.syscall, `create ${what}`, hint);
}
