import { BtfError } from "../errors.ts";
import { isLittleEndian } from "./_header.ts";
import type { Btf } from "./btf.ts";

/** A function that starts at an instruction (`struct bpf_func_info`). */
export interface FunctionInfo {
  /** In bytes from the start of the section. */
  readonly offset: number;
  /** The id of its `FUNC`. */
  readonly typeId: number;
}

/** A source line that starts at an instruction (`struct bpf_line_info`). */
export interface LineInfo {
  /** In bytes from the start of the section. */
  readonly offset: number;
  /** The file's name as the compiler was given it. */
  readonly file: string;
  /** The text of the line. */
  readonly text: string;
  /** Counted from 1; 0 where unknown. */
  readonly line: number;
  /** Counted from 1; 0 where unknown. */
  readonly column: number;
  /** Where {@linkcode LineInfo.file} is in the string section of the BTF, in bytes. */
  readonly fileOffset: number;
  /** Where {@linkcode LineInfo.text} is in the string section of the BTF, in bytes. */
  readonly textOffset: number;
}

/** A CO-RE record of an instruction (`struct bpf_core_relo`). */
export interface RelocationInfo {
  /** In bytes from the start of the section. */
  readonly offset: number;
  /** `enum bpf_core_relo_kind`. */
  readonly kind: number;
  /** The root type. */
  readonly typeId: number;
  /** Member and array indices from the root, joined by colons: `0:1:2`. */
  readonly accessor: string;
}

/** What `.BTF.ext` says about instructions, by the name of their section, in the order of the file. */
export interface ExtInfo {
  /** Where functions start. */
  readonly functions: ReadonlyMap<string, readonly FunctionInfo[]>;
  /** Where source lines start. */
  readonly lines: ReadonlyMap<string, readonly LineInfo[]>;
  /** The instructions to relocate; empty where the header has no such part. */
  readonly relocations: ReadonlyMap<string, readonly RelocationInfo[]>;
}

/** `struct btf_ext_header` up to `line_info_len`. */
const HEADER_SIZE = 24;
/** `struct btf_ext_header` with `core_relo_off` and `core_relo_len`. */
const HEADER_SIZE_WITH_RELOCATIONS = 32;
const INSTRUCTION_SIZE = 8;

/**
 * Parses `.BTF.ext`, the section of an object file about its instructions, beside the BTF of the same object.
 *
 * Records may be longer than this version knows, as libbpf allows.
 *
 * @throws {BtfError} The bytes are malformed.
 */
export function parseExtInfo(bytes: Uint8Array, btf: Btf): ExtInfo {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = isLittleEndian(view, ".BTF.ext");
  const headerSize = view.getUint32(4, littleEndian);
  if (headerSize < HEADER_SIZE || headerSize > view.byteLength) {
    throw new BtfError(
      `Cannot parse .BTF.ext: header length is ${headerSize} in ${view.byteLength} bytes`,
      { offset: 4 },
    );
  }
  const word = (at: number): number => view.getUint32(at, littleEndian);
  const strings = new Map<number, string>();
  const text = (offset: number): string => {
    let string = strings.get(offset);
    if (string === undefined) strings.set(offset, string = btf.stringAt(offset));
    return string;
  };
  const parts: Parts = { view, word, text, headerSize };
  return {
    functions: readPart(parts, 8, 8, (at, offset) => ({ offset, typeId: word(at + 4) })),
    lines: readPart(parts, 16, 16, (at, offset) => {
      const fileOffset = word(at + 4);
      const textOffset = word(at + 8);
      const position = word(at + 12);
      return {
        offset,
        file: text(fileOffset),
        text: text(textOffset),
        line: position >>> 10,
        column: position & 0x3ff,
        fileOffset,
        textOffset,
      };
    }),
    relocations: headerSize < HEADER_SIZE_WITH_RELOCATIONS
      ? new Map()
      : readPart(parts, 24, 16, (at, offset) => ({
        offset,
        typeId: word(at + 4),
        accessor: text(word(at + 8)),
        kind: word(at + 12),
      })),
  };
}

interface Parts {
  readonly view: DataView;
  readonly word: (at: number) => number;
  readonly text: (offset: number) => string;
  readonly headerSize: number;
}

/**
 * Reads one of the three parts: the size of its records, then for each section `struct btf_ext_info_sec` (name and
 * number of records) and the records, which all start with the offset of the instruction.
 *
 * @param field Where in the header the part's offset and length are.
 * @param minimum The size of a record as far as it is known here.
 */
function readPart<T>(
  parts: Parts,
  field: number,
  minimum: number,
  readRecord: (at: number, offset: number) => T,
): Map<string, T[]> {
  const { view, word, text, headerSize } = parts;
  const sections = new Map<string, T[]>();
  const start = headerSize + word(field);
  const length = word(field + 4);
  const end = start + length;
  if (length === 0) return sections;
  if (end > view.byteLength) throw malformed("a part goes beyond the section", field);
  if (length < 4) throw malformed("a part has no record size", start);
  const recordSize = word(start);
  if (recordSize < minimum || recordSize % 4 !== 0) {
    throw malformed(`record size is ${recordSize} where ${minimum} is the least`, start);
  }
  let at = start + 4;
  while (at < end) {
    if (at + 8 > end) throw malformed("the header of a section is cut off", at);
    const name = text(word(at));
    const count = word(at + 4);
    at += 8;
    if (count === 0) throw malformed(`section "${name}" has no records`, at - 4);
    if (count * recordSize > end - at) {
      throw malformed(`section "${name}" has too few bytes for its records`, at - 4);
    }
    let records = sections.get(name);
    if (records === undefined) sections.set(name, records = []);
    for (let i = 0; i < count; i++, at += recordSize) {
      const offset = word(at);
      if (offset % INSTRUCTION_SIZE !== 0) throw malformed(`byte ${offset} is within an instruction`, at);
      records.push(readRecord(at, offset));
    }
  }
  return sections;
}

function malformed(state: string, offset: number): BtfError {
  return new BtfError(`Cannot parse .BTF.ext: ${state}`, { offset });
}
