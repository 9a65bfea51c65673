/** The objects of this folder, and small ones compiled in a test. */
import { join } from "node:path";
import { type Btf, parseBtf } from "../../src/btf/mod.ts";
import { ElfFile } from "../../src/elf/file.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { relocate, type RelocatedProgram } from "../../src/relocate/mod.ts";
import type { ObjectSpec, ProgramSpec } from "../../src/spec/mod.ts";
import { compileInto, readBytes } from "../elf/_compile.ts";
import { inTemporaryFolder } from "../elf/_libbpf.ts";

/** The path of a file of this folder. */
export function pathOf(name: string): string {
  return join(import.meta.dirname ?? "", name);
}

/** The types in an object file, as bytes. */
export function btfBytes(object: Uint8Array): Uint8Array {
  const file = new ElfFile(object, "target");
  const section = file.sections.find(({ name }) => name === ".BTF");
  if (section === undefined) throw new Error("The object has no BTF");
  return file.bytesOf(section);
}

/** An object with a program of every kind of record. */
export function readCore(): ObjectSpec {
  return parseElf(readBytes(pathOf("core.bpf.o")), "core.bpf.o");
}

/** Types to relocate that object for. */
export function readTarget(): Btf {
  return parseBtf(btfBytes(readBytes(pathOf("target.bpf.o"))));
}

/** Relocates a program of an object. */
export function relocateProgram(
  spec: ObjectSpec,
  program: ProgramSpec | undefined,
  targets: Btf[],
): RelocatedProgram {
  if (program === undefined || spec.btf === undefined) {
    throw new Error("The object lacks the program or types");
  }
  return relocate(program.instructions, spec.btf, targets);
}

/** Compiles a program that asks `question`, over local types, and relocates it for the types of other sources. */
export function ask(local: string, question: string, ...targets: string[]): RelocatedProgram {
  return inTemporaryFolder((folder) => {
    const source = `#include <bpf/bpf_core_read.h>
      #pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
      ${local}
      #pragma clang attribute pop
      SEC("xdp") int run(void *ctx) { return ${question}; }`;
    const spec = parseElf(readBytes(compileInto(folder, "local", source, ["-g"])), "local.bpf.o");
    const types = targets.map((target, at) =>
      parseBtf(btfBytes(readBytes(compileInto(folder, `target${at}`, target, ["-g"]))))
    );
    return relocateProgram(spec, spec.programs[0], types);
  });
}

/** The number that such a program returns. */
export function answerOf(relocated: RelocatedProgram): number | undefined {
  return relocated.instructions.find(({ opcode }) => opcode === 0xb7 || opcode === 0xb4 || opcode === 0x18)
    ?.imm;
}
