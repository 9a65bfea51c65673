/**
 * C to objects, by clang.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { formatC } from "../../btf/mod.ts";
import { NotFoundError, NotSupportedError } from "../../errors.ts";
import { kernelBtf } from "../../kernel/mod.ts";
import { readTextFile } from "../../sys/mod.ts";

/** How to compile. */
export interface CompileOptions {
  /** The path of clang; looked for unless given. */
  readonly clang: string | undefined;
  /** `bpfel` or `bpfeb`. */
  readonly target: string;
  /** What clang is given more. */
  readonly flags: readonly string[];
}

/** Compilers by their names, the first that there is. */
const CLANGS = ["clang", ...[22, 21, 20, 19, 18, 17, 16, 15, 14].map((version) => `clang-${version}`)];
const TARGETS = ["bpfel", "bpfeb"];

/**
 * Compiles a source to an object with types and without debug information.
 *
 * @throws {NotFoundError} There is no clang.
 * @throws {NotSupportedError} clang refuses the source; the message has what it says.
 * @throws {TypeError} There is no such target.
 */
export function compile(source: string, { clang, target, flags }: CompileOptions): Uint8Array {
  if (!TARGETS.includes(target)) {
    throw new TypeError(`--target ${target} is not one of ${TARGETS.join(", ")}`);
  }
  const compiler = clang ?? CLANGS.find((name) => spawnSync(name, ["--version"]).status === 0);
  if (compiler === undefined) {
    throw new NotFoundError(
      `Cannot compile "${source}": there is no clang in PATH: install it, or name it with --clang`,
    );
  }
  const text = readTextFile(source);
  const folder = mkdtempSync(join(tmpdir(), "waggle-"));
  try {
    const output = join(folder, "object.o");
    if (/#\s*include\s*[<"]vmlinux\.h[">]/.test(text)) {
      writeFileSync(join(folder, "vmlinux.h"), formatC(kernelBtf()));
    }
    run(compiler, source, [
      ...["-O2", "-g", "-Wall", `--target=${target}`, "-mcpu=v3", "-c", basename(source), "-o", output],
      // Behind the folder of the source, which may have a vmlinux.h of its own
      ...["-idirafter", folder, `-I/usr/include/${libraryFolder()}`],
      ...["-fdebug-compilation-dir=.", "-ffile-prefix-map=" + dirname(source) + "=."],
      ...flags,
    ]);
    strip(compiler, output);
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Where Debian keeps the headers of a processor, `asm/types.h` among them. */
function libraryFolder(): string {
  return process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
}

function run(compiler: string, source: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(compiler, args, { cwd: dirname(source), encoding: "utf8" });
  if (status === 0) return;
  if (error && "code" in error && error.code === "ENOENT") {
    throw new NotFoundError(`Cannot compile "${source}": there is no clang at "${compiler}"`);
  }
  const why = error ? error.message : stderr.trimEnd();
  const cure = why.includes("bpf/bpf_")
    ? "\nbpf/bpf_helpers.h and its like come with libbpf: install libbpf-dev (Debian) or libbpf-devel (Fedora)"
    : "";
  throw new NotSupportedError(`Cannot compile "${source}": ${compiler} refuses it:\n${why}${cure}`);
}

/** Without DWARF, of which only clang's own errors would need any: a tenth of the size. None where there is no llvm-strip. */
function strip(compiler: string, object: string): void {
  const tool = compiler.replace(/clang([^/]*)$/, "llvm-strip$1");
  spawnSync(tool, ["-g", object]);
}
