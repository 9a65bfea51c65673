import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findTool } from "../../scripts/_tools.ts";
import { scriptEnd, type ScriptResult } from "../_child.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { waggle } from "../cli/_waggle.ts";
import { linesOf } from "./_gallery.ts";

const ROOT = realpathSync(fileURLToPath(new URL("../..", import.meta.url)));

const folder = mkdtempSync(join(tmpdir(), "waggle-binary-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** One program of a script, by Bun. */
function compiled(script: string, name: string): string {
  // `bun run` fetches a missing package by itself, `bun build` does not
  if (!existsSync(join(ROOT, "node_modules", "acorn"))) run("bun", ["install", "--no-save"], ROOT);
  const binary = join(folder, name);
  const how = ["--compile", "--minify", "--bytecode", "--format=esm"];
  run("bun", ["build", ...how, join(ROOT, script), "--outfile", binary], ROOT);
  return binary;
}

/**
 * Runs a program from an empty folder, without environment, in mounts of its own where neither the checkout nor what runtimes keep
 * is there. `meanwhile` is done over and over.
 */
async function alone(
  binary: string,
  args: readonly string[],
  meanwhile: () => void = () => {},
): Promise<ScriptResult> {
  const empty = mkdtempSync(join(folder, "empty-"));
  const hidden = [ROOT, join(homedir(), ".bun"), join(homedir(), ".cache"), join(homedir(), ".npm")];
  const script = [
    ...hidden.map((path) => `if [ -d "${path}" ]; then mount -t tmpfs none "${path}" || exit 99; fi`),
    `cd "${empty}"`,
    'exec env -i "$@"',
  ].join("\n");
  const timer = setInterval(meanwhile, 50);
  try {
    return await scriptEnd(
      spawn("unshare", ["-m", "sh", "-c", script, "sh", binary, ...args], {
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
  } finally {
    clearInterval(timer);
  }
}

const NEEDS = ["root", "bpf", "btf", "tracefs", "bun"] as const;

test("a kernel function in TypeScript is in one program with its script", { needs: NEEDS }, async () => {
  const opensnoop = compiled("examples/opensnoop.ts", "opensnoop");
  const file = join(folder, "opened");
  writeFileSync(file, "");
  const lines = linesOf(await alone(opensnoop, ["--json", "--duration", "1500ms"], () => readFileSync(file)));
  assert(
    lines.some((line) => line.pid === process.pid && Object.values(line).includes(file)),
    JSON.stringify(lines[0]),
  );
});

test("an object of C is in one program with its script, by waggle generate", { needs: NEEDS }, async () => {
  for (const name of ["execsnoop", "fixedwindow"]) {
    const module = join(ROOT, "examples", `${name}.bpf`);
    const args = ["generate", `${module}.o`, "-o", `${module}.ts`, "--import", "../mod.ts", "--check"];
    const { status, stderr } = await waggle(args, { permissions: ["-A"] });
    assertEquals([status, stderr], [0, ""]);
  }
  const execsnoop = compiled("examples/execsnoop.ts", "execsnoop");
  const lines = linesOf(
    await alone(execsnoop, ["--json", "--duration", "1500ms"], () => run("true", ["of binary_test"])),
  );
  assert(
    lines.some(({ comm, ppid, args }) =>
      comm === "true" && ppid === process.pid && args[1] === "of binary_test"
    ),
  );
});

test("the command is one program", { needs: NEEDS }, async () => {
  const command = compiled("src/cli/mod.ts", "waggle");
  const doctor = await alone(command, ["doctor", "--json"]);
  assertEquals(doctor.stderr, "");
  assert(linesOf(doctor).length > 20);
  const script = "BEGIN { @[1] = count(); exit(); }";
  const { status, stdout, stderr } = await alone(command, ["run", script]);
  assertEquals([status, stderr], [0, ""]);
  assertStringIncludes(stdout, "@[1]: 1");
});

// What `deno compile` puts a script in is denort, which is not to be had everywhere: DENORT_BIN names it. With any other file
// in its place the program is made and does not run.
test(
  "deno compile makes one program of a script, with all of its files",
  { needs: ["deno", "linux"] },
  () => {
    const denort = process.env["DENORT_BIN"];
    const binary = join(folder, "compiled-by-deno");
    const args = [
      "compile",
      "--no-check",
      "--no-lock",
      "-c",
      join(ROOT, "deno.offline.json"),
      "--allow-ffi",
      "--output",
      binary,
    ];
    const deno = realpathSync(findTool("deno") ?? "deno");
    const { status, stderr: output } = spawnSync(deno, [...args, join(ROOT, "examples/execsnoop.ts")], {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1", DENORT_BIN: denort ?? deno },
    });
    assertEquals(status, 0, output);
    for (const file of ["execsnoop.ts", "execsnoop.bpf.ts", "_example.ts"]) {
      assertStringIncludes(output, `${file} (`);
    }
    assertStringIncludes(output, "Remote modules: 12B"); // an empty list
    if (denort === undefined) return;
    assertStringIncludes(
      execFileSync(binary, ["--help"], { encoding: "utf8" }),
      "Prints every program that starts.",
    );
  },
);
