/**
 * Programs and shared libraries as files in the ELF format.
 *
 * @module
 */
import { ElfError, NotFoundError, SyscallError } from "../errors.ts";
import { type Descriptor, ERRNO, fileSize, openFile, readAt } from "../sys/mod.ts";
import { readSections, readSegments, type Section, type Segment } from "./_elf_headers.ts";

const HEADER_SIZE = 64;

/** An open file of 64 bits, of which is read what is asked for, however large it is. */
export class ElfFile implements Disposable {
  /** The header (`Elf64_Ehdr`). */
  readonly header: DataView;
  /** The parts that are loaded into memory. */
  readonly segments: readonly Segment[];
  /** All sections, by their number. */
  readonly sections: readonly Section[];
  readonly #path: string;
  readonly #file: Descriptor;
  readonly #size: number;

  /**
   * Opens it and reads its headers.
   *
   * @throws {NotFoundError} There is no such file.
   * @throws {ElfError} It is no program or library of 64 bits, or is damaged.
   */
  constructor(path: string) {
    using undo = new DisposableStack();
    this.#path = path;
    this.#file = undo.use(openExecutable(path));
    this.#size = fileSize(this.#file);
    this.header = this.read(0, HEADER_SIZE);
    // Little-endian as all processors that we run on
    if (this.header.getUint32(0) !== 0x7f45_4c46) throw this.error("it is no ELF file");
    if (this.header.getUint8(4) !== 2 || this.header.getUint8(5) !== 1) {
      throw this.error("it is no ELF file of 64 bits and little-endian");
    }
    const read = (offset: number, length: number) => this.read(offset, length);
    this.segments = readSegments(this.header, read);
    this.sections = readSections(this.header, read);
    undo.move();
  }

  /**
   * A part of the file.
   *
   * @throws {ElfError} The file is shorter.
   */
  read(offset: number, length: number): DataView {
    // Before memory is asked for: a damaged header may say anything
    if (offset + length > this.#size) throw this.error("it is cut off or damaged");
    const bytes = readAt(this.#file, offset, length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** What a section has. */
  bytes({ offset, size }: Section): Uint8Array {
    const { buffer, byteOffset, byteLength } = this.read(offset, size);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  /** The error to throw; `state` says what is wrong with the file. */
  error(state: string): ElfError {
    return new ElfError(`Cannot read ${JSON.stringify(this.#path)}: ${state}`);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** From the address that the linker gave it to its place in the file; `undefined` where it has none. */
export function offsetOf(segments: readonly Segment[], address: number): number | undefined {
  const segment = segments.find((one) => address >= one.address && address < one.address + one.size);
  return segment && address - segment.address + segment.offset;
}

function openExecutable(path: string): Descriptor {
  try {
    return openFile(path);
  } catch (cause) {
    if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.ENOENT) throw cause;
    throw new NotFoundError(`Cannot read ${JSON.stringify(path)}: there is no such file`, { cause });
  }
}
