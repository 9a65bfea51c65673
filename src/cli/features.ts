import { parseArgs } from "node:util";
import process from "node:process";
import { allFeatures, type FeatureRow, type FeatureSection, SECTIONS } from "../features/mod.ts";
import { kernelRelease } from "../kernel/mod.ts";
import type { Command } from "./command.ts";
import { wrapped } from "./wrapped.ts";

/** How wide the text is where it does not go to a terminal. */
const COLUMNS = 80;

/** Prints what the running kernel can. */
export const features: Command = {
  summary: "what the running kernel can: program types, map types, helpers",
  usage: `waggle features [--json] [SECTION…]

Tries what the running kernel can, and prints it: what is present, what is absent and which Linux brought it, what
this machine refuses, and what could not be found out. Nothing stays loaded. Sections, all by default:

  ${SECTIONS.join(" ")}

Of helpers, only their number is printed where they are not asked for by name.

  --json   one JSON object a line`,
  words: SECTIONS,

  run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { json: { type: "boolean", default: false } },
      allowPositionals: true,
    });
    const sections = positionals as FeatureSection[];
    if (values.json) {
      for (const row of allFeatures(...sections)) console.log(JSON.stringify(record(row)));
      return 0;
    }
    const rows = [...allFeatures(...sections)];
    const columns = process.stdout.columns || COLUMNS;
    console.log(`Linux ${kernelRelease()}`);
    console.log(featuresText(rows, columns, sections.includes("helpers")));
    return 0;
  },
};

/** A row as `--json` prints it. */
function record({ answer, ...row }: FeatureRow): object {
  const { feature: _, ...found } = answer;
  return { ...row, ...found };
}

/** The rows as text, by section; `names` says whether helpers are named. */
export function featuresText(rows: readonly FeatureRow[], columns: number, names: boolean): string {
  return [...grouped(rows, ({ section }) => section)].map(([section, rows]) => {
    const title = section.replace("_", " ");
    if (section !== "helpers") return [`\n${title}`, ...states(rows, columns)];
    const types = [...grouped(rows, ({ programType = "" }) => programType)];
    if (!names) return [`\n${title}`, ...types.map(([type, rows]) => count(type, rows))];
    return types.flatMap(([type, rows]) => [
      `\n${title} of ${type}`,
      ...states(rows.filter(({ answer }) => answer.state !== "absent"), columns),
    ]);
  }).flat().join("\n");
}

function grouped<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  return Map.groupBy(rows, key);
}

function count(type: string, rows: readonly FeatureRow[]): string {
  const present = rows.filter(({ answer }) => answer.state === "present").length;
  const [{ answer } = {}] = rows;
  const kind = answer?.state === "refused" || answer?.state === "unknown"
    ? answer.state
    : `${String(present).padStart(3)} of ${rows.length}`;
  return `  ${type.padEnd(25)}${kind}`;
}

const STATES = ["present", "absent", "refused", "unknown"] as const;
/** Where names begin: behind the longest state. */
const MARGIN = 11;

/** The names by state, and by reason where there is one. */
function* states(rows: readonly FeatureRow[], columns: number): Generator<string> {
  for (const state of STATES) {
    const ofState = rows.filter(({ answer }) => answer.state === state);
    for (const [reason, rows] of grouped(ofState, ({ answer }) => "reason" in answer ? answer.reason : "")) {
      const lines = [
        ...wrapped(rows.map(label), columns - MARGIN),
        ...wrapped(reason.split(" ").filter((word) => word !== ""), columns - MARGIN),
      ];
      yield* lines.map((line, i) => (i === 0 ? `  ${state}`.padEnd(MARGIN) : " ".repeat(MARGIN)) + line);
    }
  }
}

/** The name, with the version that has it where this kernel has not. */
function label({ name, answer }: FeatureRow): string {
  return answer.state === "absent" && answer.since !== undefined ? `${name}(${answer.since})` : name;
}
