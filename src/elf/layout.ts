import { SHF_EXECINSTR, SHT_NOBITS, SHT_PROGBITS, SHT_REL, SHT_RELA } from "./_constants.ts";
import type { ElfFile, ElfSection } from "./file.ts";

/** What the sections of an object are for. */
export interface Layout {
  /** With instructions, in the order of the file. */
  readonly code: readonly ElfSection[];
  /** `.data`, `.bss`, `.rodata` and those whose names go on with a dot, in the order of the file. */
  readonly data: readonly ElfSection[];
  /** `.struct_ops` and its variants, in the order of the file. */
  readonly structOps: readonly ElfSection[];
  /** The relocations of a section, by its number. */
  readonly relocations: ReadonlyMap<number, ElfSection>;
  /** Those with a meaning of their own, of which an object has one each, by their names. */
  readonly named: ReadonlyMap<string, ElfSection>;
}

/** Variables of an arena; the name is clang's for `__attribute__((address_space(1)))`. */
export const ARENA_SECTION = ".addr_space.1";
/** Tables of instructions to jump to, since LLVM 22. */
export const JUMP_TABLES_SECTION = ".jumptables";

const NAMED = new Set([
  "license",
  "version",
  "maps",
  ".maps",
  ".BTF",
  ".BTF.ext",
  ARENA_SECTION,
  JUMP_TABLES_SECTION,
]);
const STRUCT_OPS = new Set([".struct_ops", ".struct_ops.link", "?.struct_ops", "?.struct_ops.link"]);

/**
 * Sorts the sections by what they are for, as libbpf does; those that mean nothing to it are left out.
 *
 * @throws {ElfError} A section is there twice, or instructions have relocations of another kind than BPF's.
 */
export function arrangeSections(file: ElfFile): Layout {
  const code: ElfSection[] = [];
  const data: ElfSection[] = [];
  const structOps: ElfSection[] = [];
  const relocations = new Map<number, ElfSection>();
  const named = new Map<string, ElfSection>();
  for (const section of file.sections) {
    const { name, type, size } = section;
    if (type === SHT_REL) {
      if (relocations.has(section.info)) {
        throw file.error(`section ${section.info} has its relocations twice`);
      }
      relocations.set(section.info, section);
    } else if (type === SHT_RELA) {
      const target = file.sections[section.info];
      if (target !== undefined && isCode(target)) {
        throw file.error(`the relocations of "${target.name}" are of the type SHT_RELA, which BPF has not`);
      }
    } else if (size === 0) {
      continue;
    } else if (NAMED.has(name)) {
      if (named.has(name)) throw file.error(`it has section "${name}" twice`, section.offset);
      if (type === SHT_PROGBITS) named.set(name, section);
    } else if (STRUCT_OPS.has(name) && type === SHT_PROGBITS) {
      structOps.push(section);
    } else if (isCode(section)) {
      code.push(section);
    } else if (isData(section)) {
      data.push(section);
    }
  }
  return { code, data, structOps, relocations, named };
}

function isCode(section: ElfSection): boolean {
  return section.type === SHT_PROGBITS && (section.flags & SHF_EXECINSTR) !== 0;
}

function isData(section: ElfSection): boolean {
  const prefixes = section.type === SHT_NOBITS
    ? [".bss"]
    : section.type === SHT_PROGBITS
    ? [".data", ".rodata"]
    : [];
  return prefixes.some((prefix) => section.name === prefix || section.name.startsWith(`${prefix}.`));
}
