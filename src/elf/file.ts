/**
 * The ELF container: sections, symbols and relocations of an object file, with every offset and count checked.
 *
 * @module
 */
import { ElfError, ParseError } from "../errors.ts";
import {
  EM_BPF,
  EM_NONE,
  ET_REL,
  SHF_COMPRESSED,
  SHN_LORESERVE,
  SHT_NOBITS,
  SHT_REL,
  SHT_STRTAB,
  SHT_SYMTAB,
} from "./_constants.ts";

const FILE_HEADER_SIZE = 64;
const SECTION_HEADER_SIZE = 64;
const SYMBOL_SIZE = 24;
const RELOCATION_SIZE = 16;

/**
 * Longest name read, in bytes. The kernel takes names up to 512 bytes (`KSYM_NAME_LEN`), and without a limit a
 * small file whose names all overlap would be read in quadratic time.
 */
const MAX_NAME_SIZE = 1024;

/** A section header (`Elf64_Shdr`). */
export interface ElfSection {
  /** Its number, which symbols and relocations refer to. */
  readonly index: number;
  /** The name. */
  readonly name: string;
  /** `SHT_…`. */
  readonly type: number;
  /** `SHF_…`. */
  readonly flags: number;
  /** Where its bytes start in the file. */
  readonly offset: number;
  /** In bytes; in memory only where the type is `SHT_NOBITS`. */
  readonly size: number;
  /** The section that this one needs: the strings of a symbol table, the symbols of relocations. */
  readonly link: number;
  /** The section that relocations apply to. */
  readonly info: number;
  /** In bytes, as the header has it: 0 means 1. */
  readonly align: number;
  /** Of an element, in bytes; 0 where it is no table. */
  readonly entrySize: number;
  /** Where this header starts in the file. */
  readonly headerOffset: number;
}

/** A symbol (`Elf64_Sym`). */
export interface ElfSymbol {
  /** Empty for those that stand for a section. */
  readonly name: string;
  /** `STB_…`. */
  readonly binding: number;
  /** `STT_…`. */
  readonly type: number;
  /** `STV_…`. */
  readonly visibility: number;
  /** The section's number, or `SHN_…`. */
  readonly section: number;
  /** In bytes from the start of the section. */
  readonly value: number;
  /** In bytes. */
  readonly size: number;
}

/** A relocation (`Elf64_Rel`): a place that depends on a symbol. */
export interface ElfRelocation {
  /** In bytes from the start of the section that it applies to. */
  readonly offset: number;
  /** What it refers to. */
  readonly symbol: ElfSymbol;
  /** `R_BPF_…`. */
  readonly type: number;
}

/** An ELF object file of BPF code. */
export class ElfFile {
  /** What messages call the file. */
  readonly name: string;
  /** Of everything in it. */
  readonly byteOrder: "little" | "big";
  /** By their number; the first stands for none. */
  readonly sections: readonly ElfSection[];
  /** By their number; the first stands for none. */
  readonly symbols: readonly ElfSymbol[];
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;

  /**
   * Reads the headers and the symbols.
   *
   * @throws {ElfError} The bytes are no ELF object file of BPF code, or are damaged.
   */
  constructor(bytes: Uint8Array, name: string) {
    this.name = name;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = this.#readIdentification();
    this.byteOrder = this.#little ? "little" : "big";
    this.sections = this.#readSections();
    this.symbols = this.#readSymbols();
  }

  /** The bytes of a section, not copied; none where it takes no room in the file. */
  bytesOf(section: ElfSection): Uint8Array {
    if (section.type === SHT_NOBITS) return this.#bytes.subarray(0, 0);
    if ((section.flags & SHF_COMPRESSED) !== 0) {
      throw this.error(`section "${section.name}" is compressed`, section.offset);
    }
    return this.#bytes.subarray(section.offset, section.offset + section.size);
  }

