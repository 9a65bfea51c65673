import type { ElfSymbol } from "../elf/mod.ts";
import { SHN_LORESERVE, SHN_UNDEF, STB_GLOBAL, STB_LOCAL, STB_WEAK } from "./_elf.ts";
import { incompatibility } from "./compatible.ts";
import { type Declaration, Declarations, EXTERN_SECTION } from "./declarations.ts";
import { type Input, refusal } from "./input.ts";
import { mapIncompatibility } from "./map_definition.ts";
import type { Layout } from "./sections.ts";

/** Tables of instructions to jump to, since LLVM 22. Their symbols have no types, and each is for its own object. */
export const JUMP_TABLES_SECTION = ".jumptables";

/** A symbol that all objects mean by a name: of those that have it, the one that won. */
export interface Global {
  readonly declaration: Declaration;
  readonly symbol: ElfSymbol;
  /** The name of the section; `undefined` where it is declared for none. */
  readonly section: string | undefined;
  /** `STB_…`: weak where it is in all objects. */
  readonly binding: number;
  /** `STV_…`: hidden where it is in one object. */
  readonly visibility: number;
}

/** Whether a symbol is shared with other objects. */
export function isShared(input: Input, { binding, section }: ElfSymbol): boolean {
  return binding !== STB_LOCAL && input.file.sections[section]?.name !== JUMP_TABLES_SECTION;
}

/** Whether a symbol is only declared. */
export function isExtern({ section }: ElfSymbol): boolean {
  return section === SHN_UNDEF;
}

/**
 * Finds for each name which object defines it (`linker_append_elf_sym` of libbpf's `linker.c`). What none defines stays
 * declared, for the kernel, its configuration or a later linker to define.
 *
 * @returns By name, in the order in which the names appear.
 * @throws {ElfError} A symbol has two definitions and neither is weak, or is not the same thing in all objects.
 */
export function resolveGlobals(inputs: readonly Input[], layout: Layout): Map<string, Global> {
  const globals = new Map<string, Global>();
  for (const input of inputs) {
    const declarations = new Declarations(input);
    const placements = layout.placements.get(input)?.byNumber;
    for (const symbol of input.file.symbols) {
      if (!isShared(input, symbol)) continue;
      const placement = placements?.get(symbol.section);
      const isPlaced = isExtern(symbol) || symbol.section >= SHN_LORESERVE || placement !== undefined;
      if (!isPlaced) continue;
      const declaration = declarations.find(symbol.name);
      const section = isExtern(symbol)
        ? declaration.section === EXTERN_SECTION ? undefined : declaration.section
        : placement?.section.name;
      const { binding, visibility } = symbol;
      const next = { declaration, symbol, section, binding, visibility };
      const present = globals.get(symbol.name);
      globals.set(symbol.name, present === undefined ? next : unite(present, next));
    }
  }
  return globals;
}

/** What two objects mean by a name, when the first already stands for all before. */
function unite(present: Global, next: Global): Global {
  const { symbol: { name }, declaration: { input: { file } } } = next;
  const areDefined = !isExtern(next.symbol) && !isExtern(present.symbol);
  if (areDefined && present.symbol.binding !== STB_WEAK && next.symbol.binding !== STB_WEAK) {
    throw refusal(file, `"${name}" is defined in "${present.declaration.input.file.name}" too`);
  }
  const mayDiffer = areDefined || isAnywhere(present, next) || isAnywhere(next, present);
  if (present.section !== next.section && !mayDiffer) {
    const [before, here] = [present, next].map(({ section }) =>
      section === undefined ? "none" : `"${section}"`
    );
    throw refusal(file, `"${name}" is in section ${here}, and before in ${before}`);
  }
  const fault = difference(present, next);
  if (fault !== undefined) {
    throw refusal(file, `"${name}" is not that of "${present.declaration.input.file.name}": ${fault}`);
  }
  const wins = !isExtern(next.symbol) && (isExtern(present.symbol) || next.symbol.binding !== STB_WEAK);
  return {
    ...(wins ? next : present),
    binding: next.binding === STB_GLOBAL ? STB_GLOBAL : present.binding,
    visibility: Math.max(present.visibility, next.visibility),
  };
}

/** Whether one only declares, without a section, what the other defines. */
function isAnywhere(one: Global, other: Global): boolean {
  return isExtern(one.symbol) && one.section === undefined && !isExtern(other.symbol);
}

function difference(present: Global, next: Global): string | undefined {
  const compare = present.section === ".maps" ? mapIncompatibility : incompatibility;
  const place = ({ declaration: { btf, type } }: Global) => ({ btf, id: type.id });
  return compare(place(present), place(next));
}
