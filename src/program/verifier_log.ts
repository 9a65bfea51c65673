/**
 * What a verifier's log says, in a few lines.
 *
 * @module
 */

/** The parts of a log that explain a refusal. */
export interface Refusal {
  /** The telling lines: what is wrong, after the instruction it is about. */
  readonly reason: readonly string[];
  /** The last source line before the refusal, as the log quotes it: `p->x = 1; @ prog.bpf.c:12`. */
  readonly source: string | undefined;
}

/** What comes after the telling lines: numbers (`print_verification_stats`) and states (`is_state_visited`). */
const REMARK = /^(processed \d+ insns|verification time|stack depth|(cur|old) state:)/;
/** A step on the way: an instruction, the state at one, a branch, or a line of source. */
const STEP = /^(\d+: |from \d+ to \d+|; )/;
/** An instruction as the log prints it: `3: (61) r2 = *(u32 *)(r1 +0)`. */
const INSTRUCTION = /^\d+: \([0-9a-f]{2}\) /;
/** How many lines without a step before them are taken for telling. */
const MOST = 3;

/** Finds the parts that explain why the verifier refused. */
export function explainLog(log: readonly string[]): Refusal {
  const lines = log.filter((line) => line !== "" && !REMARK.test(line));
  const source = lines.findLast((line) => line.startsWith("; "))?.slice(2);
  return { reason: report(lines) ?? lastWords(lines), source };
}

/** The lines after the last step, and that step where it is an instruction. */
function lastWords(lines: readonly string[]): string[] {
  const step = lines.findLastIndex((line) => STEP.test(line));
  const instruction = lines.slice(Math.max(step, 0), step + 1).filter((line) => INSTRUCTION.test(line));
  return [...instruction, ...lines.slice(step + 1).slice(-MOST)];
}

/** The problem, the reason and the suggestion of the report that ends the log since Linux 7.3 (`diagnostics.c`). */
function report(lines: readonly string[]): string[] | undefined {
  const title = "Verification failed: ";
  const start = lines.findLastIndex((line) => line.startsWith(title));
  if (start < 0) return undefined;
  const problem = lines[start]?.slice(title.length) ?? "";
  return [problem, section(lines, start, "Reason:"), section(lines, start, "Suggestion:")]
    .filter((part) => part !== "");
}

/** The text of a section of a report, in one line: it is broken at 100 columns and indented by two. */
function section(lines: readonly string[], start: number, title: string): string {
  const first = lines.indexOf(title, start) + 1;
  if (first === 0) return "";
  const end = lines.findIndex((line, index) => index >= first && !line.startsWith("  "));
  const text = lines.slice(first, end < 0 ? undefined : end).map((line) => line.trim()).join(" ");
  return text.replace(/\.$/, "");
}
