/**
 * Programs of the machine, and files for them, for tests that compare with what others make of the same bytes.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTool } from "../scripts/_tools.ts";

/** Runs a program of the machine and returns what it prints. */
export function run(tool: string, args: readonly string[], cwd: string = tmpdir()): string {
  const path = findTool(tool);
  if (path === undefined) throw new Error(`Cannot run "${tool}": not found`);
  return execFileSync(path, args, { cwd, encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
}

/** Calls `body` with the path of a folder that is gone once it returns, or what it promises is there. */
export function withFolder<T>(body: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "waggle-"));
  const remove = () => rmSync(folder, { recursive: true });
  let later = false;
  try {
    const result = body(folder);
    later = result instanceof Promise;
    return result instanceof Promise ? result.finally(remove) as T : result;
  } finally {
    if (!later) remove();
  }
}

/** Calls `body` with the path of a file that has these bytes and is gone afterwards. */
export function withFile<T>(bytes: Uint8Array, body: (path: string) => T): T {
  return withFolder((folder) => {
    const path = join(folder, "file");
    writeFileSync(path, bytes);
    return body(path);
  });
}
