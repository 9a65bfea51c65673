/** What the running kernel makes of a program: load.c in this folder, compiled and run. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findTool } from "../../scripts/_tools.ts";

/** The tag of a loaded program, and the verifier's log. */
export interface Loaded {
  readonly tag: string;
  readonly log: string;
}

/** Loads programs as socket filters, one after the other. Throws where the kernel refuses one. */
export function loadAll(programs: readonly Uint8Array[]): Loaded[] {
  const folder = mkdtempSync(join(tmpdir(), "asm-"));
  try {
    const load = join(folder, "load");
    execFileSync(findTool("cc") ?? "", ["-o", load, fileURLToPath(new URL("load.c", import.meta.url))]);
    return programs.map((input) => {
      const output = execFileSync(load, { input, encoding: "utf8", maxBuffer: 1 << 24 });
      const [tag = ""] = output.split("\n", 1);
      return { tag, log: output.slice(tag.length + 1) };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
