/**
 * Programs and shared libraries as files in the ELF format.
 *
 * @module
 */
import { ElfError, NotFoundError, SyscallError } from "../errors.ts";
import { ERRNO, fileSize, OPEN, openFile, readAt, textOf } from "../sys/mod.ts";
import { readSections, readSegments, type Section, type Segment } from "./headers.ts";

const HEADER_SIZE = 64;
/** The most that is read of the names of sections, in bytes. */
const MOST_NAMES = 1 << 24;
/** A FIFO in place of a file must not make the script wait. */
const O_NONBLOCK = 0x800;

/** What an ELF file is read from. */
interface Source extends Disposable {
  /** In bytes. */
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

/** A program or library of 64 bits, of which is read what is asked for, however large it is. */
export class ElfFile implements Disposable {
  /** The header (`Elf64_Ehdr`). */
  readonly header: DataView;
  /** The parts that are loaded into memory. */
  readonly segments: readonly Segment[];
  /** The parts that are notes. */
  readonly notes: readonly Segment[];
  /** All sections, by their number. */
  readonly sections: readonly Section[];
  readonly #name: string;
  readonly #source: Source;

  private constructor(source: Source, name: string) {
    this.#name = name;
    this.#source = source;
    this.header = this.read(0, HEADER_SIZE);
    // Little-endian as all processors that we run on
    if (this.header.getUint32(0) !== 0x7f45_4c46) throw this.error("it is no ELF file");
    if (this.header.getUint8(4) !== 2 || this.header.getUint8(5) !== 1) {
      throw this.error("it is no ELF file of 64 bits and little-endian");
    }
    const read = (offset: number, length: number) => this.read(offset, length);
    const { loaded, notes } = readSegments(this.header, read);
    this.segments = loaded;
    this.notes = notes;
    this.sections = readSections(this.header, read);
  }

  /**
   * Opens a file and reads its headers.
   *
   * @throws {NotFoundError} There is no such file.
   * @throws {ElfError} It is no program or library of 64 bits, or is damaged.
   * @throws {SyscallError} It cannot be read.
   */
  static open(path: string): ElfFile {
    using undo = new DisposableStack();
    const file = new ElfFile(undo.use(openSource(path)), path);
    undo.move();
    return file;
  }

  /**
   * What is in memory, as the vDSO is.
   *
   * @throws {ElfError} It is no program or library of 64 bits, or is damaged.
   */
  static of(bytes: Uint8Array, name: string): ElfFile {
    const read = (offset: number, length: number) => bytes.slice(offset, offset + length);
    return new ElfFile({ size: bytes.length, read, [Symbol.dispose]() {} }, name);
  }

  /** Of the whole file, in bytes. */
  get size(): number {
    return this.#source.size;
  }

  /**
   * A part of the file.
   *
   * @throws {ElfError} The file is shorter.
   */
  read(offset: number, length: number): DataView {
    // Before memory is asked for: a damaged header may say anything
    if (offset + length > this.#source.size) throw this.error("it is cut off or damaged");
    const bytes = this.#source.read(offset, length);
    if (bytes.length < length) throw this.error("it became shorter while it was read");
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** What a section has. */
  bytes({ offset, size }: Pick<Section, "offset" | "size">): Uint8Array {
    const { buffer, byteOffset, byteLength } = this.read(offset, size);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  /** The section of a name, which takes room in the file; `undefined` where there is none. */
  sectionNamed(name: string): Section | undefined {
    const names = this.sections[this.header.getUint16(62, true)];
    if (!names || names.size > MOST_NAMES) return undefined;
    const text = this.bytes(names);
    return this.sections.find((section) => textOf(text.subarray(section.name)) === name);
  }

  /** The error to throw; `state` says what is wrong with the file. */
  error(state: string): ElfError {
    return new ElfError(`Cannot read ${JSON.stringify(this.#name)}: ${state}`);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#source[Symbol.dispose]();
  }
}

/** From the address that the linker gave it to its place in the file; `undefined` where it has none. */
export function offsetOf(segments: readonly Segment[], address: number): number | undefined {
  const segment = segments.find((one) => address >= one.address && address < one.address + one.size);
  return segment && address - segment.address + segment.offset;
}

/** From its place in the file to the address that the linker gave it, of code; `undefined` where it is none. */
export function addressOf(segments: readonly Segment[], offset: number): number | undefined {
  const isIn = (one: Segment) => offset >= one.offset && offset < one.offset + one.size;
  const segment = segments.find((one) => one.executable && isIn(one));
  return segment && offset - segment.offset + segment.address;
}

function openSource(path: string): Source {
  try {
    using undo = new DisposableStack();
    const file = undo.use(openFile(path, OPEN.READ | O_NONBLOCK));
    const size = fileSize(file);
    undo.move();
    return {
      size,
      read: (offset, length) => readAt(file, offset, length),
      [Symbol.dispose]: () => file.close(),
    };
  } catch (cause) {
    if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.ENOENT) throw cause;
    throw new NotFoundError(`Cannot read ${JSON.stringify(path)}: there is no such file`, { cause });
  }
}
