/**
 * The environment of this process, which a runtime gives out only with a permission of its own.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { readTextFile } from "./file.ts";

/** The variables that the process was started with; none where the kernel hides them, as from one with capabilities. */
export function environment(): ReadonlyMap<string, string> {
  try {
    const entries = readTextFile("/proc/self/environ").split("\0").filter((entry) => entry.includes("="));
    return new Map(entries.map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }));
  } catch (error) {
    if (error instanceof SyscallError) return new Map();
    throw error;
  }
}
