/**
 * bpftrace itself, which knows best what its language means.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { type Script, script, type ScriptOptions } from "../../src/bpftrace/mod.ts";

/** Where Debian has its tools. */
export const TOOLS = "/usr/sbin";

/** The tools by their names. */
export function toolNames(): string[] {
  return readdirSync(TOOLS).filter((name) => name.endsWith(".bt")).sort();
}

/** What a script that says exit() writes by bpftrace, its maps included. */
export function byBpftrace(
  source: string,
  args: readonly string[] = [],
  parameters: readonly string[] = [],
): string {
  const text = execFileSync("bpftrace", [...args, "-e", source, ...parameters], {
    encoding: "utf8",
    stdio: "pipe",
  });
  return withoutGreeting(text);
}

/** What it writes by us. */
export async function byUs(source: string, options: ScriptOptions = {}): Promise<string> {
  using running = script(source, { unsafe: true, ...options });
  return await wholeOutput(running);
}

/** All that a script writes until it says exit(), and its maps, as bpftrace prints them at its end. */
export async function wholeOutput(running: Script, signal?: AbortSignal): Promise<string> {
  let text = "";
  for await (const piece of running.output(signal ? { signal } : {})) text += piece;
  return `${text}\n\n${running.report()}`;
}

/** Runs a command of `system()`. */
export function shell(command: string): string {
  return execFileSync("/bin/sh", ["-c", command], { encoding: "utf8" });
}

/** Without the line that says how many probes there are. */
export function withoutGreeting(text: string): string {
  return text.replace(/^Attaching \d+ probes?\.\.\.\n|^\{"type": "attached_probes".*\n/m, "");
}
