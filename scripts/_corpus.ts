/**
 * The kernel's own BPF test programs as objects, and libbpf's verdict on them: what `conformance.ts` compares with.
 *
 * The sources are those of Debian's linux-source-6.1, compiled with the types of Debian's 6.1 kernel for x86-64. What a
 * folder has already is used as it is. libbpf's verdict is of the running kernel since it was booted: remove
 * `verdicts.jsonl` to ask again.
 *
 * @module
 */

import { basename, join } from "node:path/posix";
import { ROOT } from "./_deno.ts";
import { findTool } from "./_tools.ts";

const SOURCE = "linux-source-6.1";
const ARCHIVE = `/usr/src/${SOURCE}.tar.xz`;
/** Depends on the newest kernel of Debian's release. */
const KERNEL = "linux-image-cloud-amd64";

/** What makes the corpus, by Debian package. */
const TOOLS: Readonly<Record<string, string>> = {
  "clang": "clang-19",
  "bpftool": "bpftool",
  "cc": "gcc",
  "dpkg-deb": "dpkg",
  "lz4": "lz4",
  "readelf": "binutils",
  "xz": "xz-utils",
};

/** A source may keep the compiler busy for this long. */
const COMPILE_MS = 60_000;

/** Makes what is missing in a folder: `objects/*.bpf.o` and `verdicts.jsonl`. */
export async function makeCorpus(folder: string): Promise<void> {
  if (!await exists(`${folder}/objects`)) await makeObjects(folder);
  if (!await exists(`${folder}/verdicts.jsonl`)) await askLibbpf(folder);
}

/** The objects of a corpus, by their paths in it. */
export async function objectsOf(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(`${folder}/objects`));
  return entries.map(({ name }) => `objects/${name}`).filter((path) => path.endsWith(".bpf.o")).sort();
}

async function makeObjects(folder: string): Promise<void> {
  await checkTools();
  await Deno.mkdir(folder, { recursive: true });
  await run(folder, "tar", "-xf", ARCHIVE, `${SOURCE}/tools`, `${SOURCE}/scripts`);
  await makeKernelTypes(folder);
  const tests = join(folder, SOURCE, "tools/testing/selftests/bpf");
  const entries = await Array.fromAsync(Deno.readDir(`${tests}/progs`));
  const sources = entries.map(({ name }) => name).filter((name) => name.endsWith(".c"));
  const unfinished = `${folder}/objects.unfinished`;
  await Deno.mkdir(unfinished, { recursive: true });
  const compiled = await inParallel(sources, (name) => compile(folder, tests, name, unfinished));
  await Deno.rename(unfinished, `${folder}/objects`);
  // Some want headers that the kernel's own build generates, or another compiler.
  console.log(`${compiled.filter(Boolean).length} of ${sources.length} sources compiled`);
}

async function checkTools(): Promise<void> {
  const missing = Object.entries(TOOLS).filter(([tool]) => findTool(tool) === undefined);
  const packages = missing.map(([, name]) => name);
  if (!await exists(ARCHIVE)) packages.push(SOURCE);
  if (packages.length > 0) throw new Error(`Cannot make the corpus: apt-get install ${packages.join(" ")}`);
}

/** Leaves `vmlinux`, an ELF file with Debian's kernel's BTF, and `vmlinux.h`, its types in C. */
async function makeKernelTypes(folder: string): Promise<void> {
  const [, image] = /Depends: (linux-image-\S+)/.exec(await run(folder, "apt-cache", "depends", KERNEL)) ??
    [];
  if (image === undefined) throw new Error(`Cannot make the corpus: apt knows no ${KERNEL}`);
  await run(folder, "apt-get", "download", "-qq", image);
  const [archive = ""] = await namesIn(folder, /^linux-image-.*\.deb$/);
  await run(folder, "dpkg-deb", "-x", archive, "kernel");
  const [kernel = ""] = await namesIn(`${folder}/kernel/boot`, /^vmlinuz-/);
  await run(folder, "sh", "-c", `${SOURCE}/scripts/extract-vmlinux kernel/boot/${kernel} > vmlinux`);
  await run(folder, "sh", "-c", "bpftool btf dump file vmlinux format c > vmlinux.h");
}

/** Whether a source compiles; the object is made then. */
async function compile(folder: string, tests: string, name: string, output: string): Promise<boolean> {
  const flags = ["-O2", "-g", "--target=bpf", "-mcpu=v3", "-D__TARGET_ARCH_x86", "-Wno-everything"];
  const includes = [folder, tests, `${folder}/${SOURCE}/tools/include/uapi`, "/usr/include/x86_64-linux-gnu"];
  const { success } = await new Deno.Command(findTool("clang") ?? "clang", {
    args: [
      ...flags,
      ...includes.map((path) => `-I${path}`),
      ...["-c", `progs/${name}`],
      ...["-o", join(output, `${basename(name, ".c")}.bpf.o`)],
    ],
    cwd: tests,
    stdout: "null",
    stderr: "null",
    signal: AbortSignal.timeout(COMPILE_MS),
  }).output();
  return success;
}

async function askLibbpf(folder: string): Promise<void> {
  await run(folder, "cc", "-O2", "-o", "libbpf_verdict", `${ROOT}scripts/libbpf_verdict.c`, "-lbpf");
  const objects = await objectsOf(folder);
  const verdicts = await inParallel(objects, (path) => run(folder, "./libbpf_verdict", path));
  await Deno.writeTextFile(`${folder}/verdicts.jsonl`, verdicts.join(""));
}

/** Runs a program to its end and gives what it prints. */
async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  if (!success) {
    throw new Error(`Cannot run ${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
  return new TextDecoder().decode(stdout);
}

async function namesIn(folder: string, pattern: RegExp): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).filter((name) => pattern.test(name));
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Maps items by as many workers as there are processors, in order. */
export async function inParallel<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const work = async () => {
    for (const [i, item] of queue) results[i] = await map(item);
  };
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, work));
  return results;
}
