/** Numbers of the ELF format (`include/uapi/linux/elf.h`). */

/** `e_type` of object files that no linker has made into a program. */
export const ET_REL = 1;
/** `e_machine` of files for no machine in particular; compilers older than `EM_BPF` write it. */
export const EM_NONE = 0;
/** `e_machine` of BPF. */
export const EM_BPF = 247;

/** `sh_type`. */
export const SHT_PROGBITS = 1;
export const SHT_SYMTAB = 2;
export const SHT_STRTAB = 3;
export const SHT_RELA = 4;
export const SHT_NOBITS = 8;
export const SHT_REL = 9;

/** `sh_flags`. */
export const SHF_EXECINSTR = 4;
export const SHF_COMPRESSED = 0x800;

/** `st_shndx` of symbols that another file defines. */
export const SHN_UNDEF = 0;
/** The first of the section numbers with a meaning of their own. */
export const SHN_LORESERVE = 0xff00;

/** The upper half of `st_info`. */
export const STB_LOCAL = 0;
export const STB_WEAK = 2;

/** The lower half of `st_info`. */
export const STT_NOTYPE = 0;
export const STT_OBJECT = 1;
export const STT_FUNC = 2;

/** The lowest two bits of `st_other`. */
export const STV_INTERNAL = 1;
export const STV_HIDDEN = 2;
