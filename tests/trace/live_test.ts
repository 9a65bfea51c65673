import { assert, assertEquals } from "@std/assert";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runScript, scriptEnd, startScript } from "../_child.ts";
import { test } from "../_harness.ts";

const NEEDS = ["bpf", "tracefs"] as const;
const SCRIPT = new URL("_live.ts", import.meta.url);

/** With the names of packages, which scripts of this folder have no configuration for. */
const PERMISSIONS = [
  "-A",
  `--import-map=${fileURLToPath(new URL("../../deno.offline.json", import.meta.url))}`,
];

/** What the last drawing has, without what is padded. */
const LAST: Readonly<Record<string, readonly string[]>> = {
  all: ["COUNT", "7"],
  calls: ["WHO TEXT COUNT", "3 x 3", "2 x 2"],
  levels: ["KEY VALUE", "4 40", "3 30"],
  sizes: ["KEY COUNT SUM MIN MEAN MAX", "3 3 27 9 9 9", "2 2 12 6 6 6"],
};

function drawings(stdout: string): string[][] {
  return stdout.split(/^(?=TOP )/m).map((part) =>
    part.trim().split("\n").map((line) => line.trim().replace(/ +/g, " "))
  );
}

for (const [what, lines] of Object.entries(LAST)) {
  test(`live() draws again and again until its time is over: ${what}`, { needs: NEEDS }, async () => {
    const options = { args: [what, "150ms"], permissions: PERMISSIONS };
    const { stdout, stderr, status } = await runScript(SCRIPT, options);
    const drawn = drawings(stdout);
    assertEquals([stderr, status], ["", 0]);
    assert(drawn.length >= 2, stdout);
    assertEquals(drawn.at(-1), [`TOP ${what}`, ...lines, "after"]);
  });
}

test("live() ends with Ctrl-C, and the script goes on", { needs: NEEDS }, async () => {
  const child = startScript(SCRIPT, { args: ["sizeOf"], permissions: PERMISSIONS });
  const end = scriptEnd(child);
  await Promise.race([once(child.stdout ?? child, "data"), end]);
  process.kill(child.pid ?? 0, "SIGINT"); // Deno says of what child.kill() is sent to that it died of it
  const { stdout, status } = await end;
  const last = drawings(stdout).at(-1) ?? [];
  assertEquals([status, last[0], last[1], last.at(-1)], [0, "TOP sizeOf", "3 2", "after"]);
  assertEquals(last.find((line) => line.startsWith("count")), "count 3 2");
});
