/**
 * Maps that live as long as a program.
 *
 * @module
 */
import { NotSupportedError, SyscallError } from "../errors.ts";
import { type Descriptor, ERRNO, progBindMap } from "../sys/mod.ts";

/** Keeps a map alive for as long as a program. */
export function bindMap(program: Descriptor, map: Descriptor): void {
  try {
    progBindMap(program, map);
  } catch (cause) {
    if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.EINVAL) throw cause;
    throw new NotSupportedError(
      `Cannot bind ${map.what} to ${program.what}: this kernel cannot: it came with Linux 5.10`,
      { cause },
    );
  }
}
