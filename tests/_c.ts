/**
 * Facts of the C headers of this machine, for tests that compare with them.
 *
 * @module
 */

import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { withFolder } from "./_run.ts";

/** The values of C expressions that `preamble` gives meaning to, by the machine's compiler and headers. */
export function evaluate(preamble: string, expressions: readonly string[]): bigint[] {
  return withFolder((folder) => {
    compile(preamble, expressions, ["-o", "program"], folder);
    return execFileSync(join(folder, "program"), { encoding: "utf8" }).trim().split("\n").map(BigInt);
  });
}

/** Like {@linkcode evaluate}, by expression and without those that the machine's headers are too old for. */
export function evaluateKnown(preamble: string, expressions: readonly string[]): Map<string, bigint> {
  const unknown = withFolder((folder) => compile(preamble, expressions, ["-fsyntax-only"], folder));
  const known = expressions.filter((_, i) => !unknown.has(i));
  const values = evaluate(preamble, known);
  return new Map(known.map((expression, i) => [expression, values[i] ?? 0n]));
}

/** Compiles a program that prints the expressions; returns the places of those that do not compile. */
function compile(
  preamble: string,
  expressions: readonly string[],
  flags: readonly string[],
  folder: string,
): Set<number> {
  const lines = expressions.map((it, i) => `#line ${i + 1} "expressions"\nshow((long long)(${it}));`);
  const source = `${preamble}
#include <stddef.h>
#include <stdio.h>
static void show(long long value) { printf("%lld\\n", value); }
int main(void) {
${lines.join("\n")}
return 0; }`;
  const args = ["-x", "c", "-w", ...flags, "-"];
  const { stderr, status } = spawnSync("cc", args, { input: source, cwd: folder, encoding: "utf8" });
  const faults = [...stderr.matchAll(/^expressions:(\d+):\d+: error/gm)].map((match) => Number(match[1]) - 1);
  if (status !== 0 && (faults.length === 0 || flags.includes("-o"))) throw new Error(stderr);
  return new Set(faults);
}

/** What a text becomes by C's preprocessor, without the lines of the headers. */
export function preprocess(headers: string, text: string): string {
  const { stdout, stderr, status } = spawnSync("cc", ["-E", "-P", "-x", "c", "-"], {
    input: `${headers}\nSTART_OF_TEXT\n${text}`,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.slice(stdout.indexOf("START_OF_TEXT") + "START_OF_TEXT".length).trim();
}
