/**
 * A tool of bpftrace run by bpftrace and by us on the same traffic.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { script } from "../../src/bpftrace/mod.ts";
import { type Need, test } from "../_harness.ts";
import { TOOLS, wholeOutput, withoutGreeting } from "./_bpftrace.ts";

/** What both wrote. */
export interface Both {
  readonly theirs: string;
  readonly ours: string;
}

/** How the two run. */
export interface SideOptions {
  /** What has to be changed of the tool for bpftrace to take it. */
  readonly forTheirs?: (source: string) => string;
}

/** How long bpftrace may take to its end, in ms; it is stuck now and then. */
const STUCK = 10_000;

/** Emulated machines are slower. */
const PATIENCE = Number(process.env["WAGGLE_TEST_PATIENCE"] ?? 1);

/** Runs a tool both ways, and meanwhile a command of the shell. */
export async function sideBySide(tool: string, traffic: string, options: SideOptions = {}): Promise<Both> {
  const { forTheirs = (source) => source } = options;
  const source = readFileSync(`${TOOLS}/${tool}`, "utf8");
  const child = spawn("bpftrace", ["-B", "line", "-e", forTheirs(source)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let theirs = "";
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors += text);
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const attached = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      theirs += text;
      // It reads what probes hand out, that of BEGIN, too, when all of them are attached
      if (/^Attaching.*\n./m.test(theirs)) resolve();
    });
    child.on("close", () => reject(new Error(`bpftrace ends at once: ${errors}`)));
  });
  await attached;
  const end = new AbortController();
  using running = script(source, { file: tool });
  const output = wholeOutput(running, end.signal);
  await run(traffic);
  await new Promise((resolve) => setTimeout(resolve, 300 * PATIENCE));
  child.kill("SIGINT");
  end.abort();
  const ours = await output;
  const kill = setTimeout(() => {
    child.kill("SIGKILL");
    child.stdout.destroy();
    child.stderr.destroy();
  }, STUCK * PATIENCE);
  await ended;
  clearTimeout(kill);
  return { theirs: withoutGreeting(theirs), ours };
}

/** Without waiting in this thread, which reads the events meanwhile. */
function run(command: string): Promise<void> {
  return new Promise((resolve) => {
    spawn("/bin/sh", ["-c", command], { stdio: "ignore" }).on("close", () => resolve());
  });
}

/** The lines that a pattern matches, without what differs from run to run. */
export function linesLike(text: string, pattern: RegExp, without: RegExp = /^$/): string[] {
  return text.split("\n").filter((line) => pattern.test(line)).map((line) =>
    line.replace(without, "").trimEnd()
  ).sort();
}

/** A program by another name, so that it can be told from others; the name is of at most 15 bytes. */
export function renamed(program: string, name: string, folder: string): string {
  execFileSync("cp", [program, `${folder}/${name}`]);
  return `${folder}/${name}`;
}

/** A tool, what is done while it runs, and which of its lines are of that. */
export interface Case {
  readonly tool: string;
  readonly traffic: string;
  readonly lines: RegExp;
  /** What differs from run to run: times. */
  readonly without?: RegExp;
  /** How many such lines there are at least. */
  readonly least: number;
  readonly needs?: readonly Need[];
}

/** Both see the same lines of what is done. */
export function testCases(cases: readonly Case[], common: readonly Need[]): void {
  for (const { tool, traffic, lines, without, least, needs = [] } of cases) {
    test(`${tool} sees what it sees by bpftrace`, { needs: [...common, ...needs] }, async () => {
      const { theirs, ours } = await sideBySide(tool, traffic);
      const expected = linesLike(theirs, lines, without);
      assert(expected.length >= least, `bpftrace sees too little of it:\n${theirs}`);
      assertEquals(linesLike(ours, lines, without), expected);
    });
  }
}
