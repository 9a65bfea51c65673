import { ElfError } from "../errors.ts";

const HEADER_SIZE = 64;
const SECTION_HEADER_SIZE = 64;
const ELFCLASS64 = 2;
/** Where the place of the section headers is written (`e_shoff`). */
const TABLE_FIELD = 40;

/**
 * The bytes of a section of any 64-bit ELF file, whatever machine it is for, not copied; `undefined` where there is
 * no such section. For type information in a `vmlinux`.
 *
 * @throws {ElfError} The file is damaged, or not a 64-bit one.
 */
export function elfSection(bytes: Uint8Array, name: string): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_SIZE || bytes[4] !== ELFCLASS64) throw damaged("it is not a 64-bit ELF file", 0);
  const little = bytes[5] === 1;
  const table = Number(view.getBigUint64(TABLE_FIELD, little));
  const count = view.getUint16(60, little);
  const range = (index: number) => {
    const at = table + index * SECTION_HEADER_SIZE;
    if (at + SECTION_HEADER_SIZE > bytes.length) {
      throw damaged("a section header is beyond its end", TABLE_FIELD);
    }
    const start = Number(view.getBigUint64(at + 24, little));
    const size = Number(view.getBigUint64(at + 32, little));
    return { at, name: view.getUint32(at, little), start, end: start + size };
  };
  const names = range(view.getUint16(62, little));
  const wanted = new TextEncoder().encode(name + "\0");
  for (let index = 0; index < count; index++) {
    const section = range(index);
    const at = names.start + section.name;
    if (!wanted.every((byte, i) => bytes[at + i] === byte)) continue;
    if (section.end > bytes.length) throw damaged(`section "${name}" is beyond its end`, section.at + 24);
    return bytes.subarray(section.start, section.end);
  }
  return undefined;
}

function damaged(what: string, offset: number): ElfError {
  return new ElfError(`Cannot read an ELF file: ${what}`, { offset });
}
