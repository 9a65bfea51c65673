import { assert, assertEquals } from "@std/assert";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  compare,
  type Inspected,
  type Loaded,
  parseExceptions,
  parseLines,
  unexplained,
  type Verdict,
} from "../scripts/_verdicts.ts";
import { runScript } from "./_child.ts";
import { test } from "./_harness.ts";
import { run, withFolder } from "./_run.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const WAGGLE = new URL("../src/cli/mod.ts", import.meta.url);

/** The objects of this repository that libbpf can open here. */
function ownObjects(): string[] {
  return ["tests", "examples"].flatMap((folder) => {
    const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
    return names.filter((name) => name.endsWith(".bpf.o")).map((name) => join(ROOT, folder, name));
  });
}

function libbpfVerdicts(objects: readonly string[]): Verdict[] {
  return withFolder((folder) => {
    const program = join(folder, "libbpf_verdict");
    run("cc", ["-o", program, join(ROOT, "scripts/libbpf_verdict.c"), "-lbpf"]);
    return parseLines(execFileSync(program, objects, { encoding: "utf8" }));
  });
}

async function waggle<T>(args: readonly string[]): Promise<T[]> {
  return parseLines((await runScript(WAGGLE, { args })).stdout);
}

test("inspect and load --each say of the objects here what libbpf says", {
  needs: ["bpf", "bpffs", "cc", "libbpf"],
}, async () => {
  const objects = ownObjects();
  const { differences, loaded } = compare(
    libbpfVerdicts(objects),
    await waggle<Inspected>(["inspect", "--json", ...objects]),
    await waggle<Loaded>(["load", "--each", "--json", ...objects]),
  );
  const exceptions = parseExceptions(readFileSync(new URL("conformance.md", import.meta.url), "utf8"));
  assertEquals(unexplained(differences, exceptions), []);
  assert(loaded > 0, "libbpf loads nothing");
});
