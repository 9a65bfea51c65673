/**
 * Programs that machines are made with.
 *
 * @module
 */

import { findTool } from "../_tools.ts";

/**
 * Runs a program and returns what it prints.
 *
 * @throws {Error} It is not there, or fails.
 */
export async function outputBytes(
  tool: string,
  args: readonly string[],
  cwd = "/",
): Promise<Uint8Array<ArrayBuffer>> {
  const path = findTool(tool);
  if (path === undefined) throw new Error(`Cannot run "${tool}": it is not installed`);
  const command = new Deno.Command(path, { args: [...args], cwd, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  if (!success) {
    throw new Error(`Cannot run "${[tool, ...args].join(" ")}": ${new TextDecoder().decode(stderr).trim()}`);
  }
  return stdout;
}

/** As {@linkcode outputBytes}, as text. */
export async function output(tool: string, args: readonly string[], cwd?: string): Promise<string> {
  return new TextDecoder().decode(await outputBytes(tool, args, cwd));
}

/** As {@linkcode outputBytes}, for what it does. */
export async function run(tool: string, args: readonly string[], cwd?: string): Promise<void> {
  await outputBytes(tool, args, cwd);
}

/** A word of a shell's command, quoted where it must be. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
