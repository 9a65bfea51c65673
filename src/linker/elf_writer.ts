import type { ElfSymbol } from "../elf/mod.ts";
import {
  EM_BPF,
  ET_REL,
  FILE_HEADER_SIZE,
  RELOCATION_SIZE,
  SECTION_HEADER_SIZE,
  SHF_STRINGS,
  SHT_STRTAB,
  SHT_SYMTAB,
  SYMBOL_SIZE,
} from "./_elf.ts";

/** A section to write (`Elf64_Shdr` and its contents). */
export interface WrittenSection {
  readonly name: string;
  /** `SHT_…`. */
  readonly type: number;
  /** `SHF_…`. */
  readonly flags?: number;
  readonly bytes: Uint8Array;
  /** In bytes, where it takes no room in the file; that of `bytes` unless given. */
  readonly size?: number;
  /** The number of another section. */
  readonly link?: number;
  readonly info?: number;
  /** In bytes. */
  readonly align: number;
  /** In bytes, where it is a table. */
  readonly entrySize?: number;
}

/** A relocation to write (`Elf64_Rel`). */
export interface WrittenRelocation {
  /** In bytes from the start of the section. */
  readonly offset: number;
  /** The number of the symbol. */
  readonly symbol: number;
  /** `R_BPF_…`. */
  readonly type: number;
}

/** The numbers of the two sections that {@linkcode ElfWriter} makes by itself. */
const STRINGS_INDEX = 1;
export const SYMBOLS_INDEX = 2;

/** Writes an ELF object file of BPF code. */
export class ElfWriter {
  readonly #little: boolean;
  readonly #sections: WrittenSection[] = [];
  readonly #offsets: Map<string, number> = new Map([["", 0]]);
  readonly #strings: Uint8Array[] = [new Uint8Array(1)];
  #stringsSize = 1;
  #symbols: WrittenSection = { name: ".symtab", type: SHT_SYMTAB, bytes: new Uint8Array(), align: 8 };

  constructor(byteOrder: "little" | "big") {
    this.#little = byteOrder === "little";
  }

  /** The number that the next section gets. */
  get nextIndex(): number {
    return SYMBOLS_INDEX + 1 + this.#sections.length;
  }

  /** Adds a section. */
  addSection(section: WrittenSection): void {
    this.#sections.push(section);
  }

  /** Sets the symbols, without the one that stands for none: first those that are local. */
  setSymbols(symbols: readonly ElfSymbol[], localCount: number): void {
    const view = new DataView(new ArrayBuffer((symbols.length + 1) * SYMBOL_SIZE));
    for (const [i, { name, binding, type, visibility, section, value, size }] of symbols.entries()) {
      const at = (i + 1) * SYMBOL_SIZE;
      view.setUint32(at, this.#string(name), this.#little);
      view.setUint8(at + 4, binding << 4 | type);
      view.setUint8(at + 5, visibility);
      view.setUint16(at + 6, section, this.#little);
      view.setBigUint64(at + 8, BigInt(value), this.#little);
      view.setBigUint64(at + 16, BigInt(size), this.#little);
    }
    this.#symbols = {
      ...this.#symbols,
      bytes: new Uint8Array(view.buffer),
      link: STRINGS_INDEX,
      info: localCount + 1,
      entrySize: SYMBOL_SIZE,
    };
  }

  /** The contents of a section of relocations. */
  encodeRelocations(relocations: readonly WrittenRelocation[]): Uint8Array {
    const view = new DataView(new ArrayBuffer(relocations.length * RELOCATION_SIZE));
    for (const [i, { offset, symbol, type }] of relocations.entries()) {
      view.setBigUint64(i * RELOCATION_SIZE, BigInt(offset), this.#little);
      view.setBigUint64(i * RELOCATION_SIZE + 8, BigInt(symbol) << 32n | BigInt(type), this.#little);
    }
    return new Uint8Array(view.buffer);
  }

  /** Writes the file: its header, the contents of the sections, and their headers. */
  encode(): Uint8Array {
    const strings = { name: ".strtab", type: SHT_STRTAB, flags: SHF_STRINGS, align: 1 };
    const names = [strings, this.#symbols, ...this.#sections].map(({ name }) => this.#string(name));
    const sections = [{ ...strings, bytes: this.#stringTable() }, this.#symbols, ...this.#sections];
    const offsets: number[] = [];
    let end = FILE_HEADER_SIZE;
    for (const { align, bytes } of sections) {
      const offset = alignUp(end, align);
      offsets.push(offset);
      end = offset + bytes.length;
    }
    const headersAt = alignUp(end, 8);
    const file = new Uint8Array(headersAt + (sections.length + 1) * SECTION_HEADER_SIZE);
    const view = new DataView(file.buffer);
    this.#writeFileHeader(view, headersAt, sections.length + 1);
    for (const [i, section] of sections.entries()) {
      const offset = offsets[i] ?? 0;
      file.set(section.bytes, offset);
      this.#writeSectionHeader(
        view,
        headersAt + (i + 1) * SECTION_HEADER_SIZE,
        section,
        names[i] ?? 0,
        offset,
      );
    }
    return file;
  }

  #writeFileHeader(view: DataView, headersAt: number, count: number): void {
    view.setUint32(0, 0x7f454c46);
    // ELFCLASS64, the byte order, EV_CURRENT
    [2, this.#little ? 1 : 2, 1].forEach((byte, i) => view.setUint8(4 + i, byte));
    view.setUint16(16, ET_REL, this.#little);
    view.setUint16(18, EM_BPF, this.#little);
    view.setUint32(20, 1, this.#little);
    view.setBigUint64(40, BigInt(headersAt), this.#little);
    const shorts = [FILE_HEADER_SIZE, 0, 0, SECTION_HEADER_SIZE, count, STRINGS_INDEX];
    shorts.forEach((short, i) => view.setUint16(52 + i * 2, short, this.#little));
  }

  #writeSectionHeader(
    view: DataView,
    at: number,
    section: WrittenSection,
    name: number,
    offset: number,
  ): void {
    const { type, flags = 0, bytes, size = bytes.length, link = 0, info = 0, align, entrySize = 0 } = section;
    view.setUint32(at, name, this.#little);
    view.setUint32(at + 4, type, this.#little);
    view.setUint32(at + 40, link, this.#little);
    view.setUint32(at + 44, info, this.#little);
    const longs = [[8, flags], [24, offset], [32, size], [48, align], [56, entrySize]] as const;
    for (const [field, value] of longs) view.setBigUint64(at + field, BigInt(value), this.#little);
  }

  #string(text: string): number {
    let offset = this.#offsets.get(text);
    if (offset === undefined) {
      const bytes = new TextEncoder().encode(`${text}\0`);
      this.#offsets.set(text, offset = this.#stringsSize);
      this.#strings.push(bytes);
      this.#stringsSize += bytes.length;
    }
    return offset;
  }

  #stringTable(): Uint8Array {
    const table = new Uint8Array(this.#stringsSize);
    let at = 0;
    for (const bytes of this.#strings) {
      table.set(bytes, at);
      at += bytes.length;
    }
    return table;
  }
}

function alignUp(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}
