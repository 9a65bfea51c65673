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
import { closest } from "../names.ts";
import { scriptArguments } from "../sys/mod.ts";
import { optionsOf } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { VERSION } from "./version.ts";
import { wrapped } from "./wrapped.ts";

/** Runs the command line `waggle <command> <arguments>`. Returns the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const [name = "help", ...rest] = args;
  if (name === "--version") {
    console.log(`waggle ${VERSION}`);
    return 0;
  }
  const about = name === "help" || name === "--help";
  const asked = about ? rest[0] : name;
  if (asked === undefined) {
    console.log(await usage());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, asked) ? await COMMANDS[asked]?.() : undefined;
  if (!command) {
    console.error(
      `waggle: there is no command "${asked}"${
        closest(asked, Object.keys(COMMANDS))
      }: waggle help lists them`,
    );
    return 2;
  }
  if (about || rest.includes("--help")) {
    console.log(command.usage);
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (!isForUsers(error)) throw error;
    console.error(`waggle ${name}: ${problemOf(error.message, command.usage)}`);
    return 2;
  }
}

/** What parseArgs() says, without how to name files that begin with a dash, and with the option that was meant. */
function problemOf(message: string, usage: string): string {
  const text = message.replace(/\. To specify a positional argument .*$/, "");
  const [, option] = /^Unknown option '(--?[^']*)'$/.exec(text) ?? [];
  return option === undefined ? text : text + closest(option, optionsOf(usage));
}

/** Not a fault of ours, whose place is wanted. */
function isForUsers(error: unknown): error is Error {
  return error instanceof WaggleError || error instanceof TypeError || error instanceof RangeError ||
    isOfSystem(error);
}

/** Whether it is what `node:fs` throws: it names the file and what happened. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error;
}

const MARGIN = 15;

async function usage(): Promise<string> {
  const { stdout } = await import("../output/mod.ts");
  const { width = 80 } = stdout().terminal;
  const lines: string[] = [];
  for (const [name, load] of Object.entries(COMMANDS)) {
    const { summary } = await load();
    wrapped(summary.split(" "), Math.max(width - MARGIN, 20)).forEach((line, i) =>
      lines.push((i === 0 ? `  ${name}` : "").padEnd(MARGIN) + line)
    );
  }
  return [
    "waggle <command> [options]",
    "",
    ...lines,
    "",
    "waggle help <command> says more, waggle --version which this is.",
  ].join("\n");
}

/** Without loading `node:process` before a command runs, which costs Deno 20 ms. */
async function runMain(): Promise<void> {
  const status = await main(scriptArguments());
  if (status === 0) return;
  const { default: process } = await import("node:process");
  process.exitCode = status;
}

if (import.meta.main) runMain();
