import { BtfError } from "../errors.ts";

/** Where the parts of a BTF blob are, in bytes from its start. */
export interface BtfHeader {
  readonly littleEndian: boolean;
  readonly typesStart: number;
  readonly typesEnd: number;
  readonly stringsStart: number;
  readonly stringsEnd: number;
}

/** The first two bytes as a number, in the byte order of what follows. */
export const MAGIC = 0xeb9f;
/** The only version there is. */
export const VERSION = 1;
/** `struct btf_header` up to `str_len`. */
export const HEADER_SIZE = 24;
/** `struct btf_header` with `layout_off` and `layout_len`, which newer kernels and tools write. */
const HEADER_SIZE_WITH_LAYOUT = 32;

/** Tells the byte order of BTF or `.BTF.ext` by its first two bytes. */
export function isLittleEndian(view: DataView, what: string): boolean {
  if (view.byteLength < 8) {
    throw new BtfError(`Cannot parse ${what}: ${view.byteLength} bytes are too few for a header`, {
      offset: 0,
    });
  }
  const magic = view.getUint16(0, true);
  if (magic !== MAGIC && magic !== 0x9feb) {
    throw new BtfError(`Cannot parse ${what}: magic is 0x${magic.toString(16)} and not 0xeb9f`, {
      offset: 0,
    });
  }
  const version = view.getUint8(2);
  if (version !== VERSION) {
    throw new BtfError(`Cannot parse ${what}: version is ${version} and not ${VERSION}`, { offset: 2 });
  }
  return magic === MAGIC;
}

/** Reads `struct btf_header` and checks that its parts lie within the bytes, types before strings. */
export function parseHeader(view: DataView, split: boolean): BtfHeader {
  const littleEndian = isLittleEndian(view, "BTF");
  const length = view.getUint32(4, littleEndian);
  if (length < HEADER_SIZE || length > view.byteLength) {
    throw new BtfError(`Cannot parse BTF: header length is ${length} in ${view.byteLength} bytes`, {
      offset: 4,
    });
  }
  for (let at = HEADER_SIZE_WITH_LAYOUT; at < length; at++) {
    if (view.getUint8(at) !== 0) {
      throw new BtfError("Cannot parse BTF: header has fields that this version does not know", {
        offset: at,
      });
    }
  }
  const typesStart = length + view.getUint32(8, littleEndian);
  const typesEnd = typesStart + view.getUint32(12, littleEndian);
  const stringsStart = length + view.getUint32(16, littleEndian);
  const stringsEnd = stringsStart + view.getUint32(20, littleEndian);
  if ((typesStart - length) % 4 !== 0 || (typesEnd - typesStart) % 4 !== 0) {
    throw new BtfError("Cannot parse BTF: type section is not aligned to 4 bytes", { offset: 8 });
  }
  if (typesEnd > stringsStart) {
    throw new BtfError("Cannot parse BTF: type section reaches into the string section", { offset: 8 });
  }
  if (stringsEnd > view.byteLength) {
    throw new BtfError(
      `Cannot parse BTF: string section ends at byte ${stringsEnd} of ${view.byteLength}`,
      { offset: 16 },
    );
  }
  checkStrings(view, stringsStart, stringsEnd, split);
  return { littleEndian, typesStart, typesEnd, stringsStart, stringsEnd };
}

/** The string section ends with a NUL and starts with the empty string, which split BTF finds in its base. */
function checkStrings(view: DataView, start: number, end: number, split: boolean): void {
  if (start === end) {
    if (split) return;
    throw new BtfError("Cannot parse BTF: string section is empty", { offset: 20 });
  }
  if (view.getUint8(end - 1) !== 0) {
    throw new BtfError("Cannot parse BTF: string section does not end with a NUL", { offset: end - 1 });
  }
  if (!split && view.getUint8(start) !== 0) {
    throw new BtfError(
      "Cannot parse BTF: string section does not start with the empty string: give the base of split BTF",
      { offset: start },
    );
  }
}
