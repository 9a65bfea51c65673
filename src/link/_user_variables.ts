/**
 * Variables of programs and shared libraries.
 *
 * @module
 */
import { ElfFile } from "./_elf_file.ts";
import { number64 } from "./_elf_headers.ts";
import { textOf } from "../sys/mod.ts";

/** Numbers of the format: `include/uapi/linux/elf.h`. */
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const STT_NOTYPE = 0;
const STT_OBJECT = 1;
const SYMBOL_SIZE = 24;

/**
 * Where the linker put variables in memory, by name: all that have one of these names, as static ones of several sources may.
 *
 * @throws {ElfError} The file is no program or library of 64 bits, or is damaged.
 */
export function variableAddresses(path: string, wanted: ReadonlySet<string>): Map<string, Set<number>> {
  const found = new Map([...wanted].map((name): [string, Set<number>] => [name, new Set()]));
  using file = new ElfFile(path);
  for (const section of file.sections) {
    const strings = file.sections[section.link];
    if (section.type !== SHT_SYMTAB && section.type !== SHT_DYNSYM || !strings) continue;
    const [symbols, names] = [file.read(section.offset, section.size), file.bytes(strings)];
    for (let at = 0; at + SYMBOL_SIZE <= symbols.byteLength; at += SYMBOL_SIZE) {
      const type = symbols.getUint8(at + 4) & 15;
      const isHere = symbols.getUint16(at + 6, true) !== 0;
      if (!isHere || type !== STT_OBJECT && type !== STT_NOTYPE) continue;
      // .symtab has versions as a part of names: "environ@@GLIBC_2.2.5"
      const name = textOf(names.subarray(symbols.getUint32(at, true))).split("@", 1)[0] ?? "";
      found.get(name)?.add(number64(symbols, at + 8));
    }
  }
  return found;
}
