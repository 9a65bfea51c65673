import { assertEquals, assertStringIncludes } from "@std/assert";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "../_harness.ts";
import { waggle } from "./_waggle.ts";

test("waggle lists its commands", async () => {
  for (const args of [[], ["--help"], ["help"]]) {
    const { status, stdout, stderr } = await waggle(args);
    assertEquals([status, stderr], [0, ""]);
    assertStringIncludes(stdout, "features ");
    assertStringIncludes(stdout, "inspect ");
    assertStringIncludes(stdout, "load ");
  }
});

test("waggle says which version it is", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../../deno.json", import.meta.url), "utf8"));
  assertEquals(await waggle(["--version"]), { status: 0, stdout: `waggle ${version}\n`, stderr: "" });
});

test("waggle help says how every command is used", async () => {
  const { stdout: all } = await waggle(["help"]);
  const names = [...all.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = ""]) => name);
  assertEquals(names.length >= 12, true);
  for (const name of names) {
    const { status, stdout } = await waggle(["help", name]);
    assertEquals([status, stdout.startsWith(`waggle ${name} `)], [0, true]);
  }
});

test("bash completes commands, their words and options", { needs: ["linux"] }, async () => {
  const { stdout: script } = await waggle(["completions", "bash"]);
  const complete = (...words: string[]) =>
    execFileSync("bash", [
      "-c",
      `${script}\nCOMP_WORDS=(waggle ${
        words.join(" ")
      }); COMP_CWORD=${words.length}; _waggle; echo "\${COMPREPLY[@]}"`,
    ], { encoding: "utf8" }).trim();
  assertEquals(complete("du"), "dump");
  assertEquals(complete("t"), "top trace types");
  assertEquals(complete("dump", "p"), "prog");
  assertEquals(complete("list", "--j"), "--json");
  assertEquals(complete("help", "feat"), "features");
});

test("waggle says how each command is used", async () => {
  for (const command of ["features", "inspect", "load"]) {
    const { status, stdout } = await waggle([command, "--help"]);
    assertEquals(status, 0);
    assertStringIncludes(stdout, `waggle ${command} `);
    assertStringIncludes(stdout, "--json");
  }
});

test("waggle refuses commands that do not exist", async () => {
  const rest = ": waggle help lists them\n";
  for (const [command, meant] of [["inspekt", ': did you mean "inspect"?'], ["constructor", ""]] as const) {
    for (const args of [[command], ["help", command]]) {
      const { status, stdout, stderr } = await waggle(args);
      assertEquals([status, stdout], [2, ""]);
      assertEquals(stderr, `waggle: there is no command "${command}"${meant}${rest}`);
    }
  }
});

for (
  const [args, message] of [
    [["features", "maptypes"], 'waggle features: Cannot probe section "maptypes": there are program_types, '],
    [["features", "--jsn"], `waggle features: Unknown option '--jsn': did you mean "--json"?\n`],
    [["inspect"], "waggle inspect: name at least one object file\n"],
    [["load"], "waggle load: name at least one object file\n"],
    [["load", "--btf", "/nonexistent", "x.o"], 'waggle load: Cannot open "/nonexistent": no such file'],
    [["inspect", "--jsn", "x.o"], `waggle inspect: Unknown option '--jsn': did you mean "--json"?\n`],
    [["load", "--each=3", "x.o"], "waggle load: Option '--each' does not take an argument\n"],
  ] as const
) {
  test(`waggle ${args.join(" ")} is a wrong use`, { needs: ["linux"] }, async () => {
    const { status, stdout, stderr } = await waggle(args);
    assertEquals([status, stdout], [2, ""]);
    assertEquals(stderr.startsWith(message), true, stderr);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  });
}
