import type { ChildProcess } from "node:child_process";
import { parseArgs } from "node:util";
import { dryRun, Script, type ScriptOptions } from "../bpftrace/mod.ts";
import { fileExists, readTextFile, tryWriteText } from "../sys/mod.ts";
import type { Command } from "./command.ts";

/** Runs scripts of bpftrace. */
export const run: Command = {
  summary: "a script of bpftrace, in a file or as it is; or a script in TypeScript",
  usage: `waggle run [options] SCRIPT|FILE [PARAMETER…]

Runs a script in the language of bpftrace, as it is ('BEGIN { … }') or from a file, until it says exit() or Ctrl-C
ends it; then prints its maps. Parameters are $1 and on. Files whose names end with .ts or .js are run as they are.

  -e SCRIPT        the script, as it is
  -p PID           only this process, for probes in programs; ends with it
  -c COMMAND       starts a command, as cpid, and ends with it
  -f FORMAT        text, or json: one JSON object a line
  --json           as -f json
  --dry-run        prints the programs that are made of it, and runs nothing
  -q               does not say how many probes there are
  --unsafe         allows system() and signal()`,

  run: (args) => runLine(args),
};

async function runLine(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      e: { type: "string", short: "e" },
      p: { type: "string", short: "p" },
      c: { type: "string", short: "c" },
      f: { type: "string", short: "f", default: "text" },
      q: { type: "boolean", short: "q", default: false },
      json: { type: "boolean", default: false },
      "dry-run": { type: "boolean", default: false },
      unsafe: { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  const given = values.e ?? positionals.shift();
  if (given === undefined) throw new TypeError("give it a script, or the name of a file");
  if (values.f !== "text" && values.f !== "json") throw new TypeError(`there is no format "${values.f}"`);
  if (values.e === undefined && /\.[cm]?[jt]s$/.test(given)) return await runModule(given, positionals);
  const isText = values.e !== undefined || given.includes("{");
  const source = isText ? given : readTextFile(given);
  const from = { file: isText ? "script" : given, parameters: positionals, unsafe: values.unsafe };
  if (values["dry-run"]) {
    tryWriteText(STDOUT, dryRun(source, from));
    return 0;
  }
  const pid = values.p === undefined ? undefined : processId(values.p);
  const child = values.c === undefined ? undefined : await Child.start(values.c);
  try {
    return await runScript(source, {
      ...from,
      format: values.json ? "json" : values.f,
      ...values.unsafe && { command: await commandRunner() },
      warn: (message) => console.error(`WARNING: ${message}`),
      ...pid !== undefined && { pid },
      ...child && { child: child.pid, pid: child.pid },
    }, { child, quiet: values.q });
  } finally {
    child?.kill();
  }
}

async function runModule(file: string, args: readonly string[]): Promise<number> {
  const { pathToFileURL } = await import("node:url");
  const { default: process } = await import("node:process");
  process.argv.splice(2, Infinity, ...args);
  await import(pathToFileURL(file).href);
  return 0;
}

function processId(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new TypeError(`"${text}" is no number of a process`);
}

const STDOUT = 1;

interface Around {
  readonly child: Child | undefined;
  readonly quiet: boolean;
}

async function runScript(source: string, options: ScriptOptions, { child, quiet }: Around): Promise<number> {
  using script = new Script(source, options);
  const { probes } = script;
  const isJson = options.format === "json";
  const attached = isJson
    ? `{"type": "attached_probes", "data": {"probes": ${probes}}}\n`
    : `Attaching ${probes} probe${probes === 1 ? "" : "s"}...\n`;
  const end = new AbortController();
  const abort = () => end.abort();
  // Whoever reads has seen enough where it fails
  const write = (text: string) => {
    if (tryWriteText(STDOUT, text) < 0) abort();
  };
  // Not before all is attached: it costs Deno 20 ms, and its standard output as much again, in Bun too
  const { default: process } = await import("node:process");
  process.once("SIGINT", abort);
  process.once("SIGTERM", abort);
  if (!quiet) write(attached);
  const watch = options.pid === undefined || child ? undefined : watchProcess(options.pid, abort);
  child?.go(abort);
  for await (const text of script.output({ signal: end.signal })) write(text);
  clearInterval(watch);
  process.off("SIGINT", abort);
  process.off("SIGTERM", abort);
  write(`\n\n${script.report()}`);
  if (script.lost > 0) console.error(`WARNING: ${script.lost} actions found no room and are lost`);
  return 0;
}

/** How often a process is looked for, in ms. */
const WATCH = 100;

function watchProcess(pid: number, gone: () => void): ReturnType<typeof setInterval> {
  return setInterval(() => {
    if (!fileExists(`/proc/${pid}`)) gone();
  }, WATCH);
}

/** What runs commands of scripts that may. */
async function commandRunner(): Promise<(command: string) => string> {
  const { spawnSync } = await import("node:child_process");
  return (command) => {
    const { stdout } = spawnSync("/bin/sh", ["-c", command], { stdio: ["inherit", "pipe", "inherit"] });
    return stdout.toString();
  };
}

/** A command that waits until probes are attached. */
class Child {
  readonly #process: ChildProcess;
  #exited = false;

  private constructor(child: ChildProcess) {
    this.#process = child;
    this.#process.once("exit", () => this.#exited = true);
  }

  static async start(command: string): Promise<Child> {
    const { spawn } = await import("node:child_process");
    // The shell stops itself, and then becomes the command
    const child = new Child(spawn("/bin/sh", ["-c", `kill -STOP $$; exec ${command}`], { stdio: "inherit" }));
    while (!child.#exited && !/^State:\tT/m.test(readTextFile(`/proc/${child.pid}/status`))) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return child;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Lets it go; `gone` hears of its end. */
  go(gone: () => void): void {
    if (this.#exited) return gone();
    this.#process.once("exit", gone);
    this.#process.kill("SIGCONT");
  }

  kill(): void {
    if (!this.#exited) this.#process.kill("SIGKILL");
  }
}
