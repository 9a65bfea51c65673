/**
 * What says that two files are of one build, and where the debugging information of a file is.
 *
 * @module
 */
import { textOf } from "../sys/mod.ts";
import type { ElfFile } from "./file.ts";

const NT_GNU_BUILD_ID = 3;
const NOTE_HEADER_SIZE = 12;
const GNU = "GNU";
/** The most that is read of notes, or of the link: damaged or made up files may say anything of what they have. */
const MOST_BYTES = 1 << 20;

/** The build id that the linker gave a file, as hexadecimal digits; `undefined` where it has none. */
export function buildId(file: ElfFile): string | undefined {
  for (const segment of file.notes) {
    if (segment.size > MOST_BYTES) continue;
    const notes = file.bytes(segment);
    const view = new DataView(notes.buffer, notes.byteOffset, notes.byteLength);
    const align = segment.align === 8 ? 8 : 4;
    const aligned = (at: number) => Math.ceil(at / align) * align;
    for (let at = 0; at + NOTE_HEADER_SIZE <= notes.length;) {
      const [nameSize, size] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
      const name = at + NOTE_HEADER_SIZE;
      const content = aligned(name + nameSize);
      const isGnu = textOf(notes.subarray(name, name + nameSize)) === GNU;
      if (isGnu && view.getUint32(at + 8, true) === NT_GNU_BUILD_ID && content + size <= notes.length) {
        return notes.slice(content, content + size).toHex();
      }
      at = aligned(content + size);
    }
  }
  return undefined;
}

/** What a file says of the one with its debugging information (`.gnu_debuglink`). */
export interface DebugLink {
  /** The name of that file, without a folder. */
  readonly name: string;
  /** CRC-32 of the whole of it. */
  readonly crc: number;
}

/** What a file that was stripped says of its debugging information; `undefined` where it says nothing. */
export function debugLink(file: ElfFile): DebugLink | undefined {
  const section = file.sectionNamed(".gnu_debuglink");
  if (!section || section.size < 8 || section.size > MOST_BYTES) return undefined;
  const bytes = file.bytes(section);
  const name = textOf(bytes);
  if (name === "" || name.includes("/")) return undefined;
  // At the end, aligned to 4 bytes
  const crc = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true);
  return { name, crc };
}

let table: Uint32Array | undefined;

/** CRC-32 as zlib and `.gnu_debuglink` have it. */
export function crc32(bytes: Uint8Array, before = 0): number {
  table ??= Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? value >>> 1 ^ 0xedb8_8320 : value >>> 1;
    return value;
  });
  let crc = ~before;
  for (const byte of bytes) crc = (table[(crc ^ byte) & 255] ?? 0) ^ crc >>> 8;
  return ~crc >>> 0;
}
