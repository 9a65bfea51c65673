/** What {@linkcode encodeFunctionInfo} takes for each function. */
export interface FunctionInfoRecord {
  /** The first instruction, counted in slots of 8 bytes from the start of the program. */
  readonly slot: number;
  /** The id of its `FUNC`. */
  readonly typeId: number;
}

/** What {@linkcode encodeLineInfo} takes for each line. */
export interface LineInfoRecord {
  /** The first instruction, counted in slots of 8 bytes from the start of the program. */
  readonly slot: number;
  /** Where the name of the file is in the string section of the BTF, in bytes. */
  readonly fileOffset: number;
  /** Where the text of the line is in the string section of the BTF, in bytes. */
  readonly textOffset: number;
  /** Counted from 1; 0 where unknown. */
  readonly line: number;
  /** Counted from 1; 0 where unknown. */
  readonly column: number;
}

/** `sizeof(struct bpf_func_info)`, in bytes: the `func_info_rec_size` of `BPF_PROG_LOAD`. */
export const FUNCTION_INFO_SIZE = 8;
/** `sizeof(struct bpf_line_info)`, in bytes: the `line_info_rec_size` of `BPF_PROG_LOAD`. */
export const LINE_INFO_SIZE = 16;

/** 22 bits of `line_col`. */
const MAX_LINE = 0x3fffff;
/** 10 bits of `line_col`. */
const MAX_COLUMN = 0x3ff;

/** The `line_col` of `struct bpf_line_info`. */
export function linePosition(line: number, column: number): number {
  return ((line > MAX_LINE ? 0 : line << 10) | (column > MAX_COLUMN ? 0 : column)) >>> 0;
}

/**
 * Encodes the `func_info` of `BPF_PROG_LOAD`, an array of `struct bpf_func_info`. Since Linux 5.0.
 *
 * The kernel wants one record a function in ascending order, the first at slot 0.
 */
export function encodeFunctionInfo(
  records: readonly FunctionInfoRecord[],
  byteOrder: "little" | "big",
): Uint8Array {
  const view = new DataView(new ArrayBuffer(records.length * FUNCTION_INFO_SIZE));
  const littleEndian = byteOrder === "little";
  let at = 0;
  for (const { slot, typeId } of records) {
    view.setUint32(at, slot, littleEndian);
    view.setUint32(at + 4, typeId, littleEndian);
    at += FUNCTION_INFO_SIZE;
  }
  return new Uint8Array(view.buffer);
}

/**
 * Encodes the `line_info` of `BPF_PROG_LOAD`, an array of `struct bpf_line_info`. Since Linux 5.0.
 *
 * The kernel wants ascending order and a line at the first slot of each function. Lines and columns that are too
 * large for their bits (22 and 10) become 0, which is unknown.
 */
export function encodeLineInfo(
  records: readonly LineInfoRecord[],
  byteOrder: "little" | "big",
): Uint8Array {
  const view = new DataView(new ArrayBuffer(records.length * LINE_INFO_SIZE));
  const littleEndian = byteOrder === "little";
  let at = 0;
  for (const { slot, fileOffset, textOffset, line, column } of records) {
    view.setUint32(at, slot, littleEndian);
    view.setUint32(at + 4, fileOffset, littleEndian);
    view.setUint32(at + 8, textOffset, littleEndian);
    view.setUint32(at + 12, linePosition(line, column), littleEndian);
    at += LINE_INFO_SIZE;
  }
  return new Uint8Array(view.buffer);
}
