/**
 * The tables of segments and sections of programs and libraries.
 *
 * @module
 */

/** `p_type` of segments that are loaded into memory, and of notes. */
const PT_LOAD = 1;
const PT_NOTE = 4;
/** `p_flags` of segments that are code. */
const PF_X = 1;
/** Of `Elf64_Phdr` and `Elf64_Shdr`, in bytes. */
const SEGMENT_SIZE = 56;
const SECTION_SIZE = 64;

/** A part of the file that is loaded into memory (`Elf64_Phdr`). */
export interface Segment {
  /** Where the linker wants it in memory. */
  readonly address: number;
  /** In bytes from the start of the file. */
  readonly offset: number;
  /** In the file, in bytes. */
  readonly size: number;
  /** In bytes, of notes that of each of them. */
  readonly align: number;
  /** Whether it is code. */
  readonly executable: boolean;
}

/** The segments of a file that are of use to others than the kernel. */
export interface Segments {
  /** Those that are loaded, in the order of the file. */
  readonly loaded: readonly Segment[];
  /** Those of notes. */
  readonly notes: readonly Segment[];
}

/** A section (`Elf64_Shdr`). */
export interface Section {
  /** Where its name is in the section of names (`.shstrtab`). */
  readonly name: number;
  /** `SHT_…`. */
  readonly type: number;
  /** `SHF_…`. */
  readonly flags: number;
  /** Where the linker wants it in memory. */
  readonly address: number;
  /** In bytes from the start of the file. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  /** The section that this one needs: the strings of a table of symbols. */
  readonly link: number;
}

/** Reads a part of the file, and throws where that is shorter. */
export type ReadPart = (offset: number, length: number) => DataView;

/** The segments. */
export function readSegments(header: DataView, read: ReadPart): Segments {
  const [size, count] = [header.getUint16(54, true), header.getUint16(56, true)];
  const table = read(number64(header, 32), size * count);
  const of = (type: number) =>
    records(size, count, SEGMENT_SIZE).filter((at) => table.getUint32(at, true) === type).map((at) => ({
      offset: number64(table, at + 8),
      address: number64(table, at + 16),
      size: number64(table, at + 32),
      align: number64(table, at + 48),
      executable: (table.getUint32(at + 4, true) & PF_X) !== 0,
    }));
  return { loaded: of(PT_LOAD), notes: of(PT_NOTE) };
}

/** All sections, by their number. */
export function readSections(header: DataView, read: ReadPart): Section[] {
  const [size, count] = [header.getUint16(58, true), header.getUint16(60, true)];
  const table = read(number64(header, 40), size * count);
  return records(size, count, SECTION_SIZE).map((at) => ({
    name: table.getUint32(at, true),
    type: table.getUint32(at + 4, true),
    flags: table.getUint32(at + 8, true),
    address: number64(table, at + 16),
    offset: number64(table, at + 24),
    size: number64(table, at + 32),
    link: table.getUint32(at + 40, true),
  }));
}

/** Where the records of a table start; nowhere in tables of records that are too short. */
function records(size: number, count: number, least: number): number[] {
  return size < least ? [] : Array.from({ length: count }, (_, i) => i * size);
}

/** As a number; beyond 2^53 are no addresses or offsets of programs. */
export function number64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
