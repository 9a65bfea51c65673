/**
 * The `waggle` command.
 *
 * @module
 */
import process from "node:process";
import { WaggleError } from "../errors.ts";
import type { Command } from "./command.ts";
import { features } from "./features.ts";
import { inspect } from "./inspect.ts";
import { load } from "./load.ts";

const COMMANDS: Readonly<Record<string, Command>> = { features, inspect, load };

/** Runs the command line `waggle <command> <arguments>`. Returns the exit status. */
export function main(args: readonly string[]): number {
  const [name, ...rest] = args;
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    const wanted = name !== undefined && name !== "--help" && name !== "help";
    (wanted ? console.error : console.log)(usage(wanted ? `there is no command "${name}"` : undefined));
    return wanted ? 2 : 0;
  }
  if (rest.includes("--help")) {
    console.log(command.usage);
    return 0;
  }
  try {
    return command.run(rest);
  } catch (error) {
    if (!(error instanceof WaggleError || error instanceof TypeError)) throw error;
    // parseArgs() goes on to explain how to name files that begin with a dash
    console.error(`waggle ${name}: ${error.message.replace(/\. To specify a positional argument .*$/, "")}`);
    return 2;
  }
}

function usage(problem?: string): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  const head = problem ? `waggle: ${problem}\n\n` : "";
  return `${head}waggle <command> [options]\n\n${rows.join("\n")}\n\nwaggle <command> --help says more.`;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
