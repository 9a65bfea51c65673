import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findTool } from "../../scripts/_tools.ts";
import { test } from "../_harness.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const OPEN = `
  import { native } from "./ffi/mod.ts";
  try { console.log(native().runtime); } catch (error) { console.log(String(error)); }`;

/** What a script prints in the root of the repository, run by Deno with these permissions only. */
function runDeno(permissions: readonly string[], script: string): string {
  const args = ["run", "--no-config", "--no-prompt", ...permissions, "-"];
  const { stdout, stderr, status } = spawnSync(findTool("deno") ?? "deno", args, {
    cwd: ROOT,
    input: script,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return status === 0 ? stdout.trim() : stderr;
}

const DENIED =
  "PermissionError: Cannot reach the kernel: Deno does not allow this script to call foreign functions: " +
  "run it with --allow-ffi (without a path)";

test("native() asks for --allow-ffi where Deno denies it", { needs: ["linux", "deno"] }, () => {
  assertEquals(runDeno([], OPEN), DENIED);
  assertEquals(runDeno(["--allow-read", "--allow-run"], OPEN), DENIED);
});

test("native() asks for --allow-ffi without a path", { needs: ["linux", "deno"] }, () => {
  assertEquals(runDeno(["--allow-ffi=/usr/lib"], OPEN), DENIED);
  assertEquals(runDeno(["--allow-ffi=libc.so.6"], OPEN), DENIED);
});

test("native() needs --allow-ffi alone", { needs: ["linux", "deno"] }, () => {
  assertEquals(runDeno(["--allow-ffi"], OPEN), "deno");
});

test("native() refuses other runtimes", { needs: ["linux", "deno"] }, () => {
  // What it goes by is the globals of Deno and Bun.
  const script = `delete globalThis.Deno;
    const { native } = await import("./ffi/mod.ts");
    try { native(); } catch (error) { console.log(String(error)); }`;
  assertEquals(
    runDeno([], script),
    "NotSupportedError: Cannot reach the kernel: this runtime is neither Deno nor Bun",
  );
});

test("importing everything asks for nothing and opens nothing", { needs: ["linux", "deno"] }, () => {
  // A permission that a script was refused is "denied", one it did not ask for is still "prompt".
  const script = `import "./mod.ts";
    const names = ["ffi", "read", "write", "env", "net", "run", "sys"];
    console.log(names.map((name) => Deno.permissions.querySync({ name }).state).join());`;
  assertEquals(runDeno([], script), Array(7).fill("prompt").join());
});