  /** The relocations in a section of the type `SHT_REL`, in the order of the file. */
  relocationsIn(section: ElfSection): ElfRelocation[] {
    if (section.type !== SHT_REL || section.size % RELOCATION_SIZE !== 0) {
      throw this.error(`section "${section.name}" is no table of 16-byte relocations`, section.offset);
    }
    const target = this.sections[section.info];
    const relocations: ElfRelocation[] = [];
    const end = section.offset + section.size;
    for (let at = section.offset; at < end; at += RELOCATION_SIZE) {
      const offset = this.#u64(at);
      // `r_info` has the symbol's number in its upper half, the type in its lower one.
      const index = this.#u32(at + (this.#little ? 12 : 8));
      const symbol = this.symbols[index];
      if (symbol === undefined) throw this.error(`a relocation refers to symbol ${index} of none`, at);
      if (target === undefined || offset >= target.size) {
        throw this.error(`a relocation in "${section.name}" is outside of its section`, at);
      }
      relocations.push({ offset, symbol, type: this.#u32(at + (this.#little ? 8 : 12)) });
    }
    return relocations;
  }

  /** Parses a section, or bytes `start` to `end` of it; an error in them becomes one of the file, with its place there. */
  parsing<T>(
    section: ElfSection,
    parse: (bytes: Uint8Array) => T,
    start = 0,
    end: number = section.size,
  ): T {
    const bytes = this.bytesOf(section).subarray(start, end);
    try {
      return parse(bytes);
    } catch (cause) {
      if (!(cause instanceof ParseError) || cause instanceof ElfError) throw cause;
      throw this.error(cause.message, section.offset + start + (cause.offset ?? 0), cause);
    }
  }

  /** An error about this file. */
  error(state: string, offset?: number, cause?: unknown): ElfError {
    return new ElfError(`Cannot read "${this.name}": ${state}`, {
      ...(offset === undefined ? {} : { offset }),
      ...(cause === undefined ? {} : { cause }),
    });
  }

  /** Checks `e_ident` and what follows it; gives whether the file is little-endian. */
  #readIdentification(): boolean {
    const bytes = this.#bytes;
    if (bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
      throw this.error("it is no ELF file", 0);
    }
    if (bytes.length < FILE_HEADER_SIZE) throw this.error("the file header is cut off", bytes.length);
    if (bytes[4] !== 2) throw this.error("it is no 64-bit ELF file", 4);
    if (bytes[5] !== 1 && bytes[5] !== 2) throw this.error("it has no byte order", 5);
    const little = bytes[5] === 1;
    const type = this.#view.getUint16(16, little);
    if (type !== ET_REL) {
      throw this.error(`it is no object file (e_type is ${type}): compile with -c`, 16);
    }
    const machine = this.#view.getUint16(18, little);
    if (machine !== EM_BPF && machine !== EM_NONE) {
      throw this.error(
        `it is compiled for another machine (e_machine is ${machine}): compile with -target bpf`,
        18,
      );
    }
    return little;
  }

  #readSections(): ElfSection[] {
    const start = this.#u64(40);
    const entrySize = this.#view.getUint16(58, this.#little);
    const count = this.#view.getUint16(60, this.#little);
    const namesIndex = this.#view.getUint16(62, this.#little);
    if (count === 0) throw this.error("it has no sections", 60);
    if (entrySize !== SECTION_HEADER_SIZE) throw this.error(`section headers take ${entrySize} bytes`, 58);
    this.#check(start, count * SECTION_HEADER_SIZE, "the table of sections", 40);
    const names = this.#stringTable(start, namesIndex < count ? namesIndex : 0);

    const sections: ElfSection[] = [];
    for (let index = 0; index < count; index++) {
      const at = start + index * SECTION_HEADER_SIZE;
      const section: ElfSection = {
        index,
        name: this.#string(names, this.#u32(at), at),
        type: this.#u32(at + 4),
        flags: this.#u64(at + 8) % 2 ** 32,
        offset: this.#u64(at + 24),
        size: this.#u64(at + 32),
        link: this.#u32(at + 40),
        info: this.#u32(at + 44),
        align: this.#u64(at + 48),
        entrySize: this.#u64(at + 56),
        headerOffset: at,
      };
      if (index > 0 && section.type !== SHT_NOBITS) {
        this.#check(section.offset, section.size, `section "${section.name}"`, at + 24);
      }
      sections.push(section);
    }
    return sections;
  }

  #readSymbols(): ElfSymbol[] {
    const tables = this.sections.filter((section) => section.type === SHT_SYMTAB);
    const table = tables[0];
    if (table === undefined) throw this.error("it has no symbols: do not strip it, or only with -g");
    if (tables.length > 1) throw this.error("it has several tables of symbols", tables[1]?.offset);
    if (table.size % SYMBOL_SIZE !== 0) throw this.error("the table of symbols is damaged", table.offset);
    const names = this.sections[table.link];
    if (names === undefined || names.type !== SHT_STRTAB) {
      throw this.error("the table of symbols has no names", table.offset);
    }

    const symbols: ElfSymbol[] = [];
    for (let at = table.offset; at < table.offset + table.size; at += SYMBOL_SIZE) {
      const info = this.#view.getUint8(at + 4);
      const section = this.#view.getUint16(at + 6, this.#little);
      if (section >= this.sections.length && section < SHN_LORESERVE) {
        throw this.error(`a symbol is in section ${section}, of which there is none`, at + 6);
      }
      symbols.push({
        name: this.#string(names, this.#u32(at), at),
        binding: info >> 4,
        type: info & 15,
        visibility: this.#view.getUint8(at + 5) & 3,
        section,
        value: this.#u64(at + 8),
        size: this.#u64(at + 16),
      });
    }
    return symbols;
  }

  /** The place of the table with the sections' names, whose header is not read yet. */
  #stringTable(start: number, index: number): Pick<ElfSection, "offset" | "size"> {
    const at = start + index * SECTION_HEADER_SIZE;
    const table = { offset: this.#u64(at + 24), size: this.#u64(at + 32) };
    this.#check(table.offset, table.size, "the table of section names", at + 24);
    return table;
  }

  /** The NUL-terminated text at `offset` of a string table. */
  #string(table: Pick<ElfSection, "offset" | "size">, offset: number, at: number): string {
    if (offset === 0) return "";
    const start = table.offset + offset;
    const limit = Math.min(table.offset + table.size, start + MAX_NAME_SIZE);
    let text = "";
    for (let next = start; next < limit; next++) {
      const byte = this.#bytes[next] ?? 0;
      if (byte === 0) return text;
      if (byte >= 0x80) return this.#utf8(start, limit, at);
      text += String.fromCharCode(byte);
    }
    throw this.error("a name does not end within its table", at);
  }

  #utf8(start: number, limit: number, at: number): string {
    const end = this.#bytes.subarray(start, limit).indexOf(0);
    if (end < 0) throw this.error("a name does not end within its table", at);
    return new TextDecoder().decode(this.#bytes.subarray(start, start + end));
  }

  /** Throws unless `size` bytes from `offset` on are in the file; `at` is where the two are written. */
  #check(offset: number, size: number, what: string, at: number): void {
    if (offset + size > this.#bytes.length) throw this.error(`${what} goes beyond the end of the file`, at);
  }

  #u32(at: number): number {
    return this.#view.getUint32(at, this.#little);
  }

  /** As a number; what is above 2^53 is beyond any file's end, rounded or not. */
  #u64(at: number): number {
    const [high, low] = this.#little ? [at + 4, at] : [at, at + 4];
    return this.#u32(high) * 2 ** 32 + this.#u32(low);
  }
}
