/**
 * The notes that USDT probes leave in programs and libraries.
 *
 * Format: https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation
 *
 * @module
 */
import { textOf } from "../sys/mod.ts";
import { ElfFile, number64, offsetOf, type Section } from "../executable/mod.ts";

/** Numbers of the format: `elf.h` of glibc. */
const ET_DYN = 3;
const NOTE_HEADER_SIZE = 12;
const NOTE_NAME = "stapsdt";
const NOTE_TYPE = 3;
/** Addresses of the probe, of `.stapsdt.base` and of the semaphore. */
const ADDRESSES_SIZE = 24;
/** The smallest page of any kernel. */
const PAGE = 4096;

/** A note: one place of a probe. */
export interface UsdtNote {
  readonly provider: string;
  readonly name: string;
  /** As the compiler wrote them, between spaces: `-4@%edi 8@-16(%rbp)`. */
  readonly argumentText: string;
  /** Where the linker put it in memory. */
  readonly address: number;
  /** In bytes from the start of the file. */
  readonly offset: number;
  /** Of the counter that the probe needs to be on, in bytes from the start of the file; `undefined` where it has none. */
  readonly semaphoreOffset: number | undefined;
}

/** The notes of a file. */
export interface UsdtNotes {
  /** The processor (`e_machine`). */
  readonly machine: number;
  /** Whether it is loaded anywhere in memory, as libraries and most programs are. */
  readonly movable: boolean;
  readonly notes: readonly UsdtNote[];
}

/**
 * Reads them.
 *
 * @throws {NotFoundError} There is no such file.
 * @throws {ElfError} It is no program or library of 64 bits, or is damaged.
 */
export function readUsdtNotes(path: string): UsdtNotes {
  using file = ElfFile.open(path);
  const { header } = file;
  const section = file.sectionNamed(".note.stapsdt");
  return {
    machine: header.getUint16(18, true),
    movable: header.getUint16(16, true) === ET_DYN,
    notes: section ? [...notesOf(file, section, file.sectionNamed(".stapsdt.base")?.address ?? 0)] : [],
  };
}

/** @param base Where `.stapsdt.base` is now: prelink(8) moves it, and with it everything but the notes. */
function* notesOf(file: ElfFile, section: Section, base: number): Generator<UsdtNote> {
  const view = file.read(section.offset, section.size);
  for (let at = 0; at + NOTE_HEADER_SIZE <= view.byteLength;) {
    const [nameSize, size] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    const nameStart = at + NOTE_HEADER_SIZE;
    const start = nameStart + aligned(nameSize);
    if (start + size > view.byteLength) throw file.error("a note of a USDT probe is cut off");
    const name = textOf(bytesOf(view, nameStart, nameSize));
    if (name === NOTE_NAME && view.getUint32(at + 8, true) === NOTE_TYPE) {
      yield noteOf(file, new DataView(view.buffer, view.byteOffset + start, size), base);
    }
    at = start + aligned(size);
  }
}

function noteOf(file: ElfFile, view: DataView, base: number): UsdtNote {
  const texts = view.byteLength < ADDRESSES_SIZE
    ? []
    : new TextDecoder().decode(bytesOf(view, ADDRESSES_SIZE)).split("\0");
  const [provider, name, argumentText, ...rest] = texts;
  // Each of the three texts ends with a zero
  if (!provider || !name || argumentText === undefined || rest.length === 0) {
    throw file.error("a note of a USDT probe is damaged");
  }
  const noted = number64(view, 8);
  const moved = base !== 0 && noted !== 0 ? base - noted : 0;
  const address = number64(view, 0) + moved;
  const semaphore = number64(view, 16);
  const probe = `the note of USDT probe "${provider}:${name}"`;
  const code = file.segments.filter(({ executable }) => executable);
  const offset = offsetOf(code, address);
  if (offset === undefined) {
    throw file.error(`${probe} points to 0x${address.toString(16)}, which is no code`);
  }
  return {
    provider,
    name,
    // ":" stands for no arguments in old notes, as libbpf has it
    argumentText: argumentText.startsWith(":") ? "" : argumentText.trim(),
    address,
    offset,
    semaphoreOffset: semaphore === 0 ? undefined : semaphoreOffset(file, probe, semaphore + moved),
  };
}

function semaphoreOffset(file: ElfFile, probe: string, address: number): number {
  // The kernel raises what it mapped from the file, which is whole pages: the start of .bss with the end of .data
  const data = file.segments.filter(({ executable }) => !executable).map((segment) => ({
    ...segment,
    size: Math.ceil((segment.address + segment.size) / PAGE) * PAGE - segment.address,
  }));
  const offset = offsetOf(data, address);
  if (offset !== undefined) return offset;
  throw file.error(`${probe} has its semaphore at 0x${address.toString(16)}, which is no data of the file`);
}

function bytesOf(view: DataView, start: number, size: number = view.byteLength - start): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, size);
}

/** Notes and their parts start at multiples of 4. */
function aligned(size: number): number {
  return Math.ceil(size / 4) * 4;
}
