import { assertEquals } from "@std/assert";
import { countCases, failures, readCases, summary } from "../../scripts/_junit.ts";
import { test } from "../_harness.ts";

/** As `bun test --reporter=junit` writes it. */
const BUN_REPORT = `<testsuites name="bun test" tests="3" failures="1" skipped="1">
  <testsuite name="a_test.ts" tests="3">
    <testcase name="ok &lt;testcase" time="0.1" assertions="0" />
    <testcase name="bad" time="0.1"><failure type="Error" message="x">Error: x&#10;      at a_test.ts:3:51&#10;</failure></testcase>
    <testcase name="not here" time="0"><skipped /></testcase>
  </testsuite>
</testsuites>`;

/** As `deno test --junit-path` writes it. */
const DENO_REPORT = `<testsuites name="deno test" tests="2" failures="1" errors="0" time="0.243">
    <testsuite name="./tests/_harness.ts" tests="2" disabled="1" errors="0" failures="1">
        <testcase name="bad: &quot;quoted&quot; &amp;lt;" classname="./tests/_harness.ts" time="0.001" line="68" col="8">
            <failure message="Uncaught Error: first line
second &apos;line&apos;">Error: first line
second &apos;line&apos;
    at file:///tmp/x_test.ts:3:47</failure>
        </testcase>
        <testcase name="skipped" classname="./tests/_harness.ts" time="0.000" line="68" col="8">
            <skipped/>
        </testcase>
    </testsuite>
</testsuites>`;

test("readCases() reads what Deno and Bun write", () => {
  assertEquals(readCases(BUN_REPORT), [
    { name: "ok <testcase", outcome: "passed", failure: "" },
    { name: "bad", outcome: "failed", failure: "Error: x\n      at a_test.ts:3:51\n" },
    { name: "not here", outcome: "skipped", failure: "" },
  ]);
  assertEquals(readCases(DENO_REPORT), [
    {
      name: 'bad: "quoted" &lt;',
      outcome: "failed",
      failure: "Error: first line\nsecond 'line'\n    at file:///tmp/x_test.ts:3:47",
    },
    { name: "skipped", outcome: "skipped", failure: "" },
  ]);
  assertEquals(readCases(""), []);
});

test("countCases() counts each test once", () => {
  assertEquals(countCases(readCases(BUN_REPORT), 1), { passed: 1, failed: 1, skipped: 1 });
});

test("countCases() takes a run for failed that failed without a failed test", () => {
  assertEquals(countCases([], 139), { passed: 0, failed: 1, skipped: 0 });
});

test("summary() names skipped tests when there are any", () => {
  assertEquals(summary({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  assertEquals(summary({ passed: 3, failed: 1, skipped: 2 }), "3 passed, 1 failed, 2 skipped");
});

test("failures() names what failed and shows the start of why", () => {
  const failure = Array.from({ length: 40 }, (_, i) => `line ${i}`).join("\n");
  const cases = [
    { name: "fine", outcome: "passed", failure: "" },
    { name: "bad", outcome: "failed", failure },
    { name: "worse", outcome: "failed", failure: "Error: x\n  at y\n" },
  ] as const;
  const lines = failures(cases).split("\n");
  assertEquals(lines.slice(0, 4), ["Failed tests:", "  bad", "    line 0", "    line 1"]);
  assertEquals(lines.slice(-4), ["    line 15", "  worse", "    Error: x", "      at y"]);
  assertEquals(failures(cases.slice(0, 1)), "");
});
