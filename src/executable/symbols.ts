/**
 * Tables of symbols.
 *
 * @module
 */
import type { ElfFile } from "./file.ts";
import type { Section } from "./headers.ts";

/** The types of sections that are tables of symbols. */
export const SYMBOLS = { ALL: 2, DYNAMIC: 11 } as const;
/** Of `Elf64_Sym`, in bytes. */
export const SYMBOL_SIZE = 24;

/** The most that is read of a table, in bytes: damaged or made up files may say anything of what they have. */
const MOST_BYTES = 1 << 29;

/** A table of symbols. */
export interface SymbolSection {
  /** Records of {@linkcode SYMBOL_SIZE} bytes. */
  readonly symbols: DataView;
  /** Their names, each ended by NUL. */
  readonly names: Uint8Array;
}

/**
 * The table of a type; `undefined` where the file has none, or no symbols in it.
 *
 * @throws {ElfError} The file is damaged.
 */
export function symbolSection(file: ElfFile, type: number): SymbolSection | undefined {
  const section = file.sections.find((one) => one.type === type);
  if (!section || section.size < 2 * SYMBOL_SIZE) return undefined; // the first stands for none
  const names = file.sections[section.link];
  if (names && section.size + names.size > MOST_BYTES) throw file.error("its table of symbols is too large");
  return symbolTable(file, section);
}

/**
 * The table of symbols that a section is.
 *
 * @throws {ElfError} The file is damaged.
 */
export function symbolTable(file: ElfFile, section: Section): SymbolSection {
  const names = file.sections[section.link];
  if (!names) throw file.error("a table of symbols has no names");
  return {
    symbols: file.read(section.offset, section.size - section.size % SYMBOL_SIZE),
    names: file.bytes(names),
  };
}

/** The name of a symbol without its version, which .symtab has as a part of names: "fopen@@GLIBC_2.2.5". */
export function unversioned(name: string): string {
  return name.split("@", 1)[0] ?? "";
}
