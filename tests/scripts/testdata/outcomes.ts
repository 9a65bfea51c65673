/** A test of each outcome, run by test_test.ts without programs on PATH. */
import { openSync } from "node:fs";
import { test } from "../../_harness.ts";

test("passes and prints <testcase", () => {});
test("fails", () => {
  throw new Error("on purpose");
});
test("leaves a descriptor behind", { needs: ["linux"] }, () => void openSync("/proc/self/status", "r"));
test("needs what is not there", { needs: ["strace"] }, () => {});
