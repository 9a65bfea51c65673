/**
 * Variables of programs and shared libraries.
 *
 * @module
 */
import { ElfFile, number64, SYMBOL_SIZE, SYMBOLS, symbolTable, unversioned } from "../executable/mod.ts";
import { textOf } from "../sys/mod.ts";

/** Numbers of the format: `include/uapi/linux/elf.h`. */
const STT_NOTYPE = 0;
const STT_OBJECT = 1;

/**
 * Where the linker put variables in memory, by name: all that have one of these names, as static ones of several sources may.
 *
 * @throws {ElfError} The file is no program or library of 64 bits, or is damaged.
 */
export function variableAddresses(path: string, wanted: ReadonlySet<string>): Map<string, Set<number>> {
  const found = new Map([...wanted].map((name): [string, Set<number>] => [name, new Set()]));
  using file = ElfFile.open(path);
  for (const section of file.sections) {
    const isTable = section.type === SYMBOLS.ALL || section.type === SYMBOLS.DYNAMIC;
    if (!isTable || !file.sections[section.link]) continue;
    const { symbols, names } = symbolTable(file, section);
    for (let at = 0; at < symbols.byteLength; at += SYMBOL_SIZE) {
      const type = symbols.getUint8(at + 4) & 15;
      const isHere = symbols.getUint16(at + 6, true) !== 0;
      if (!isHere || type !== STT_OBJECT && type !== STT_NOTYPE) continue;
      const name = unversioned(textOf(names.subarray(symbols.getUint32(at, true))));
      found.get(name)?.add(number64(symbols, at + 8));
    }
  }
  return found;
}
