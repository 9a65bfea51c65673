/**
 * Reading what may be gone, or not for this process to read.
 *
 * @module
 */
import { SyscallError, WaggleError } from "../errors.ts";
import { type FileStatus, fileStatus, readFile } from "../sys/mod.ts";

/** The result, or `undefined` where the file cannot be read, or is damaged. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof WaggleError) return undefined;
    throw error;
  }
}

/** A whole file as text, of any bytes; `undefined` where there is none. */
export function textIfAny(path: string): string | undefined {
  try {
    return new TextDecoder().decode(readFile(path));
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}

/** The status of a file; `undefined` where there is none. */
export function statusIfAny(path: string): FileStatus | undefined {
  return attempt(() => fileStatus(path));
}
