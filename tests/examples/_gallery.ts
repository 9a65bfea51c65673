/**
 * Runs examples while something known goes on.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scriptEnd, type ScriptResult, startScript } from "../_child.ts";

/** A line of `--json`. */
// deno-lint-ignore no-explicit-any -- parsed JSON
export type Line = any;

/** Where the examples are. */
export const EXAMPLES: URL = new URL("../../examples/", import.meta.url);

/** The configuration of Deno that maps packages. */
export const CONFIG: string = fileURLToPath(new URL("../../deno.offline.json", import.meta.url));

/** Starts an example, which may import packages. */
export function startExample(
  name: string,
  args: readonly string[],
  permissions: readonly string[] = ["--allow-ffi"],
): ChildProcess {
  return startScript(new URL(`${name}.ts`, EXAMPLES), { args, permissions, config: CONFIG });
}

/** Runs an example for a time, with `meanwhile` over and over. */
export async function runExample(
  name: string,
  args: readonly string[],
  meanwhile: () => unknown,
  permissions?: readonly string[],
): Promise<ScriptResult> {
  const end = scriptEnd(startExample(name, args, permissions));
  let over = false;
  end.finally(() => over = true);
  while (!over) {
    await meanwhile();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return await end;
}

/** What `--json` printed. */
export function linesOf({ stdout, stderr, status }: ScriptResult): Line[] {
  if (status !== 0 || stdout === "") throw new Error(`status ${status}: ${stderr || "nothing was printed"}`);
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

/** Processes of a test's own, with names that no others have. */
export class Workshop implements Disposable {
  /** A folder of its own. */
  readonly folder: string = mkdtempSync(join(tmpdir(), "waggle-gallery-"));

  /** A program under another name. */
  program(name: string, of: string): string {
    const path = join(this.folder, name);
    copyFileSync(of, path);
    chmodSync(path, 0o755);
    return path;
  }

  /** A file, by its path. */
  file(name: string, text = ""): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Runs a program to its end; its status, or `undefined` where a signal ended it. */
  run(program: string, args: readonly string[]): Promise<number | undefined> {
    return new Promise((resolve) => {
      const child = spawn(program, args, { stdio: "ignore" });
      child.on("close", (status) => resolve(status ?? undefined));
    });
  }

  /** Removes it all. */
  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
