/**
 * Suggestions for mistyped paths.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { closest } from "../kernel/mod.ts";
import { directoryNames } from "../sys/mod.ts";

/** The end of a message that suggests the names beside a path that are closest to its last one; empty where none is. */
export function closestFile(path: string): string {
  const slash = path.lastIndexOf("/");
  try {
    return closest(path.slice(slash + 1), directoryNames(path.slice(0, slash) || (slash < 0 ? "." : "/")));
  } catch (error) {
    if (error instanceof SyscallError) return "";
    throw error;
  }
}
