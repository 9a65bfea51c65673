/** What bpftool links of the same objects, to compare with. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { findTool } from "../../scripts/_tools.ts";
import type { LinkInput } from "../../src/linker/mod.ts";
import { withFolder } from "../_run.ts";

const FOLDER = import.meta.dirname ?? "";

/** An object of this folder, or by a path from here. */
export function fixture(name: string): LinkInput {
  return { name, bytes: new Uint8Array(readFileSync(join(FOLDER, name))) };
}

/** What comes of `bpftool gen object`: the bytes, or what it says why not. */
export function linkByBpftool(objects: readonly LinkInput[]): Uint8Array | string {
  return withFolder((folder) => {
    const paths = objects.map(({ bytes }, i) => {
      const path = join(folder, `${i}.o`);
      writeFileSync(path, bytes);
      return path;
    });
    const [once, twice] = [join(folder, "once.o"), join(folder, "twice.o")];
    const first = genObject(once, paths);
    if (first !== "") return first;
    // The first pass gives variables that were declared before they are defined a wrong place in the BTF; reading it
    // again puts them right (`linker_fixup_btf` of libbpf's `linker.c`), which is why the kernel's selftests do so too.
    const second = genObject(twice, [once]);
    return second === "" ? new Uint8Array(readFileSync(twice)) : second;
  });
}

function genObject(output: string, inputs: readonly string[]): string {
  const bpftool = findTool("bpftool") ?? "bpftool";
  const { status, stderr } = spawnSync(bpftool, ["gen", "object", output, ...inputs], { encoding: "utf8" });
  return status === 0 ? "" : stderr;
}

const PRELUDE = "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n";

/** Compiles C. Needs "clang" and "libbpf". */
export function compile(name: string, source: string, flags: readonly string[] = ["-g"]): LinkInput {
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  return withFolder((folder) => {
    const output = join(folder, "object.o");
    const include = `-I/usr/include/${machine}-linux-gnu`;
    const args = ["-O2", "-w", "-target", "bpf", include, ...flags, "-x", "c", "-c", "-", "-o", output];
    execFileSync(findTool("clang") ?? "clang", args, { input: PRELUDE + source });
    return { name, bytes: new Uint8Array(readFileSync(output)) };
  });
}
