/**
 * The functions of a program or library by their addresses.
 *
 * @module
 */
import { type ElfFile, number64, SYMBOL_SIZE, type SymbolSection, unversioned } from "../executable/mod.ts";
import { joinedBytes } from "../sys/mod.ts";
import { AddressTable, inOrder, sortedIndices } from "./_address_table.ts";
import { compareNames } from "./_best_name.ts";

/** Numbers of the format: `include/uapi/linux/elf.h`, and `elf.h` of glibc. */
const SHF_EXECINSTR = 4;
const STB_LOCAL = 0;
const STB_WEAK = 2;
const STT_NOTYPE = 0;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;

/** What makes a symbol better than another at its address, the most first, as perf(1) has it (`choose_best_symbol`). */
const SIZED = 8;
const TYPED = 4;
const STRONG = 2;
const GLOBAL = 1;

interface Found {
  readonly starts: number[];
  readonly ends: number[];
  readonly names: number[];
  readonly ranks: number[];
}

/** A table of symbols, and the file that its sections are of. */
export interface Table extends SymbolSection {
  readonly file: ElfFile;
}

/**
 * The functions in tables of symbols. A function without a size, as those of assembly, reaches to the next, within its
 * section; labels inside of functions do not count. `rename` makes of the name of a symbol what it is called.
 */
export function functionsOf(tables: readonly Table[], rename: (name: string) => string): AddressTable {
  // Of one table, which may be large, nothing is copied
  const [first, ...more] = tables.map(({ names }) => names);
  const text = first && more.length === 0 ? first : joinedBytes(tables.map(({ names }) => names));
  const found: Found = { starts: [], ends: [], names: [], ranks: [] };
  let base = 0;
  for (const table of tables) {
    find(found, table, base);
    base += table.names.length;
  }
  const { starts, ends, ranks } = found;
  // What counts more comes later: those with a size, those that begin inside of others, and the better of two names
  const order = sortedIndices(starts.length, (a, b) => {
    const [rankOfA = 0, rankOfB = 0] = [ranks[a], ranks[b]];
    return (rankOfA & SIZED) - (rankOfB & SIZED) || (starts[a] ?? 0) - (starts[b] ?? 0) ||
      rankOfA - rankOfB ||
      compareNames(text, found.names[a] ?? 0, found.names[b] ?? 0);
  });
  const entries = {
    starts: inOrder(starts, order),
    ends: inOrder(ends, order),
    names: inOrder(found.names, order),
    text,
  };
  return new AddressTable(entries, (name) => rename(unversioned(name)));
}

/** Adds what one table has; its names begin at `base` of those of all. */
function find(found: Found, { file, symbols, names }: Table, base: number): void {
  for (let at = SYMBOL_SIZE; at + SYMBOL_SIZE <= symbols.byteLength; at += SYMBOL_SIZE) {
    const info = symbols.getUint8(at + 4);
    const type = info & 15;
    const isFunction = type === STT_FUNC || type === STT_GNU_IFUNC;
    if (!isFunction && type !== STT_NOTYPE) continue;
    const section = file.sections[symbols.getUint16(at + 6, true)];
    const name = symbols.getUint32(at, true);
    const isCode = section !== undefined && (section.flags & SHF_EXECINSTR) !== 0;
    if (!isCode || name === 0 || name >= names.length) continue;
    const [start, size] = [number64(symbols, at + 8), number64(symbols, at + 16)];
    const sectionEnd = section.address + section.size;
    if (start < section.address || start >= sectionEnd) continue;
    const binding = info >> 4;
    found.starts.push(start);
    found.ends.push(size === 0 ? sectionEnd : start + size);
    found.names.push(base + name);
    found.ranks.push(
      (size > 0 ? SIZED : 0) | (isFunction ? TYPED : 0) | (binding !== STB_WEAK ? STRONG : 0) |
        (binding !== STB_LOCAL ? GLOBAL : 0),
    );
  }
}
