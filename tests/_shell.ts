/**
 * Scripts in pipelines and pseudo-terminals.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** How a pipeline is run. */
export interface ShellOptions {
  /** Variables beside those that say nothing of terminals. */
  readonly env?: Readonly<Record<string, string>>;
  /** Size of a pseudo-terminal that it runs on; without, its output is a pipe. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
}

/** How it ended. */
export interface ShellResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

const TERMINAL_VARIABLES = [
  "COLUMNS",
  "LINES",
  "NO_COLOR",
  "FORCE_COLOR",
  "LC_ALL",
  "LC_CTYPE",
  "LANG",
  "TERM",
];

/** Runs a line of shell, in which `$script` is a script in the runtime at hand, with `--allow-ffi` alone. */
export function shell(line: string, script: URL, { env = {}, terminal }: ShellOptions = {}): ShellResult {
  const flags = process.versions["bun"] === undefined
    ? "run --no-prompt --no-check --no-config --allow-ffi"
    : "run --silent";
  const path = fileURLToPath(script);
  // Set to nothing rather than left out: Deno's node:child_process lets a child inherit what is left out
  const unset = Object.fromEntries(TERMINAL_VARIABLES.map((name) => [name, ""]));
  const size = terminal && `stty columns ${terminal.columns} rows ${terminal.rows}; `;
  // Deno draws its own progress on the terminal
  const text = line.replaceAll("$script", `"$RUNTIME" ${flags} '${path}'`) + (terminal ? " 2>/dev/null" : "");
  const [program, args] = terminal
    ? ["script", ["-qec", `${size}${text}`, "/dev/null"]] as const
    : ["sh", ["-c", text]] as const;
  const { stdout, stderr, status } = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...unset,
      RUNTIME: process.execPath,
      SHELL: "/bin/sh",
      TERM: "xterm",
      ...env,
    },
  });
  return { stdout, stderr, status };
}
