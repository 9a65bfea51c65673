/**
 * System calls with errors as exceptions.
 *
 * @module
 */
import { native, type SystemCall, systemCalls, type Word } from "../../ffi/mod.ts";
import { SyscallError } from "../errors.ts";
import { ERRNO, errorName, errorText } from "./errno.ts";

/** The longest run of `EINTR` and `EAGAIN` that is retried: a signal storm must not hang a script. */
const MAX_RETRIES = 100;

/** Makes a system call. Returns its result, `-errno` where it failed; retries while a signal interrupts it. */
export function trySyscall(name: SystemCall, ...args: readonly Word[]): number {
  const door = native();
  const number = systemCalls(door.arch)[name];
  const [a, b, c, d, e, f] = args;
  return retry(() => door.syscall(number, a, b, c, d, e, f), ERRNO.EINTR);
}

/**
 * Makes a system call. Returns its result.
 *
 * @throws {SyscallError} It failed; `action` says what was tried: `open "/proc/kallsyms"`.
 */
export function syscall(action: string, name: SystemCall, ...args: readonly Word[]): number {
  return checked(trySyscall(name, ...args), name, action);
}

/** Passes a result of 0 or more through, and throws a {@linkcode SyscallError} for a negative one. */
export function checked(result: number, call: string, action: string): number {
  if (result >= 0) return result;
  throw syscallError(-result, call, action);
}

/** The error for a failed call: `Cannot <action>: invalid argument (EINVAL from bpf(MAP_CREATE))`. */
export function syscallError(errno: number, call: string, action: string, hint = ""): SyscallError {
  const code = errorName(errno);
  const cure = hint && `: ${hint}`;
  return new SyscallError(`Cannot ${action}: ${errorText(errno)} (${code} from ${call})${cure}`, {
    syscall: call,
    errno,
    code,
  });
}

/** Calls again while the result is one of these error numbers. */
export function retry(call: () => number, ...errnos: readonly number[]): number {
  let result = call();
  for (let i = 0; i < MAX_RETRIES && result < 0 && errnos.includes(-result); i++) result = call();
  return result;
}
