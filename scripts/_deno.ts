/**
 * Runs Deno with the configuration that works here: deno.json, or deno.offline.json where JSR cannot be reached.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** How long JSR may take to answer before we do without. A package that is cached answers without network. */
const ANSWER_MS = 5_000;

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

/** The arguments that choose the configuration and keep it from writing a lock file. */
export async function configArgs(): Promise<string[]> {
  return ["--no-lock", "-c", `${ROOT}${await reachesJsr() ? "deno.json" : "deno.offline.json"}`];
}

async function reachesJsr(): Promise<boolean> {
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const command = new Deno.Command(Deno.execPath(), {
    args: ["info", "--no-config", "--no-lock", imports["@std/assert"]],
    stdout: "null",
    stderr: "null",
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  return (await command.output()).success;
}

/** Runs `deno <command>` in the repository with the configuration, streaming its output; gives its exit status. */
export async function deno(command: string, args: readonly string[]): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [command, ...await configArgs(), ...args],
    cwd: ROOT,
  }).spawn();
  return (await child.status).code;
}
