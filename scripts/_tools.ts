/**
 * Programs of the machine, found the same way by scripts and tests, in every runtime.
 *
 * @module
 */

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

/** Debian installs LLVM's programs with the version in their name only; this is the one we build objects with. */
export const LLVM_VERSION = 19;

/** The path of a program, tried as `name-19` and `name`, or `undefined`. */
export function findTool(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  for (const candidate of [`${name}-${LLVM_VERSION}`, name]) {
    for (const folder of folders) {
      const path = join(folder, candidate);
      if (folder !== "" && isExecutable(path)) return path;
    }
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
