import { assertEquals } from "@std/assert";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import process from "node:process";
import { findTool } from "../../scripts/_tools.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";

const NEEDS = ["bpf", "btf", "tracefs", "deno"] as const;

const SCRIPT = fileURLToPath(new URL("_script.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CONFIG = ["-c", join(ROOT, "deno.offline.json"), "--no-lock"];

interface Found {
  readonly calls: readonly [number, number][];
  readonly buckets: readonly [number, number][];
  readonly found: readonly unknown[];
  readonly left: number;
}

/** What the script finds, which is known. */
function check(output: string): void {
  const { calls, buckets, found, left }: Found = JSON.parse(output);
  assertEquals(
    found,
    Array.from({ length: 3 }, () => ({ comm: "wgscript", file: "/wgscript", isLeader: true })),
  );
  assertEquals(buckets, [[2 ** 15, 3]]); // 40 ms
  assertEquals(left, 0);
  // Each process does the same, and ends by exit_group(), 231 on x86-64 and 94 elsewhere
  const ends = process.arch === "x64" ? 231 : 94;
  assertEquals(calls.find(([number]) => number === ends), [ends, 3]);
}

test("kernel functions run as Deno prints them", { needs: NEEDS }, () => {
  check(run("deno", ["run", "-A", "--no-check", ...CONFIG, SCRIPT]));
});

test("kernel functions run as deno bundle --minify writes them", { needs: NEEDS }, () => {
  withFolder((folder) => {
    const bundle = join(folder, "script.js");
    run("deno", ["bundle", "--minify", "--quiet", "--no-check", ...CONFIG, "-o", bundle, SCRIPT], ROOT);
    assertEquals(existsSync(bundle), true);
    check(run("deno", ["run", "-A", "--no-check", "--no-config", "--no-lock", bundle]));
  });
});

test("kernel functions need --allow-ffi alone, their faults too", { needs: NEEDS }, () => {
  const script = fileURLToPath(new URL("_minimal.ts", import.meta.url));
  const output = run("deno", ["run", "--allow-ffi", "--no-prompt", "--no-check", ...CONFIG, script]);
  const { total, fault }: { total: number; fault: string } = JSON.parse(output);
  assertEquals(total > 0, true);
  assertEquals(fault.includes(`${script}:11:`) && fault.includes('did you mean "next_pid"'), true, fault);
});

const bun = findTool("bun");

if (bun !== undefined) {
  // `bun run` fetches a missing package by itself, `bun build` does not
  if (!existsSync(join(ROOT, "node_modules", "acorn"))) run("bun", ["install", "--no-save"], ROOT);

  test("kernel functions run as Bun prints them", { needs: NEEDS }, () => {
    check(run("bun", ["run", SCRIPT], ROOT));
  });

  test("kernel functions run as bun build --minify writes them", { needs: NEEDS }, () => {
    withFolder((folder) => {
      const bundle = join(folder, "script.js");
      run("bun", ["build", "--minify", "--target=bun", `--outfile=${bundle}`, SCRIPT], ROOT);
      check(run("bun", ["run", bundle]));
    });
  });

  test("kernel functions run in an executable of bun build --compile --minify", { needs: NEEDS }, () => {
    withFolder((folder) => {
      const program = join(folder, "script");
      run("bun", ["build", "--compile", "--minify", `--outfile=${program}`, SCRIPT], ROOT);
      check(execFileSync(program, { encoding: "utf8" }));
    });
  });

  test("kernel functions run in an executable that has bytecode beside the text", { needs: NEEDS }, () => {
    withFolder((folder) => {
      const program = join(folder, "script");
      const how = ["--compile", "--minify", "--bytecode", "--format=esm"];
      run("bun", ["build", ...how, `--outfile=${program}`, SCRIPT], ROOT);
      check(execFileSync(program, { encoding: "utf8" }));
    });
  });
}
