/** Mistakes with maps are compile errors at the token that is wrong. */
import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { findTool } from "../../scripts/_tools.ts";
import { test } from "../_harness.ts";
import { withFolder } from "../_run.ts";

const ROOT = new URL("../../", import.meta.url);

/** Each mistake between « and », with a piece of what the compiler says. */
const MISTAKES: readonly (readonly [string, string])[] = [
  ['counts.get(«"1"»);', "'string' is not assignable to parameter of type 'number'"],
  ["counts.set(1, «2»);", "'number' is not assignable to parameter of type 'bigint'"],
  ["counts.«push»(1n);", "Property 'push' does not exist on type 'HashMap<number, bigint>'"],
  ['counts.set(1, 2n, { «mode»: "never" });', "'\"never\"' is not assignable to type 'UpdateMode"],
  ["flows.get({ «port»: 1n });", "'bigint' is not assignable to type 'number'"],
  ["flows.get(«{}»);", "Property 'port' is missing"],
  ["flows.set({ port: 1, «prot»: 6 }, 1n);", "'prot' does not exist in type"],
  ["values.«delete»(0);", "Property 'delete' does not exist on type 'PlainArrayMap<number>'"],
  ["values.get(0).«toUppercase»();", "Property 'toUppercase' does not exist on type 'number'"],
  ["stacks.«set»(1, [1n]);", "Property 'set' does not exist on type 'StackTraceMap<bigint>'"],
  ["outer.set(1, «flows»);", "is not assignable to parameter of type 'HashMap<number, bigint>'"],
  ["hash(u32, «u16.size»);", "'number' is not assignable to parameter of type 'Codec<"],
];

test("mistakes with maps are compile errors at the wrong token", { needs: ["deno"] }, () => {
  const lines = MISTAKES.map(([line]) => line);
  const source =
    `import { array, createMap, hash, hashOfMaps, stackTrace, struct, u16, u32, u64 } from "${ROOT}mod.ts";
const counts = createMap(hash(u32, u64), { maxEntries: 1 });
const flows = createMap(hash(struct({ port: u32 }), u64), { maxEntries: 1 });
const values = createMap(array(u32), { maxEntries: 1 });
const stacks = createMap(stackTrace(), { maxEntries: 1 });
const outer = createMap(hashOfMaps(u32, hash(u32, u64)), { maxEntries: 1 });
${lines.join("\n")}
`;
  const first = source.slice(0, source.indexOf(lines[0] ?? "")).split("\n").length;
  withFolder((folder) => {
    const file = `${folder}/mistakes.ts`;
    writeFileSync(file, source.replaceAll(/[«»]/g, ""));
    const args = ["check", "--no-lock", "-c", new URL("deno.offline.json", ROOT).pathname, file];
    const { stderr, status } = spawnSync(findTool("deno") ?? "deno", args, {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    assertEquals(status, 1);
    const found = stderr.split(/^TS\d+ \[ERROR\]: /m).slice(1).map((text) => {
      const [, line = "", column = ""] = /mistakes\.ts:(\d+):(\d+)/.exec(text) ?? [];
      return { line: Number(line), column: Number(column), text };
    });
    assertEquals(
      found.map(({ line, column }) => [line, column]),
      lines.map((line, i) => [first + i, line.indexOf("«") + 1]),
      stderr,
    );
    MISTAKES.forEach(([line, message], i) =>
      assertEquals(found[i]?.text.includes(message), true, `${line}\n${found[i]?.text}`)
    );
  });
});
