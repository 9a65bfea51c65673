/** What every form of output looks like, kept in screens/; `WAGGLE_BLESS=1` writes it anew, for people to look at. */
import { assert, assertEquals } from "@std/assert";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { textWidth } from "../../src/output/mod.ts";
import { test } from "../_harness.ts";
import { shell, type ShellOptions } from "../_shell.ts";
import { shown, withoutColors } from "./_sink.ts";

const SCREENS = new URL("_screens.ts", import.meta.url);
const WIDTHS = [60, 80, 120];
const ROWS = 24;

/** Where a screen is printed, and with which environment. */
const WAYS: Readonly<Record<string, (columns: number) => ShellOptions>> = {
  terminal: (columns) => ({ terminal: { columns, rows: ROWS }, env: { LANG: "C.UTF-8" } }),
  "terminal-ascii": (columns) => ({ terminal: { columns, rows: ROWS }, env: { LC_ALL: "C", NO_COLOR: "1" } }),
  pipe: (columns) => ({ env: { LANG: "C.UTF-8", COLUMNS: String(columns) } }),
  "pipe-ascii": (columns) => ({ env: { LC_ALL: "C", COLUMNS: String(columns) } }),
};

function kept(name: string, text: string): string {
  const path = new URL(`./screens/${name}.txt`, import.meta.url);
  if (process.env["WAGGLE_BLESS"] !== undefined) {
    mkdirSync(new URL(".", path), { recursive: true });
    writeFileSync(path, text);
  }
  return readFileSync(path, "utf8");
}

/** The lines of the sections that keep to the width: JSON and folded stacks are for programs. */
function forPeople(text: string): string[] {
  const sections = text.split(/^# /m).filter((section) => !/^(JSON lines|folded stacks)/.test(section));
  return sections.flatMap((section) => section.split("\n"));
}

for (const [way, options] of Object.entries(WAYS)) {
  for (const width of WIDTHS) {
    const name = `${way}-${width}`;
    const needs = way.startsWith("terminal") ? ["linux", "script"] as const : ["linux"] as const;
    test(`screens look as kept: ${name}`, { needs }, () => {
      const { stdout, stderr, status } = shell("$script", SCREENS, options(width));
      assertEquals([stderr, status], ["", 0]);
      const text = stdout.replaceAll("\r\n", "\n");
      assertEquals(text, kept(name, text));

      const screen = forPeople(shown(withoutColors(text)).join("\n"));
      assert(screen.length > 100, `${screen.length} lines`);
      for (const line of screen) {
        assert(textWidth(line) <= width, `${textWidth(line)} columns: ${line}`);
        assert(!/\p{Cc}/u.test(line), JSON.stringify(line));
        assert(!way.endsWith("ascii") || /^[ -~]*$/.test(line), line);
      }
    });
  }
}

test("a terminal shows the last of what is redrawn, a pipe all of it", { needs: ["linux", "script"] }, () => {
  const top = (way: string) =>
    shown(readFileSync(new URL(`./screens/${way}-80.txt`, import.meta.url), "utf8")).join("\n").split(
      "# top\n",
    ).at(-1);
  const count = (text: string | undefined) => text?.match(/snapshot \d/g);
  assertEquals(count(withoutColors(top("terminal") ?? "")), ["snapshot 3"]);
  assertEquals(count(top("pipe")), ["snapshot 1", "snapshot 2", "snapshot 3"]);
});
