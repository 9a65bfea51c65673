/**
 * Versions of Linux.
 *
 * @module
 */

import { versionCode } from "../kernel/mod.ts";

/** Whether a version code, as the kernel's own `LINUX_VERSION_CODE`, is of a version or a later one. */
export function atLeast(code: number, version: string): boolean {
  return code >= versionCode(version);
}

/** The later of two versions, as far as they are known. */
export function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return versionCode(a) >= versionCode(b) ? a : b;
}
