/** What all examples have in common: options, an end, and a sentence where they cannot run. */
import { type BpfObject, type Program, WaggleError } from "../mod.ts";
import { type Column, jsonLine, RowPrinter, stdout } from "../src/output/mod.ts";

/** What the command line asks for. */
export interface Options {
  /** Whether to print one JSON object a line. */
  readonly json: boolean;
  /** Aborts at the end of `--duration`, and on Ctrl-C. */
  readonly signal: AbortSignal;
  /** In ms; `undefined` where it goes on until Ctrl-C. */
  readonly duration: number | undefined;
}

/** What an option is: a number, a text, or there or not. */
type Kind = typeof Number | typeof String | typeof Boolean;

/** Options of an example's own, by name, and what they are: `{ pid: Number, all: Boolean }` is `--pid 7 --all`; `word` has no dashes. */
type Flags = Readonly<Record<string, Kind>>;

/** The values of an example's own options; `undefined` where they are not given. */
type Values<F extends Flags> = { readonly [N in keyof F]: ReturnType<F[N]> | undefined };

const FLAGS = `  --json             one JSON object a line
  --duration TIME    ends after 500ms, 2s or 1m; by default on Ctrl-C
  --help             this text`;

/** What stands behind an option in the help. */
const VALUES: ReadonlyMap<Kind, string> = new Map<Kind, string>([[Number, "NUMBER"], [String, "TEXT"], [
  Boolean,
  "",
]]);

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/**
 * When Ctrl-C begins to end the loop rather than the process, and silence is looked into, in ms: the first events come
 * before.
 */
const HANDLER_MS = 100;

/** Status of a process whose command line is not understood. */
const MISUSE = 2;

/** Runs an example. Prints `help` where it is asked for, and why where the kernel or the runtime refuses. */
export async function example<const F extends Flags>(
  help: string,
  flags: F,
  body: (options: Options & Values<F>) => Promise<void>,
): Promise<void> {
  const { values, ...line } = await commandLine(help, flags);
  const { duration } = line;
  const end = new AbortController();
  const timer = duration === undefined ? undefined : setTimeout(() => end.abort(), duration);
  const handler = setTimeout(
    async () => (await processModule()).once("SIGINT", () => end.abort()),
    HANDLER_MS,
  );
  try {
    await body({ ...line, ...values as Values<F>, signal: end.signal });
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
export function explainSilence(
  object: BpfObject | Program,
  signal: AbortSignal,
  seen?: () => boolean,
): AsyncDisposable {
  let silence: Promise<Disposable> | undefined;
  const options = { signal, ...seen && { seen } };
  const begin = () =>
    silence ??= import("../src/report/mod.ts").then((report) => report.explainSilence(object, options));
  const timer = setTimeout(() => begin().catch(() => {}), HANDLER_MS); // it is awaited below
  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      if (signal.aborted || silence) (await begin())[Symbol.dispose]();
    },
  };
}

/** A probe whose function returns records. */
interface Source<E> {
  readonly program: Program;
  events(options: { readonly signal: AbortSignal }): AsyncIterable<E>;
}

/** Prints what a kernel function returns until the example ends: as rows, or as JSON. */
export async function printEvents<E>(
  source: Source<E>,
  columns: readonly Column<E>[],
  { json, signal }: Options,
): Promise<void> {
  let count = 0;
  await using _silence = explainSilence(source.program, signal, () => count > 0);
  using out = stdout({ signal });
  const rows = new RowPrinter(out, columns);
  if (!json) rows.header();
  for await (const event of source.events({ signal: out.signal })) {
    count++;
    if (json) out.print(jsonLine(event));
    else rows.print(event);
  }
}

/** Waits until the example ends. */
export function ended(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => signal.aborted ? resolve(0) : signal.addEventListener("abort", resolve));
}

interface CommandLine extends Omit<Options, "signal"> {
  /** Of the example's own options. */
  readonly values: Readonly<Record<string, number | string | boolean>>;
}

async function commandLine(help: string, flags: Flags): Promise<CommandLine> {
  const own = Object.entries(flags).map(([name, kind]) =>
    `  ${name === "word" ? "WORD" : `--${name} ${VALUES.get(kind)}`.trimEnd()}\n`
  );
  const usage = `${own.join("")}${FLAGS}`;
  try {
    const asked = parse(given(), flags);
    if (asked) return asked;
    console.log(`${help}\n\n${usage}`);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    return (await processModule()).exit(MISUSE);
  }
  return (await processModule()).exit(0);
}

/** The arguments of the script, from where they cost no import: node:util alone makes Deno start 7 ms later. */
function given(): readonly string[] {
  return "Deno" in globalThis ? Deno.args : globalThis.process.argv.slice(2);
}

/** What the arguments mean; `undefined` where they ask for help. */
function parse(given: readonly string[], flags: Flags): CommandLine | undefined {
  const values: Record<string, number | string | boolean> = {};
  let json = false;
  let duration: number | undefined;
  for (let i = 0; i < given.length; i++) {
    const [word = "", value = () => given[++i] ?? ""] = split(given[i] ?? "");
    const kind = Object.hasOwn(flags, word.slice(2)) && word.startsWith("--")
      ? flags[word.slice(2)]
      : undefined;
    if (word === "--help") return undefined;
    if (word === "--json") json = true;
    else if (word === "--duration") duration = milliseconds(value());
    else if (kind === Boolean) values[word.slice(2)] = true;
    else if (kind) values[word.slice(2)] = valueOf(word, kind, value());
    else if (word.startsWith("--")) throw new Error(`Unknown option "${given[i]}"`);
    else if (flags["word"] && values["word"] === undefined) values["word"] = word;
    else throw new Error(`Unknown argument "${word}"`);
  }
  return { json, duration, values };
}

/** `--pid=7` in its parts; the value of `--pid 7` comes after it. */
function split(word: string): readonly [word: string, value?: () => string] {
  const at = word.startsWith("--") ? word.indexOf("=") : -1;
  return at < 0 ? [word] : [word.slice(0, at), () => word.slice(at + 1)];
}

function valueOf(flag: string, kind: Kind, text: string): number | string | boolean {
  const value = kind(text);
  if (text !== "" && !Number.isNaN(value)) return value;
  throw new Error(`${flag} ${text}: ${kind === Number ? "not a number" : "say what"}`);
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
