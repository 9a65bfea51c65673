/**
 * The `waggle` command.
 *
 * @example The command inside another
 * ```ts ignore
 * import { main } from "@waggle/ebpf/cli";
 *
 * await main(["doctor"]); // 0 where this machine lets scripts trace
 * ```
 *
 * @module
 */
import { WaggleError } from "../errors.ts";
import { scriptArguments } from "../sys/mod.ts";
import type { Command } from "./command.ts";

/** Commands by their names, each loaded when it is run: what one needs, others do not wait for. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  doctor: async () => (await import("./doctor.ts")).doctor,
  dump: async () => (await import("./dump.ts")).dump,
  features: async () => (await import("./features.ts")).features,
  generate: async () => (await import("./generate.ts")).generate,
  inspect: async () => (await import("./inspect.ts")).inspect,
  list: async () => (await import("./list.ts")).list,
  load: async () => (await import("./load.ts")).load,
  run: async () => (await import("./run.ts")).run,
  top: async () => (await import("./top.ts")).top,
  trace: async () => (await import("./trace.ts")).trace,
  types: async () => (await import("./types.ts")).types,
};

/** Runs the command line `waggle <command> <arguments>`. Returns the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? await COMMANDS[name]?.() : undefined;
  if (!command) {
    const wanted = name !== undefined && name !== "--help" && name !== "help";
    (wanted ? console.error : console.log)(await usage(wanted ? `there is no command "${name}"` : undefined));
    return wanted ? 2 : 0;
  }
  if (rest.includes("--help")) {
    console.log(command.usage);
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (!(error instanceof WaggleError || error instanceof TypeError || isOfSystem(error))) throw error;
    // parseArgs() goes on to explain how to name files that begin with a dash
    console.error(`waggle ${name}: ${error.message.replace(/\. To specify a positional argument .*$/, "")}`);
    return 2;
  }
}

/** Whether it is what `node:fs` throws: it names the file and what happened. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error;
}

async function usage(problem?: string): Promise<string> {
  const commands = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => [name, await load()] as const),
  );
  const rows = commands.map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  const head = problem ? `waggle: ${problem}\n\n` : "";
  return `${head}waggle <command> [options]\n\n${rows.join("\n")}\n\nwaggle <command> --help says more.`;
}

/** Without loading `node:process` before a command runs, which costs Deno 20 ms. */
async function runMain(): Promise<void> {
  const status = await main(scriptArguments());
  if (status === 0) return;
  const { default: process } = await import("node:process");
  process.exitCode = status;
}

if (import.meta.main) runMain();
