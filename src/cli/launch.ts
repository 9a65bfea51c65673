#!/usr/bin/env node
/**
 * The `waggle` command as npm links it: Node, which has no FFI, hands over to Bun or Deno, whichever is there.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** What runs it, the quickest to start first; where nothing is there, `npx` fetches what it needs. */
const RUNTIMES: readonly (readonly [program: string, ...args: string[]])[] = [
  ["bun"],
  ["deno", "run", "--quiet", "--allow-all", "--no-config"],
  ["npx", "--yes", "deno@2", "run", "--quiet", "--allow-all", "--no-config"],
];

function isThere(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}

function launch(args: readonly string[]): void {
  const [program, ...before] = RUNTIMES.find(([name]) => isThere(name)) ?? ["deno"];
  const command = fileURLToPath(new URL("mod.js", import.meta.url));
  const child = spawn(program, [...before, command, ...args], { stdio: "inherit" });
  // The terminal interrupts both; the command ends as it likes, and this after it
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  child.on("error", ({ message }) => {
    console.error(`waggle: Cannot run "${program}": ${message}: install Deno or Bun`);
    process.exitCode = 127;
  });
  child.on("exit", (code, signal) => {
    if (signal) process.removeAllListeners(signal);
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code ?? 1;
  });
}

launch(process.argv.slice(2));
