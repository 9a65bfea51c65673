/** Numbers of the ELF format (`include/uapi/linux/elf.h`) that linking needs. */

export const FILE_HEADER_SIZE = 64;
export const SECTION_HEADER_SIZE = 64;
export const SYMBOL_SIZE = 24;
export const RELOCATION_SIZE = 16;

/** `e_type` of object files. */
export const ET_REL = 1;
/** `e_machine` of BPF. */
export const EM_BPF = 247;

/** `sh_type`. */
export const SHT_NULL = 0;
export const SHT_PROGBITS = 1;
export const SHT_SYMTAB = 2;
export const SHT_STRTAB = 3;
export const SHT_NOBITS = 8;
export const SHT_REL = 9;
/** Symbols whose address is taken, which only matters to linkers that fold code. */
export const SHT_LLVM_ADDRSIG = 0x6fff4c03;

/** `sh_flags`. */
export const SHF_WRITE = 1;
export const SHF_ALLOC = 2;
export const SHF_EXECINSTR = 4;
export const SHF_STRINGS = 0x20;
export const SHF_INFO_LINK = 0x40;

/** `st_shndx` of symbols that another file defines. */
export const SHN_UNDEF = 0;
/** The first of the section numbers with a meaning of their own. */
export const SHN_LORESERVE = 0xff00;

/** The upper half of `st_info`. */
export const STB_LOCAL = 0;
export const STB_GLOBAL = 1;
export const STB_WEAK = 2;

/** The lower half of `st_info`. */
export const STT_NOTYPE = 0;
export const STT_OBJECT = 1;
export const STT_FUNC = 2;
export const STT_SECTION = 3;

/** The lowest two bits of `st_other`. */
export const STV_DEFAULT = 0;
export const STV_HIDDEN = 2;

/** `R_BPF_64_64`, `R_BPF_64_ABS64`, `R_BPF_64_ABS32` and `R_BPF_64_32` of LLVM's `BPF.def`. */
export const RELOCATION_TYPES: ReadonlySet<number> = new Set([1, 2, 3, 10]);
