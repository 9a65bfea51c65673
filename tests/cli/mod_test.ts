import { assertEquals, assertStringIncludes } from "@std/assert";
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

test("waggle says how each command is used", async () => {
  for (const command of ["features", "inspect", "load"]) {
    const { status, stdout } = await waggle([command, "--help"]);
    assertEquals(status, 0);
    assertStringIncludes(stdout, `waggle ${command} `);
    assertStringIncludes(stdout, "--json");
  }
});

test("waggle refuses commands that do not exist", async () => {
  for (const command of ["inspekt", "constructor"]) {
    const { status, stdout, stderr } = await waggle([command]);
    assertEquals([status, stdout], [2, ""]);
    assertStringIncludes(stderr, `waggle: there is no command "${command}"`);
  }
});

for (
  const [args, message] of [
    [["features", "maptypes"], 'waggle features: Cannot probe section "maptypes": there are program_types, '],
    [["features", "--jsn"], "waggle features: Unknown option '--jsn'\n"],
    [["inspect"], "waggle inspect: name at least one object file\n"],
    [["load"], "waggle load: name at least one object file\n"],
    [["load", "--btf", "/nonexistent", "x.o"], 'waggle load: Cannot open "/nonexistent": no such file'],
    [["inspect", "--jsn", "x.o"], "waggle inspect: Unknown option '--jsn'\n"],
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
