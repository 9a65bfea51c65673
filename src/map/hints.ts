/**
 * Why the kernel refuses something for reasons that maps of one type have.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { syscallError } from "../sys/mod.ts";

/** What is wrong, or the cure, by error number. */
export type Hints = Readonly<Record<number, string>>;

/** Does something that the kernel may refuse. Where there is a hint for its error number, that replaces a general reason. */
export function explained<R>(action: string, hints: Hints, command: () => R): R {
  try {
    return command();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof SyscallError ? error.cause : error;
    const hint = cause instanceof SyscallError ? hints[cause.errno] : undefined;
    if (!(cause instanceof SyscallError) || hint === undefined) throw error;
    throw syscallError(cause.errno, cause.syscall, action, hint);
  }
}

/** Whether a number is one that descriptors, process ids and indices of devices can have: a C `int` of 0 or more. */
export function isNatural(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= 0x7fff_ffff;
}
