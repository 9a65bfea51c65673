/** BTF of object files, those that are checked in and those that a test compiles. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Btf, parseBtf } from "../../src/btf/mod.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { run, withFolder } from "../_run.ts";

/** The BTF of an object of the folder tests/elf, with the sizes of sections filled in. */
export function objectBtf(name: string): Btf {
  const { btf } = parseElf(new Uint8Array(readFileSync(new URL(`../elf/${name}.o`, import.meta.url))));
  if (btf === undefined) throw new Error(`"${name}" has no BTF`);
  return btf;
}

/** The BTF that clang makes of C as it is. Needs "clang" and "llvm-objdump". */
export function compiledBtf(source: string, target = "bpfel"): Btf {
  return withFolder((folder) => parseBtf(readFileSync(compile(folder, source, target).btf)));
}

/** What clang makes of C: the object file, and its BTF alone. */
export function compile(folder: string, source: string, target = "bpfel"): Record<"object" | "btf", string> {
  const input = join(folder, "input.c");
  const object = join(folder, "output.o");
  const btf = join(folder, "output.btf");
  writeFileSync(input, source);
  run("clang", ["-g", "-O1", "-w", `--target=${target}`, "-c", input, "-o", object]);
  run("llvm-objcopy", [`--dump-section=.BTF=${btf}`, object, join(folder, "copy.o")]);
  return { object, btf };
}
