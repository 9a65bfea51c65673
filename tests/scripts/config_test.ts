import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "../_harness.ts";

// deno-lint-ignore no-explicit-any -- parsed JSON
function read(name: string): any {
  return JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));
}

test("deno.offline.json is deno.json with links to the stand-ins", () => {
  const { links, ...offline } = read("deno.offline.json");
  const online = read("deno.json");
  for (const key of Object.keys(offline)) assertEquals(offline[key], online[key], key);
  assertEquals(
    links.map((path: string) => read(`${path}/deno.json`).name),
    Object.keys(online.imports).filter((name) => name.startsWith("@std/")),
  );
});

test("package.json and deno.json say the same", () => {
  const [npm, deno] = [read("package.json"), read("deno.json")];
  assertEquals([npm.name, npm.version, npm.license], [deno.name, deno.version, deno.license]);
  assertEquals(npm.exports, deno.exports);
});

test("the changelog begins with what is not released yet", () => {
  const text = readFileSync(new URL("../../CHANGELOG.md", import.meta.url), "utf8");
  assert(/^# Changelog\n(?:[^#]*\n)?## /.test(text));
});
