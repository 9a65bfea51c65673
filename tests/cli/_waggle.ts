/** The command line in a process of its own. */
import { runScript, type ScriptOptions, type ScriptResult } from "../_child.ts";

/** Runs `waggle` with these arguments. */
export function waggle(args: readonly string[], options: ScriptOptions = {}): Promise<ScriptResult> {
  return runScript(new URL("../../src/cli/mod.ts", import.meta.url), { ...options, args });
}

/** The lines of `--json`. */
export function parseLines<T>(stdout: string): T[] {
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}
