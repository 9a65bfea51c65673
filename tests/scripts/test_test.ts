import { assertEquals, assertStringIncludes } from "@std/assert";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findTool } from "../../scripts/_tools.ts";
import { test } from "../_harness.ts";

test("scripts/test.ts ends with the counts, failing tests that leak", { needs: ["linux", "deno"] }, () => {
  const deno = findTool("deno") ?? "";
  const args = ["run", "-A", "--no-lock", "scripts/test.ts", "tests/scripts/testdata/outcomes.ts"];
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const { status, stdout } = spawnSync(deno, args, {
    cwd,
    env: { ...process.env, PATH: "" },
    encoding: "utf8",
  });
  assertEquals(status, 1);
  assertEquals(stdout.trimEnd().split("\n").at(-1), "1 passed, 2 failed, 1 skipped");
  const failures = stdout.slice(stdout.indexOf("\nFailed tests:\n"));
  assertStringIncludes(failures, "\n  leaves a descriptor behind\n    Error: The test leaves behind:");
  assertStringIncludes(stdout, "[skipped: needs strace: not installed]");
  assertStringIncludes(stdout, `/proc/`);
});
