import type { ElfSymbol } from "../elf/mod.ts";
import { SHN_LORESERVE, STB_LOCAL, STT_SECTION } from "./_elf.ts";
import { type Global, isExtern, isShared } from "./globals.ts";
import type { Input } from "./input.ts";
import type { Layout, OutputSection } from "./sections.ts";

/** A symbol of the output. */
export interface OutputSymbol {
  readonly name: string;
  /** `STB_…`. */
  readonly binding: number;
  /** `STT_…`. */
  readonly type: number;
  /** `STV_…`. */
  readonly visibility: number;
  /** Where it is defined: a section, or what `st_shndx` says. */
  readonly section: OutputSection | number;
  /** In bytes from the start of the section. */
  readonly value: number;
  /** In bytes. */
  readonly size: number;
}

/** The symbols of the output. */
export interface SymbolTable {
  /** By their numbers, without the one that stands for none; the local ones first, as ELF demands. */
  readonly symbols: readonly OutputSymbol[];
  /** How many of them are local. */
  readonly localCount: number;
  /** The numbers of the inputs' symbols, counted from 1; none for those in sections that are left out. */
  readonly numbers: ReadonlyMap<ElfSymbol, number>;
}

/** Collects the symbols: the local ones of all inputs, of sections one for each, and those that are shared. */
export function collectSymbols(
  inputs: readonly Input[],
  layout: Layout,
  globals: ReadonlyMap<string, Global>,
): SymbolTable {
  const symbols: OutputSymbol[] = [];
  const numbers = new Map<ElfSymbol, number>();
  const ofSections = new Map<OutputSection, number>();
  for (const input of inputs) {
    for (const symbol of input.file.symbols.slice(1)) {
      if (isShared(input, symbol)) continue;
      const place = placeSymbol(layout, input, symbol);
      if (place === undefined) continue;
      const { name, type, visibility, size } = symbol;
      const binding = STB_LOCAL;
      if (type !== STT_SECTION || typeof place.section === "number") {
        numbers.set(symbol, symbols.push({ name, binding, type, visibility, size, ...place }));
        continue;
      }
      let number = ofSections.get(place.section);
      if (number === undefined) {
        number = symbols.push({ name, binding, type, visibility, size: 0, section: place.section, value: 0 });
        ofSections.set(place.section, number);
      }
      numbers.set(symbol, number);
    }
  }
  const localCount = symbols.length;
  const ofGlobals = new Map<string, number>();
  for (const [name, { declaration: { input }, symbol, binding, visibility }] of globals) {
    const { type, size } = symbol;
    const place = placeSymbol(layout, input, symbol);
    if (place !== undefined) {
      ofGlobals.set(name, symbols.push({ name, binding, type, visibility, size, ...place }));
    }
  }
  for (const input of inputs) {
    for (const symbol of input.file.symbols) {
      const number = isShared(input, symbol) ? ofGlobals.get(symbol.name) : undefined;
      if (number !== undefined) numbers.set(symbol, number);
    }
  }
  return { symbols, localCount, numbers };
}

/** Where a symbol is in the output; `undefined` where its section is left out. */
export function placeSymbol(
  layout: Layout,
  input: Input,
  symbol: ElfSymbol,
): Pick<OutputSymbol, "section" | "value"> | undefined {
  const { section, value } = symbol;
  if (isExtern(symbol) || section >= SHN_LORESERVE) return { section, value };
  const placement = layout.placements.get(input)?.byNumber.get(section);
  return placement && { section: placement.section, value: placement.offset + value };
}
