/** Compiles small C sources in a test. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { findTool } from "../../scripts/_tools.ts";

const PRELUDE = "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n";

/** Compiles C into an object file in a folder, and gives its path. Needs "clang" and "libbpf". */
export function compileInto(
  folder: string,
  name: string,
  source: string,
  flags: readonly string[] = [],
): string {
  const input = join(folder, `${name}.bpf.c`);
  const output = join(folder, `${name}.bpf.o`);
  writeFileSync(input, PRELUDE + source);
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  const include = `-I/usr/include/${machine}-linux-gnu`;
  execFileSync(findTool("clang") ?? "clang", [
    "-O2",
    "-w",
    "-target",
    "bpf",
    include,
    ...flags,
    "-c",
    input,
    "-o",
    output,
  ]);
  return output;
}

/** The bytes of a file. */
export function readBytes(path: string): Uint8Array {
  return readFileSync(path);
}
