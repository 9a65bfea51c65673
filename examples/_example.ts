/** What all examples have in common: options, an end, and a sentence where they cannot run. */
import { type BpfObject, WaggleError } from "../mod.ts";

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

/**
 * When Ctrl-C begins to end the loop rather than the process, and silence is looked into, in ms: the first events come
 * before.
 */
const HANDLER_MS = 100;

/** Status of a process whose command line is not understood. */
const MISUSE = 2;

/** Runs an example. Prints `help` where it is asked for, and why where the kernel or the runtime refuses. */
export async function example(help: string, body: (options: Options) => Promise<void>): Promise<void> {
  const { json, duration } = await commandLine(help);
  const end = new AbortController();
  const timer = duration === undefined ? undefined : setTimeout(() => end.abort(), duration);
  const handler = setTimeout(
    async () => (await processModule()).once("SIGINT", () => end.abort()),
    HANDLER_MS,
  );
  try {
    await body({ json, signal: end.signal });
  } catch (error) {
    if (!(error instanceof WaggleError)) throw error;
    console.error(error.message);
    (await processModule()).exit(1);
  } finally {
    clearTimeout(timer);
    clearTimeout(handler);
  }
}

/**
 * Says on standard error why nothing was seen, where nothing was when the signal of the options ended the example: declare it
 * after the links. As `explainSilence()` of `@waggle/ebpf/report`, which is imported late: the first events come before.
 */
export function explainSilence(object: BpfObject, signal: AbortSignal): AsyncDisposable {
  let silence: Promise<Disposable> | undefined;
  const begin = () =>
    silence ??= import("../src/report/mod.ts").then((report) => report.explainSilence(object, { signal }));
  const timer = setTimeout(() => begin().catch(() => {}), HANDLER_MS); // it is awaited below
  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      if (signal.aborted || silence) (await begin())[Symbol.dispose]();
    },
  };
}

interface CommandLine {
  readonly json: boolean;
  /** In ms. */
  readonly duration: number | undefined;
}

async function commandLine(help: string): Promise<CommandLine> {
  try {
    const asked = parse(words());
    if (asked) return asked;
    console.log(`${help}\n\n${FLAGS}`);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${FLAGS}`);
    return (await processModule()).exit(MISUSE);
  }
  return (await processModule()).exit(0);
}

/** The arguments of the script, from where they cost no import: node:util alone makes Deno start 7 ms later. */
function words(): readonly string[] {
  return "Deno" in globalThis ? Deno.args : globalThis.process.argv.slice(2);
}

/** What the words mean; `undefined` where they ask for help. */
function parse(words: readonly string[]): CommandLine | undefined {
  let json = false;
  let duration: number | undefined;
  for (let i = 0; i < words.length; i++) {
    const [flag, value] = words[i]?.split("=", 2) ?? [];
    if (flag === "--help") return undefined;
    if (flag === "--json") json = true;
    else if (flag === "--duration") duration = milliseconds(value ?? words[++i] ?? "");
    else throw new Error(`Unknown option "${words[i]}"`);
  }
  return { json, duration };
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
