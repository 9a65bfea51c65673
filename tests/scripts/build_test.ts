import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findTool } from "../../scripts/_tools.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OBJECT = join(ROOT, "examples", "execsnoop.bpf.o");

/** A project of somebody's, in a folder of its own, that has the package. */
const project = mkdtempSync(join(tmpdir(), "waggle-project-"));
const built = join(project, "node_modules", "@waggle", "ebpf");
process.on("exit", () => rmSync(project, { recursive: true, force: true }));

/** Built by the first test that needs it. */
function build(): void {
  if (existsSync(built)) return;
  run("deno", ["run", "-A", "-c", `${ROOT}deno.offline.json`, "--no-lock", `${ROOT}scripts/build.ts`, built]);
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  writeFileSync(join(project, "script.ts"), SCRIPT);
  mkdirSync(join(project, "node_modules", ".bin"));
  symlinkSync(join(built, "src", "cli", "launch.js"), join(project, "node_modules", ".bin", "waggle"));
}

const SCRIPT = `
import { createMap, hash, u32 } from "@waggle/ebpf";
import { counter, tracepoint } from "@waggle/ebpf/trace";

using calls = counter<string>();
using probe = tracepoint("raw_syscalls:sys_enter", { calls }, (c, { calls }) => {
  calls.count(c.comm);
});
await new Promise((resolve) => setTimeout(resolve, 100));
const text: string = probe.explain();
using map = createMap(hash(u32, u32), { maxEntries: 1 });
map.set(1, 2);
console.log(calls.total > 0, text.includes("calls.count(c.comm);"), map.get(1));
`;

/** Runs the command by Node, as npm links it, with only these programs around. */
function waggle(args: readonly string[], path: string): { code: number | null; out: string; err: string } {
  const node = findTool("node") ?? "node";
  const command = join(project, "node_modules", ".bin", "waggle");
  const { status, stdout, stderr } = spawnSync(node, [command, ...args], {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, PATH: path },
  });
  return { code: status, out: stdout, err: stderr };
}

/** The folder that a program is in. */
function folderOf(tool: string): string {
  return join(findTool(tool) ?? "", "..");
}

test("the package needs no other, and has all entries with declarations", { needs: ["deno"] }, () => {
  build();
  const { dependencies, exports, bin } = JSON.parse(readFileSync(join(built, "package.json"), "utf8"));
  const { exports: entries } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  assertEquals(dependencies, undefined);
  assertEquals(Object.keys(exports), Object.keys(entries));
  const files = Object.values<Record<string, string>>(exports).flatMap((conditions) =>
    Object.values(conditions)
  );
  for (const file of [...files, ...Object.values<string>(bin)]) {
    assertEquals(existsSync(join(built, file)), true, file);
  }
});

for (const [runtime, ...flags] of [["deno", "run", "--allow-ffi", "--no-prompt"], ["bun", "run"]] as const) {
  test(`a script with the package from npm runs in ${runtime}`, { needs: ["bpf", "tracefs", "deno"] }, () => {
    build();
    if (findTool(runtime) === undefined) return;
    assertEquals(run(runtime, [...flags, "script.ts"], project), "true true 2\n");
  });
}

test("declarations of the package tell what is wrong with a script", { needs: ["deno"] }, () => {
  build();
  const [right, wrong] = [join(project, "script.ts"), join(project, "wrong.ts")];
  writeFileSync(wrong, 'import { u32 } from "@waggle/ebpf";\nexport const size: string = u32.size;\n');
  const check = (file: string) => spawnSync(findTool("deno") ?? "", ["check", file], { encoding: "utf8" });
  assertEquals(check(right).status, 0);
  assertStringIncludes(check(wrong).stderr, "Type 'number' is not assignable to type 'string'");
});

for (const runtime of ["deno", "bun"]) {
  test(`npm's waggle hands over to ${runtime}`, { needs: ["deno", "node"] }, () => {
    build();
    if (findTool(runtime) === undefined) return;
    const path = [folderOf(runtime), folderOf("node")].join(delimiter);
    const { code, out, err } = waggle(["inspect", OBJECT], path);
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(out, "raw_tp/sched_process_exec");
    const unknown = waggle(["nosuch"], path);
    assertEquals([unknown.code, unknown.out], [2, ""]);
    assertMatch(unknown.err, /^waggle: there is no command "nosuch"/);
  });
}
