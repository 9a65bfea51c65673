/**
 * Compiles every `*.bpf.c` of examples and tests to the object beside it; `--check` compares instead.
 *
 * The object of `probe.bpf.c` is `probe.bpf.o`, little-endian. A first line `// targets: bpfel bpfeb` asks for
 * `probe.bpfeb.o` too. Sources declare the kernel structs they read, so no vmlinux.h is needed; `bpf/bpf_helpers.h`
 * is of Debian's libbpf-dev.
 *
 * @module
 */

import { basename, dirname, join, relative } from "node:path/posix";
import { ROOT } from "./_deno.ts";
import { findTool, LLVM_VERSION } from "./_tools.ts";

const TARGETS = ["bpfel", "bpfeb"] as const;
type Target = typeof TARGETS[number];

/** The targets the first line of a C source asks for. */
export function targetsOf(source: string): Target[] {
  const asked = /^\/\/ targets:(.*)/.exec(source)?.[1]?.trim().split(/\s+/);
  if (asked === undefined) return ["bpfel"];
  const unknown = asked.find((name) => !TARGETS.some((target) => target === name));
  if (unknown !== undefined) throw new Error(`Cannot compile for "${unknown}": unknown target`);
  return TARGETS.filter((target) => asked.includes(target));
}

/** Where the object of a source lies. */
export function objectPath(source: string, target: Target): string {
  return source.replace(/\.bpf\.c$/, target === "bpfel" ? ".bpf.o" : `.${target}.o`);
}

interface Toolchain {
  readonly clang: string;
  readonly strip: string;
}

/** The compiler, when its major version is the one the checked-in objects are made with. */
async function toolchain(): Promise<Toolchain | undefined> {
  const [clang, strip] = [findTool("clang"), findTool("llvm-strip")];
  if (clang === undefined || strip === undefined) return undefined;
  const version = await run(clang, ["--version"], ROOT);
  return version.includes(`clang version ${LLVM_VERSION}.`) ? { clang, strip } : undefined;
}

/** The bytes of the object: BTF kept, DWARF stripped, no path of this machine inside. */
async function compile({ clang, strip }: Toolchain, source: string, target: Target): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir();
  try {
    const output = join(folder, "object.o");
    const cwd = dirname(source);
    const flags = ["-O2", "-g", "-Wall", "-Werror", `--target=${target}`, "-mcpu=v3"];
    const paths = [
      `-I/usr/include/${Deno.build.arch}-linux-gnu`,
      "-fdebug-compilation-dir=.",
      `-ffile-prefix-map=${cwd}=.`,
    ];
    await run(clang, [...flags, ...paths, "-c", basename(source), "-o", output], cwd);
    await run(strip, ["-g", output], cwd);
    return await Deno.readFile(output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function run(program: string, args: string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  if (!success) throw new Error(`Cannot run ${basename(program)}:\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sources(path);
    else if (name.endsWith(".bpf.c")) yield path;
  }
}

async function isCheckedIn(path: string, bytes: Uint8Array): Promise<boolean> {
  const old = await Deno.readFile(path).catch(() => new Uint8Array());
  return old.length === bytes.length && old.every((byte, i) => byte === bytes[i]);
}

async function main(args: readonly string[]): Promise<number> {
  const check = args.includes("--check");
  const tools = await toolchain();
  if (tools === undefined) {
    console.error(`Cannot compile objects: clang ${LLVM_VERSION} or llvm-strip is not installed`);
    return check ? 0 : 1;
  }
  let objects = 0;
  const changed: string[] = [];
  for (const place of ["examples", "tests"]) {
    for await (const source of sources(join(ROOT, place))) {
      for (const target of targetsOf(await Deno.readTextFile(source))) {
        const path = objectPath(source, target);
        const bytes = await compile(tools, source, target);
        objects++;
        if (await isCheckedIn(path, bytes)) continue;
        changed.push(relative(ROOT, path));
        if (!check) await Deno.writeFile(path, bytes);
      }
    }
  }
  for (const path of changed) console.log(check ? `${path} differs from its source` : path);
  console.log(`${objects} objects, ${changed.length} ${check ? "differ" : "written"}`);
  return check && changed.length > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
