/**
 * Functions of programs and shared libraries, and where they are in the file.
 *
 * @module
 */
import { ElfError, NotFoundError, SyscallError } from "../errors.ts";
import { type Descriptor, ERRNO, fileSize, openFile, readAt, textOf } from "../sys/mod.ts";
import {
  number64,
  type ReadPart,
  readSections,
  readSegments,
  type Section,
  type Segment,
} from "./_elf_headers.ts";

/** Numbers of the format: `include/uapi/linux/elf.h`, and `elf.h` of glibc. */
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SHT_GNU_VERSYM = 0x6fff_ffff;
const VERSION_HIDDEN = 0x8000;
const STB_WEAK = 2;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const HEADER_SIZE = 64;
const SYMBOL_SIZE = 24;

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

interface Table {
  readonly symbols: DataView;
  readonly names: Uint8Array;
  /** A number of 16 bits a symbol; empty in tables without versions. */
  readonly versions: DataView;
}

/** The functions of a program or shared library. Reads of the file what it needs, however large it is. */
export class UserElf {
  readonly #path: string;
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
    this.#path = path;
    using file = openExecutable(path);
    const header = this.#part(file, 0, HEADER_SIZE);
    // Little-endian as all processors that we run on
    if (header.getUint32(0) !== 0x7f45_4c46) throw this.#error("it is no ELF file");
    if (header.getUint8(4) !== 2 || header.getUint8(5) !== 1) {
      throw this.#error("it is no ELF file of 64 bits and little-endian");
    }
    const read: ReadPart = (offset, length) => this.#part(file, offset, length);
    this.#segments = readSegments(header, read);
    this.#tables = this.#readTables(readSections(header, read), read);
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
      // .symtab has versions as a part of names: "fopen@@GLIBC_2.2.5"
      name: textOf(names.subarray(symbols.getUint32(at, true))).split("@", 1)[0] ?? "",
      offset: isHere ? this.#offsetOf(address) : undefined,
      size: number64(symbols, at + 16),
      weak: info >> 4 === STB_WEAK || old,
      chooser: type === STT_GNU_IFUNC,
    };
  }

  /** From the address that the linker gave it to its place in the file. */
  #offsetOf(address: number): number | undefined {
    const segment = this.#segments.find((one) => address >= one.address && address < one.address + one.size);
    return segment && address - segment.address + segment.offset;
  }

  #readTables(sections: readonly Section[], read: ReadPart): Table[] {
    const ofType = (type: number) => sections.filter((section) => section.type === type);
    const versions = ofType(SHT_GNU_VERSYM)[0];
    return [...ofType(SHT_DYNSYM), ...ofType(SHT_SYMTAB)].map((section) => {
      const [names, isDynamic] = [sections[section.link], section.type === SHT_DYNSYM];
      if (!names) throw this.#error("a table of symbols has no names");
      const bytes = read(names.offset, names.size);
      return {
        symbols: read(section.offset, section.size - section.size % SYMBOL_SIZE),
        names: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        versions: isDynamic && versions
          ? read(versions.offset, versions.size)
          : new DataView(new ArrayBuffer(0)),
      };
    });
  }

  #part(file: Descriptor, offset: number, length: number): DataView {
    // Before memory is asked for: a damaged header may say anything
    if (offset + length > fileSize(file)) throw this.#error("it is cut off or damaged");
    const bytes = readAt(file, offset, length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #error(state: string): ElfError {
    return new ElfError(`Cannot read ${JSON.stringify(this.#path)}: ${state}`);
  }
}

function isNamed(names: Uint8Array, at: number, wanted: Uint8Array): boolean {
  const end = names[at + wanted.length];
  if (end !== 0 && end !== 0x40) return false; // "@" and a version
  for (let i = 0; i < wanted.length; i++) if (names[at + i] !== wanted[i]) return false;
  return true;
}

function openExecutable(path: string): Descriptor {
  try {
    return openFile(path);
  } catch (cause) {
    if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.ENOENT) throw cause;
    throw new NotFoundError(`Cannot read ${JSON.stringify(path)}: there is no such file`, { cause });
  }
}
