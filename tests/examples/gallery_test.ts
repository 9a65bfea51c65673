/** What all examples have in common. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { scriptEnd } from "../_child.ts";
import { test } from "../_harness.ts";
import { EXAMPLES, startExample } from "./_gallery.ts";

const NAMES = readdirSync(EXAMPLES).filter((name) => /^[a-z]\w*(?<!_test)\.ts$/.test(name)).map((name) =>
  name.slice(0, -3)
);

test("there are at least 24 examples, each of at most 60 lines, in the table", () => {
  assert(NAMES.length >= 24, `${NAMES.length}`);
  const table = readFileSync(new URL("README.md", EXAMPLES), "utf8");
  for (const name of NAMES) {
    const source = readFileSync(new URL(`${name}.ts`, EXAMPLES), "utf8");
    assert(source.trimEnd().split("\n").length <= 60, `${name} is longer than 60 lines`);
    assertMatch(source, new RegExp(`^/\\*\\*[^]*?\`(deno run [^\`]*) examples/${name}\\.ts[^]*?\\*/`));
    assert(table.includes(`[${name}](${name}.ts)`), `${name} is not in examples/README.md`);
  }
});

for (const name of NAMES) {
  test(`${name} --help says what it does`, { needs: ["linux"] }, async () => {
    const { status, stdout, stderr } = await scriptEnd(startExample(name, ["--help"]));
    assertEquals([status, stderr], [0, ""]);
    assertMatch(stdout, /^[A-Z].*\.\n\n( {2}(--.*|WORD)\n)* {2}--json/);
  });
}
