import { assertEquals, assertStringIncludes } from "@std/assert";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findTool } from "../../scripts/_tools.ts";
import { countCases, summary } from "../../scripts/test.ts";
import { test } from "../_harness.ts";

/** As `bun test --reporter=junit` writes it. */
const BUN_REPORT = `<testsuites name="bun test" tests="3" failures="1" skipped="1">
  <testsuite name="a_test.ts" tests="3">
    <testcase name="ok &lt;testcase" time="0.1" assertions="0" />
    <testcase name="bad" time="0.1"><failure type="Error" message="x">Error</failure></testcase>
    <testcase name="not here" time="0"><skipped /></testcase>
  </testsuite>
</testsuites>`;

test("countCases() counts each test case once", () => {
  assertEquals(countCases(BUN_REPORT, 1), { passed: 1, failed: 1, skipped: 1 });
});

test("countCases() takes a run for failed that failed without a failed test", () => {
  assertEquals(countCases("", 139), { passed: 0, failed: 1, skipped: 0 });
});

test("summary() names skipped tests when there are any", () => {
  assertEquals(summary({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  assertEquals(summary({ passed: 3, failed: 1, skipped: 2 }), "3 passed, 1 failed, 2 skipped");
});

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
  assertStringIncludes(stdout, "[skipped: needs strace: not installed]");
  assertStringIncludes(stdout, `/proc/`);
});
