/**
 * Compares the public API with scripts/api.txt; `--bless` writes the file anew.
 *
 * @module
 */

import { describe, type Symbol } from "./_api_text.ts";
import { configArgs, ROOT } from "./_deno.ts";

const SNAPSHOT = `${ROOT}scripts/api.txt`;

/** What `deno doc --json` prints. */
interface Documentation {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly Symbol[] }>>;
}

/** The API as text: a paragraph an entry point. */
export function apiText(entries: ReadonlyMap<string, readonly Symbol[]>): string {
  const paragraphs = [...entries].map(([name, symbols]) => {
    const sorted = symbols.toSorted((a, b) => a.name < b.name ? -1 : 1);
    return `${name}\n${sorted.flatMap(describe).map((line) => `  ${line}\n`).join("")}`;
  });
  return paragraphs.join("\n");
}

/** The lines of either text that the other lacks, in order, with `-` or `+`. */
export function changedLines(before: string, after: string): string[] {
  const [old, now] = [inEntries(before), inEntries(after)];
  return [
    ...[...old].filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...[...now].filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ];
}

/** Lines with what they belong to in front, so that a member that moves is seen to change. */
function inEntries(text: string): Set<string> {
  const trail: string[] = [];
  return new Set(
    text.split("\n").filter((line) => line !== "").map((line) => {
      const depth = (line.length - line.trimStart().length) / 2;
      trail.splice(depth, Infinity, line.trim());
      return trail.join(" > ");
    }),
  );
}

async function documented(): Promise<string> {
  const { name, exports } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const paths = new Map(Object.entries<string>(exports).map(([key, path]) => [name + key.slice(1), path]));
  const command = new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...await configArgs(), ...paths.values()],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error("Cannot document the entry points: deno doc failed");
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as Documentation;
  const symbolsOf = (path: string) => nodes[new URL(path, `file://${ROOT}`).href]?.symbols ?? [];
  return apiText(new Map([...paths].map(([entry, path]) => [entry, symbolsOf(path)])));
}

async function main(args: readonly string[]): Promise<number> {
  const now = await documented();
  if (args.includes("--bless")) {
    await Deno.writeTextFile(SNAPSHOT, now);
    return 0;
  }
  const changes = changedLines(await Deno.readTextFile(SNAPSHOT).catch(() => ""), now);
  for (const line of changes) console.error(line);
  if (changes.length > 0) {
    console.error("The public API changed: run `deno task api --bless` and say so in CHANGELOG.md");
  }
  return changes.length > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
