/** What all examples have in common: options, an end, and a sentence where they cannot run. */
import { parseArgs } from "node:util";
import { WaggleError } from "../mod.ts";

/** What the command line asks for. */
export interface Options {
  /** Whether to print one JSON object a line. */
  readonly json: boolean;
  /** Aborts at the end of `--duration`, and on Ctrl-C. */
  readonly signal: AbortSignal;
}

const FLAGS = `  --json             one JSON object a line
  --duration TIME    ends after 500ms, 2s or 1m; by default on Ctrl-C
  --help             this text`;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** Status of a process whose command line is not understood. */
const MISUSE = 2;

/** Runs an example. Prints `help` where it is asked for, and why where the kernel or the runtime refuses. */
export async function example(help: string, body: (options: Options) => Promise<void>): Promise<void> {
  const { json, duration } = await commandLine(help);
  const end = new AbortController();
  const timer = duration === undefined ? undefined : setTimeout(() => end.abort(), duration);
  setTimeout(async () => (await processModule()).once("SIGINT", () => end.abort()), 0);
  try {
    await body({ json, signal: end.signal });
  } catch (error) {
    if (!(error instanceof WaggleError)) throw error;
    console.error(error.message);
    (await processModule()).exit(1);
  } finally {
    clearTimeout(timer);
  }
}

async function commandLine(help: string): Promise<{ json: boolean; duration: number | undefined }> {
  try {
    const { values: { json = false, duration, help: asked } } = parseArgs({
      options: { json: { type: "boolean" }, duration: { type: "string" }, help: { type: "boolean" } },
    });
    if (!asked) return { json, duration: duration === undefined ? undefined : milliseconds(duration) };
    console.log(`${help}\n\n${FLAGS}`);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${FLAGS}`);
    return (await processModule()).exit(MISUSE);
  }
  return (await processModule()).exit(0);
}

/** Imported late: it costs Deno 15 ms, which the first events shall not wait for. */
async function processModule(): Promise<typeof import("node:process")> {
  return (await import("node:process")).default;
}

function milliseconds(text: string): number {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  if (number === undefined) throw new Error(`--duration ${text}: not a duration such as 500ms, 2s or 1m`);
  return Number(number) * (UNITS[unit] ?? 1);
}
