import { parseArgs } from "node:util";
import process from "node:process";
import type { Command } from "./command.ts";
import { CHECKS, type Finding } from "./doctor/checks.ts";
import { wrapped } from "./wrapped.ts";

/** How wide the text is where it does not go to a terminal. */
const COLUMNS = 80;

/** Says what this machine allows. */
export const doctor: Command = {
  summary: "what this machine allows, why not, and what to do about it",
  usage: `waggle doctor [--json]

Looks at the kernel, the rights of this process and what is mounted, by trying where that is how to know. Nothing stays
loaded. The exit status is 1 where scripts that trace cannot work.

  --json   one JSON object a line`,

  run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: "boolean", default: false } },
    });
    let works = true;
    for (const check of CHECKS) {
      const finding = check.look();
      if (check.needed && finding.state === "missing") works = false;
      if (values.json) console.log(JSON.stringify({ name: check.name, ...finding }));
      else console.log(findingText(check.name, finding, process.stdout.columns || COLUMNS));
    }
    return works ? 0 : 1;
  },
};

const STATE = 9;
const NAME = 23;

/** A finding in lines of at most so many characters. */
export function findingText(name: string, { state, found, cure }: Finding, columns: number): string {
  const words = (cure === undefined ? found : `${found}: ${cure}`).split(" ");
  const lines = wrapped(words, Math.max(columns - STATE - NAME, 20));
  const head = state.padEnd(STATE) + name.padEnd(NAME);
  return lines.map((line, i) => (i === 0 ? head : " ".repeat(head.length)) + line).join("\n");
}
