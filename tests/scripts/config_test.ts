import { assert, assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findTool } from "../../scripts/_tools.ts";
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

test("each entry has an example, and a place in the table of the README", () => {
  const table = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  for (const [entry, path] of Object.entries<string>(read("deno.json").exports)) {
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
    const [doc = ""] = /^\/\*\*[^]*?\*\//.exec(text) ?? [];
    assertEquals([entry, doc.includes("@module"), doc.includes("```ts")], [entry, true, true]);
    const place = entry === "." ? "| `@waggle/ebpf`" : `${entry.slice(1)}\``;
    assert(
      table.split("\n").some((line) => line.startsWith("| `@waggle/ebpf") && line.includes(place)),
      entry,
    );
  }
});

test("JSR would take what is published: types that need no inference, and nothing but the library", {
  needs: ["deno"],
}, () => {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const { status, stderr } = spawnSync(
    findTool("deno") ?? "deno",
    ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
  );
  assertEquals([status, stderr.includes("Success Dry run complete")], [0, true], stderr);
  const files = [...stderr.matchAll(/^ +(file:\S+) /gm)].map(([, url = ""]) =>
    fileURLToPath(url).slice(root.length)
  );
  assert(files.includes("src/trace/mod.ts") && files.includes("mod.ts"), files.join(" "));
  assertEquals(
    files.filter((file) => !/^(src|ffi)\/|^(mod\.ts|deno(\.offline)?\.json|[A-Z.a-z]+)$/.test(file)),
    [],
  );
});

test("the changelog begins with what is not released yet", () => {
  const text = readFileSync(new URL("../../CHANGELOG.md", import.meta.url), "utf8");
  assert(/^# Changelog\n(?:[^#]*\n)?## /.test(text));
});
