/**
 * What a JUnit report, as Deno and Bun write it, says of the tests.
 *
 * @module
 */

/** How many tests ended how. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** One test of a report. */
export interface TestCase {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** What the runtime says of the failure, its stack included. */
  readonly failure: string;
}

/** How much of a failure is shown: the difference of two values and the top of the stack. */
const SHOWN_LINES = 16;

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The tests of a report, in its order. */
export function readCases(report: string): TestCase[] {
  return report.split("<testcase").slice(1).map((text) => ({
    name: decoded(/ name="([^"]*)"/.exec(text)?.[1] ?? ""),
    outcome: /<(failure|error)\b/.test(text) ? "failed" : /<skipped\b/.test(text) ? "skipped" : "passed",
    failure: decoded(/<(?:failure|error)\b[^>]*>([^<]*)/.exec(text)?.[1] ?? ""),
  }));
}

/** Counts the tests of a report; a run that failed without a failed test counts as one. */
export function countCases(cases: readonly TestCase[], status: number): Counts {
  const having = (outcome: TestCase["outcome"]) => cases.filter((one) => one.outcome === outcome).length;
  return {
    passed: having("passed"),
    failed: having("failed") || (status === 0 ? 0 : 1),
    skipped: having("skipped"),
  };
}

/** The last line of a run. */
export function summary({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** The names of the tests that failed, each with the first lines of its failure; empty when none failed. */
export function failures(cases: readonly TestCase[]): string {
  const failed = cases.filter(({ outcome }) => outcome === "failed");
  if (failed.length === 0) return "";
  const shown = failed.map(({ name, failure }) =>
    [`  ${name}`, ...failure.trimEnd().split("\n").slice(0, SHOWN_LINES).map((line) => `    ${line}`)].join(
      "\n",
    )
  );
  return ["Failed tests:", ...shown].join("\n");
}

function decoded(text: string): string {
  return text.replaceAll(
    /&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g,
    (whole, decimal, hexadecimal, name) =>
      name !== undefined
        ? ENTITIES[name] ?? whole
        : String.fromCodePoint(decimal !== undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16)),
  );
}
