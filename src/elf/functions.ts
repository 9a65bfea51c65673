import { SLOT_SIZE } from "../asm/core.ts";
import { STB_LOCAL, STT_FUNC, STT_NOTYPE } from "./_constants.ts";
import type { ElfFile, ElfSection, ElfSymbol } from "./file.ts";
import type { Layout } from "./layout.ts";

/** What LLVM calls the places within functions that are jumped to. */
const LABEL = /^\.?LBB\d/;

/** Where a function is. Programs are put together from these. */
export interface FunctionPlace {
  /** In the source. */
  readonly name: string;
  /** The same, or with a number where another function of the object has that name too, as static ones may. */
  readonly symbol: string;
  readonly section: ElfSection;
  /** In bytes from the start of the section. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  readonly global: boolean;
}

/**
 * Whether a function is a program to load by itself: global, and outside of `.text` and of the sections that compilers
 * split it into (`-ffunction-sections`).
 */
export function isProgram({ section: { name }, global }: FunctionPlace): boolean {
  return global && name !== ".text" && !name.startsWith(".text.");
}

/** The functions of an object. */
export class FunctionTable {
  /** By section and offset. */
  readonly all: readonly FunctionPlace[];
  readonly #byPlace: Map<number, Map<number, FunctionPlace>> = new Map();

  /** @param all Sorted by section and offset. */
  constructor(all: readonly FunctionPlace[]) {
    this.all = all;
    for (const place of all) {
      const { section: { index }, offset } = place;
      let section = this.#byPlace.get(index);
      if (section === undefined) this.#byPlace.set(index, section = new Map());
      if (!section.has(offset)) section.set(offset, place);
    }
  }

  /** The function that starts at an offset of a section, in bytes. */
  at(section: number, offset: number): FunctionPlace | undefined {
    return this.#byPlace.get(section)?.get(offset);
  }
}

/**
 * Finds the functions: symbols of the type `STT_FUNC`, each as long as its symbol says. What lies between them is
 * what a linker left of functions that others replaced.
 *
 * @throws {ElfError} A function is empty, or shares some of its instructions with another one.
 */
export function findFunctions(file: ElfFile, layout: Layout): FunctionTable {
  const code = new Map(layout.code.map((section) => [section.index, section]));
  const found: Omit<FunctionPlace, "symbol">[] = [];
  for (const symbol of symbolsOf(file, code)) {
    const { name, value: offset, size } = symbol;
    const section = code.get(symbol.section);
    if (section === undefined) continue;
    if (size === 0 || size % SLOT_SIZE !== 0 || offset % SLOT_SIZE !== 0 || offset + size > section.size) {
      throw file.error(
        `function "${name}" has ${size} bytes at ${offset} of "${section.name}"`,
        section.offset,
      );
    }
    found.push({ name, section, offset, size, global: symbol.binding !== STB_LOCAL });
  }
  found.sort((a, b) => a.section.index - b.section.index || a.offset - b.offset);
  for (const [index, next] of found.entries()) {
    const previous = found[index - 1];
    if (previous?.section !== next.section || previous.offset + previous.size <= next.offset) continue;
    // An alias is another name for the whole.
    if (previous.offset === next.offset && previous.size === next.size) continue;
    throw file.error(
      `functions "${previous.name}" and "${next.name}" share instructions`,
      next.section.offset,
    );
  }
  return new FunctionTable(nameUniquely(found));
}

/**
 * The symbols of functions. LLVM 7 and older give them neither a type nor a size: in sections where all are like that
 * those that are no labels are functions, and each ends where the next one starts.
 */
function symbolsOf(file: ElfFile, code: ReadonlyMap<number, ElfSection>): ElfSymbol[] {
  const typed = file.symbols.filter(({ section, type }) => type === STT_FUNC && code.has(section));
  const done = new Set(typed.map(({ section }) => section));
  if (done.size === code.size) return typed;
  const untyped = file.symbols
    .filter(({ section, type, name }) =>
      type === STT_NOTYPE && name !== "" && !LABEL.test(name) && code.has(section) && !done.has(section)
    )
    .sort((a, b) => a.section - b.section || a.value - b.value);
  return [
    ...typed,
    ...untyped.map((symbol, at) => {
      const next = untyped[at + 1];
      const end = next?.section === symbol.section ? next.value : code.get(symbol.section)?.size ?? 0;
      return { ...symbol, size: end - symbol.value };
    }),
  ];
}

/** Gives each function a symbol of its own; those that other files see keep their names. */
function nameUniquely(found: readonly Omit<FunctionPlace, "symbol">[]): FunctionPlace[] {
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  const symbols = new Map<object, string>();
  for (const global of [true, false]) {
    for (const place of found) {
      if (place.global !== global) continue;
      let symbol = place.name;
      while (taken.has(symbol)) {
        const count = (counts.get(place.name) ?? 0) + 1;
        counts.set(place.name, count);
        symbol = `${place.name}.${count}`;
      }
      taken.add(symbol);
      symbols.set(place, symbol);
    }
  }
  return found.map((place) => ({ ...place, symbol: symbols.get(place) ?? place.name }));
}
