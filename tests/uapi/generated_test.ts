import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findTool } from "../../scripts/_tools.ts";
import { test } from "../_harness.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("src/uapi is what its generator writes", { needs: ["deno", "bpftool", "btf", "uapi-kernel"] }, () => {
  const args = ["run", "-A", "--no-config", "scripts/generate_uapi.ts", "--check"];
  const { status, stderr } = spawnSync(findTool("deno") ?? "deno", args, { cwd: ROOT, encoding: "utf8" });
  assertEquals([status, stderr], [0, ""]);
});
