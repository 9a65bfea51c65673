import { LD_IMM64 } from "../asm/core.ts";
import { type Btf, skipModifiers } from "../btf/core.ts";
import type { KsymSpec, ProgramSpec } from "../spec/mod.ts";
import { SHN_UNDEF, STB_WEAK } from "./_constants.ts";
import type { ElfFile } from "./file.ts";

/** Lists what is declared `__ksym`. Of a variable declared `void` only the address is asked for. */
export function readKsyms(file: ElfFile, btf: Btf): KsymSpec[] {
  const declared = btf.find(".ksyms", "section")?.entries ?? [];
  if (declared.length === 0) return [];
  const weak = new Set<string>();
  for (const { name, section, binding } of file.symbols) {
    if (section === SHN_UNDEF && binding === STB_WEAK) weak.add(name);
  }
  return declared.map(({ typeId }) => {
    const type = btf.type(typeId);
    const untyped = type.kind === "variable" && skipModifiers(btf, type.typeId).kind === "void";
    return {
      name: type.name,
      kind: type.kind === "function" ? "function" : "variable",
      weak: weak.has(type.name),
      typeId: untyped ? 0 : typeId,
    };
  });
}

/** Lists what programs take from the kernel without a declaration, as they do in objects without types. */
export function findUndeclared(programs: readonly ProgramSpec[], declared: readonly KsymSpec[]): KsymSpec[] {
  const known = new Set(declared.map(({ name }) => name));
  const found = new Map<string, KsymSpec>();
  for (const { instructions } of programs) {
    for (const { reference, opcode } of instructions) {
      if (reference?.kind !== "ksym" || known.has(reference.name)) continue;
      const { name, weak, typeId } = reference;
      found.set(name, { name, kind: opcode === LD_IMM64 ? "variable" : "function", weak, typeId });
    }
  }
  return [...found.values()];
}
