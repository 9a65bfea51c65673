import { type Btf, type ExtInfo, parseBtf, parseExtInfo } from "../btf/core.ts";
import { SLOT_SIZE } from "../asm/core.ts";
import { ElfFile, type ElfSection, type ElfSymbol } from "../elf/mod.ts";
import { ElfError } from "../errors.ts";
import {
  SHF_EXECINSTR,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHT_LLVM_ADDRSIG,
  SHT_NOBITS,
  SHT_NULL,
  SHT_PROGBITS,
  SHT_REL,
  SHT_STRTAB,
  SHT_SYMTAB,
  STB_LOCAL,
  STB_WEAK,
  STT_NOTYPE,
  STT_SECTION,
  STV_DEFAULT,
  STV_HIDDEN,
} from "./_elf.ts";

/**
 * Largest alignment of a section, in bytes: far above the 64 KiB of the largest pages, and a bound to the padding that
 * a damaged header can ask for.
 */
const MAX_ALIGN = 1 << 20;

/** A section whose contents go into the output. */
export interface InputSection {
  readonly header: ElfSection;
  /** Not copied; none where it takes no room in the file. */
  readonly bytes: Uint8Array;
  /** In bytes; a power of two. */
  readonly align: number;
  /** In bytes; 0 where it is no table. */
  readonly entrySize: number;
}

/** An object file to link. */
export interface Input {
  readonly file: ElfFile;
  /** With data and instructions, in the order of the file. */
  readonly sections: readonly InputSection[];
  /** With the relocations of those. */
  readonly relocations: readonly ElfSection[];
  readonly btf: Btf | undefined;
  readonly info: ExtInfo | undefined;
}

/** An error about what an input is to the others. */
export function refusal(file: ElfFile, state: string): ElfError {
  return new ElfError(`Cannot link "${file.name}": ${state}`);
}

/**
 * Reads an object file, and sorts its sections by what linking does with them (`linker_load_obj_file` of libbpf's
 * `linker.c`).
 *
 * @throws {ElfError} The bytes are no BPF object, or are damaged.
 */
export function readInput(bytes: Uint8Array, name: string): Input {
  const file = new ElfFile(bytes, name);
  checkSymbols(file);
  const sections: InputSection[] = [];
  const relocations: ElfSection[] = [];
  for (const header of file.sections) {
    if (isLeftOut(header)) continue;
    switch (header.type) {
      case SHT_PROGBITS:
      case SHT_NOBITS:
        sections.push(readSection(file, header));
        break;
      case SHT_REL:
        relocations.push(header);
        break;
      default:
        throw file.error(`section "${header.name}" is of type ${header.type}, which BPF has not`);
    }
  }
  return { file, sections, relocations, ...readTypes(file) };
}

/** Whether the output has no section like it, or one of its own making. */
function isLeftOut({ type, name, size }: ElfSection): boolean {
  if (type === SHT_NULL || type === SHT_SYMTAB || type === SHT_STRTAB || type === SHT_LLVM_ADDRSIG) {
    return true;
  }
  if (type === SHT_PROGBITS && size === 0 && name === ".text") return true;
  const target = name.startsWith(".rel") ? name.slice(4) : name;
  return target.startsWith(".debug_") || target === ".BTF" || target === ".BTF.ext";
}

function readSection(file: ElfFile, header: ElfSection): InputSection {
  const { name, index, offset, size, flags, entrySize, headerOffset } = header;
  const align = header.align || 1;
  if (name === "") throw file.error(`section ${index} has no name`, headerOffset);
  if (align > MAX_ALIGN || (align & (align - 1)) !== 0) {
    throw file.error(`section "${name}" has an alignment of ${align}`, headerOffset + 48);
  }
  if ((flags & SHF_EXECINSTR) !== 0 && size % SLOT_SIZE !== 0) {
    throw file.error(`section "${name}" has ${size} bytes, which are no whole instructions`, offset);
  }
  return { header, bytes: file.bytesOf(header), align, entrySize };
}

/** As `linker_sanity_check_elf_symtab`. */
function checkSymbols(file: ElfFile): void {
  const table = file.sections.find(({ type }) => type === SHT_SYMTAB);
  for (const [index, symbol] of file.symbols.entries()) {
    const fault = index === 0 ? undefined : faultOf(file, symbol);
    if (fault !== undefined) throw file.error(`symbol ${index} "${symbol.name}" ${fault}`, table?.offset);
  }
}

function faultOf(file: ElfFile, symbol: ElfSymbol): string | undefined {
  const { binding, visibility, type, section: index, value, size } = symbol;
  if (binding > STB_WEAK) return `has binding ${binding}, which BPF has not`;
  if (visibility !== STV_DEFAULT && visibility !== STV_HIDDEN) {
    return `has visibility ${visibility}: declare it hidden or not at all`;
  }
  if (index === SHN_UNDEF) {
    const sound = type === STT_NOTYPE && binding !== STB_LOCAL && value === 0 && size === 0;
    return sound ? undefined : "is neither declared nor defined";
  }
  if (type === STT_SECTION && (value !== 0 || binding !== STB_LOCAL)) return "is not the start of a section";
  const section = index < SHN_LORESERVE ? file.sections[index] : undefined;
  if (section !== undefined && value + size > section.size) return `is outside of "${section.name}"`;
  return undefined;
}

function readTypes(file: ElfFile): Pick<Input, "btf" | "info"> {
  const find = (wanted: string) =>
    file.sections.find(({ name, type }) => name === wanted && type === SHT_PROGBITS);
  const [types, info] = [find(".BTF"), find(".BTF.ext")];
  if (types === undefined) {
    if (info !== undefined) throw file.error("it has .BTF.ext without .BTF", info.offset);
    return { btf: undefined, info: undefined };
  }
  const btf = file.parsing(types, (bytes) => parseBtf(bytes));
  return { btf, info: info && file.parsing(info, (bytes) => parseExtInfo(bytes, btf)) };
}
