/**
 * Files of /proc and /sys that may not be there, or not be for this process.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { directoryNames, readTextFile } from "../sys/mod.ts";

/** The text of a file; `undefined` where it cannot be read. */
export function textIfThere(path: string): string | undefined {
  return ifThere(() => readTextFile(path));
}

/** The names in a directory; none where it cannot be read. */
export function namesIfThere(path: string): string[] {
  return ifThere(() => directoryNames(path)) ?? [];
}

/** What `read` returns; `undefined` where the kernel refuses. */
export function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}
