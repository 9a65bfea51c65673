/**
 * Scripts in a process of their own, in the runtime at hand.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { findTool } from "../scripts/_tools.ts";

/** How a script is run. */
export interface ScriptOptions {
  readonly args?: readonly string[];
  /** Permissions where the runtime has them; `--allow-ffi` alone by default. */
  readonly permissions?: readonly string[];
  /** The configuration of Deno that it needs, a path; none by default. */
  readonly config?: string;
  /** As a user without rights, but for these capabilities: `bpf`. */
  readonly capabilities?: readonly string[];
}

/** How a script ended. */
export interface ScriptResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The user and group without rights. */
const NOBODY = "65534";

/** Starts a script. */
export function startScript(script: URL, options: ScriptOptions = {}): ChildProcess {
  const { args = [], permissions = ["--allow-ffi"], config, capabilities } = options;
  const flags = process.versions["bun"] === undefined
    ? [
      "run",
      "--no-prompt",
      "--no-check",
      "--no-lock",
      ...config ? ["-c", config] : ["--no-config"],
      ...permissions,
    ]
    : [];
  const [program = "", ...rest] = [
    ...(capabilities ? unprivileged(capabilities) : []),
    ...["sh", "-c", 'exec "$RUNTIME" "$@"', "sh"],
    ...flags,
    fileURLToPath(script),
    ...args,
  ];
  const env = {
    ...process.env,
    // Not an argument: where Deno's node:child_process finds its own path among those, it adds `-A`.
    RUNTIME: process.execPath,
    NO_COLOR: "1",
    // The cache of the user who runs the tests is closed to others.
    ...(capabilities && { HOME: "/nonexistent" }),
  };
  return spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"], env });
}

/** Runs a script to its end. */
export function runScript(script: URL, options: ScriptOptions = {}): Promise<ScriptResult> {
  return scriptEnd(startScript(script, options));
}

/** What a started script prints until its end. */
export function scriptEnd(child: ChildProcess): Promise<ScriptResult> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr?.setEncoding("utf8").on("data", (text: string) => stderr += text);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

function unprivileged(capabilities: readonly string[]): string[] {
  // The runtime and this repository may lie in a home that is closed to others
  const set = ["-all", ...["dac_read_search", ...capabilities].map((name) => `+${name}`)].join(",");
  return [
    findTool("setpriv") ?? "setpriv",
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    "--clear-groups",
    `--inh-caps=${set}`,
    `--ambient-caps=${set}`,
  ];
}
