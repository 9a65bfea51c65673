/**
 * Functions of programs and shared libraries, and where they are in the file.
 *
 * @module
 */
import {
  ElfFile,
  number64,
  offsetOf,
  type Section,
  type Segment,
  SYMBOL_SIZE,
  SYMBOLS,
  type SymbolSection,
  symbolTable,
  unversioned,
} from "../executable/mod.ts";
import { textOf } from "../sys/mod.ts";

/** Numbers of the format: `include/uapi/linux/elf.h`, and `elf.h` of glibc. */
const SHT_GNU_VERSYM = 0x6fff_ffff;
const VERSION_HIDDEN = 0x8000;
const STB_WEAK = 2;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;

/** A function of a program or library. */
export interface UserFunction {
  readonly name: string;
  /** In bytes from the start of the file; `undefined` where it is in another file. */
  readonly offset: number | undefined;
  /** In bytes. */
  readonly size: number;
  /** Whether another of the same name counts before it. */
  readonly weak: boolean;
  /** Whether it only chooses, when the program starts, which function is called in its place (`STT_GNU_IFUNC`). */
  readonly chooser: boolean;
}

interface Table extends SymbolSection {
  /** A number of 16 bits a symbol; empty in tables without versions. */
  readonly versions: DataView;
}

/** The functions of a program or shared library. Reads of the file what it needs, however large it is. */
export class UserElf {
  readonly #segments: readonly Segment[];
  /** Those of `.dynsym`, and then of `.symtab`, which programs may be stripped of. */
  readonly #tables: readonly Table[];

  /**
   * Reads the symbols.
   *
   * @throws {NotFoundError} There is no such file.
   * @throws {ElfError} It is no program or library of 64 bits, or is damaged.
   */
  constructor(path: string) {
    using file = ElfFile.open(path);
    this.#segments = file.segments;
    this.#tables = readTables(file);
  }

  /** All functions, some of them twice. */
  *functions(): Generator<UserFunction> {
    for (const table of this.#tables) {
      for (let at = 0; at < table.symbols.byteLength; at += SYMBOL_SIZE) {
        const found = this.#functionAt(table, at);
        if (found) yield found;
      }
    }
  }

  /** The functions of a name: those of the first table that has one in this file, or else what is known of others. */
  named(name: string): UserFunction[] {
    const wanted = new TextEncoder().encode(name);
    const elsewhere: UserFunction[] = [];
    for (const table of this.#tables) {
      const found: UserFunction[] = [];
      for (let at = 0; at < table.symbols.byteLength; at += SYMBOL_SIZE) {
        if (!isNamed(table.names, table.symbols.getUint32(at, true), wanted)) continue;
        const one = this.#functionAt(table, at);
        if (one) found.push(one);
      }
      if (found.some(({ offset }) => offset !== undefined)) return found;
      elsewhere.push(...found);
    }
    return elsewhere;
  }

  #functionAt({ symbols, names, versions }: Table, at: number): UserFunction | undefined {
    const info = symbols.getUint8(at + 4);
    const type = info & 15;
    if (type !== STT_FUNC && type !== STT_GNU_IFUNC) return undefined;
    const address = number64(symbols, at + 8);
    const isHere = symbols.getUint16(at + 6, true) !== 0;
    const version = at / SYMBOL_SIZE * 2;
    const old = version < versions.byteLength && (versions.getUint16(version, true) & VERSION_HIDDEN) !== 0;
    return {
      name: unversioned(textOf(names.subarray(symbols.getUint32(at, true)))),
      offset: isHere ? offsetOf(this.#segments, address) : undefined,
      size: number64(symbols, at + 16),
      weak: info >> 4 === STB_WEAK || old,
      chooser: type === STT_GNU_IFUNC,
    };
  }
}

function readTables(file: ElfFile): Table[] {
  const { sections } = file;
  const ofType = (type: number) => sections.filter((section) => section.type === type);
  const versions = ofType(SHT_GNU_VERSYM)[0];
  return [...ofType(SYMBOLS.DYNAMIC), ...ofType(SYMBOLS.ALL)].map((section: Section) => {
    return {
      ...symbolTable(file, section),
      versions: section.type === SYMBOLS.DYNAMIC && versions
        ? file.read(versions.offset, versions.size)
        : new DataView(new ArrayBuffer(0)),
    };
  });
}

function isNamed(names: Uint8Array, at: number, wanted: Uint8Array): boolean {
  const end = names[at + wanted.length];
  if (end !== 0 && end !== 0x40) return false; // "@" and a version
  for (let i = 0; i < wanted.length; i++) if (names[at + i] !== wanted[i]) return false;
  return true;
}
