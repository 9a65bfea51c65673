import { BtfBuilder, type BtfSectionEntry, type BtfType, dedupBtf } from "../btf/mod.ts";
import { type Declaration, EXTERN_SECTION } from "./declarations.ts";
import { encodeInfo } from "./ext_info.ts";
import { type Global, isExtern } from "./globals.ts";
import { type Input, refusal } from "./input.ts";
import type { Layout, Placement } from "./sections.ts";
import { placeSymbol } from "./symbol_table.ts";

/** The types of the output. */
export interface MergedTypes {
  /** The bytes of `.BTF`. */
  readonly btf: Uint8Array;
  /** The bytes of `.BTF.ext`. */
  readonly info: Uint8Array | undefined;
}

/**
 * Merges the types of all inputs, each of which stays once (`linker_append_btf` and `finalize_btf` of libbpf's
 * `linker.c`).
 *
 * @returns `undefined` where no input has types.
 * @throws {BtfError} A type is malformed.
 * @throws {ElfError} Types and sections contradict each other.
 */
export function mergeTypes(
  inputs: readonly Input[],
  layout: Layout,
  globals: ReadonlyMap<string, Global>,
): MergedTypes | undefined {
  const copies = new TypeCopies(globals);
  for (const input of inputs) copies.add(input);
  if (copies.builder.count === 1) return undefined;
  for (const [name, entries] of sectionEntries(inputs, layout, copies)) {
    const size = layout.sections.get(name)?.size ?? 0;
    copies.builder.add({ kind: "section", name, size, entries });
  }
  const byteOrder = inputs[0]?.file.byteOrder ?? "little";
  const unique = dedupBtf(copies.builder.build({ byteOrder }));

  const builder = new BtfBuilder();
  for (const type of unique.btf.types()) {
    if (type.kind !== "void") builder.add(type);
  }
  const info = encodeInfo(inputs, layout, {
    typeOf: (input, id) => unique.ids[copies.idOf(input, id)] ?? 0,
    stringOf: (text) => builder.addString(text),
  });
  return { btf: builder.encode({ byteOrder }), info };
}

/** The types of all inputs one after the other, but what a name means to all of them once. */
class TypeCopies {
  readonly builder: BtfBuilder = new BtfBuilder();
  readonly globals: ReadonlyMap<string, Global>;
  readonly #ofGlobals: Map<Global, number> = new Map();
  /** For each input, and each of its ids as index, the id here. */
  readonly #ids: Map<Input, Uint32Array> = new Map();

  constructor(globals: ReadonlyMap<string, Global>) {
    this.globals = globals;
  }

  /** The id of a type of an input here; 0 where it is left out. */
  idOf(input: Input, id: number): number {
    return this.#ids.get(input)?.[id] ?? 0;
  }

  /** Copies the types of an input, but for sections. */
  add(input: Input): void {
    const { btf } = input;
    if (btf === undefined) return;
    const ids = new Uint32Array(btf.count);
    this.#ids.set(input, ids);
    for (let id = 1; id < btf.count; id++) {
      const type: BtfType = btf.type(id);
      if (type.kind !== "variable" && type.kind !== "function") continue;
      const global: Global | undefined = type.linkage === "static" ? undefined : this.globals.get(type.name);
      if (global !== undefined) {
        ids[id] = this.#addGlobal(global);
        // What a declaration leaves out, as the names of parameters, would make another type of it
        const winner: Declaration = global.declaration;
        if (winner.btf !== btf && type.kind === "function") {
          ids[type.typeId] = this.builder.copy(winner.btf, winner.type.typeId);
        }
      } else if (type.linkage === "static" || type.kind === "function") {
        ids[id] = this.builder.copy(btf, id);
      }
    }
    for (let id = 1; id < btf.count; id++) {
      const kind = btf.kindOf(id);
      const isDone = kind === "variable" || kind === "function" || kind === "section" || kind === "declTag";
      if (!isDone && ids[id] === 0) ids[id] = this.builder.copy(btf, id);
    }
    for (let id = 1; id < btf.count; id++) {
      const tag = btf.type(id);
      if (tag.kind !== "declTag") continue;
      const typeId = ids[tag.typeId];
      if (typeId) ids[id] = this.builder.add({ ...tag, typeId });
    }
  }

  #addGlobal(global: Global): number {
    let id = this.#ofGlobals.get(global);
    if (id === undefined) {
      const { btf, type } = global.declaration;
      const typeId = this.builder.copy(btf, type.typeId);
      this.#ofGlobals.set(global, id = this.builder.add({ ...type, typeId }));
    }
    return id;
  }
}

/** What is in the sections of the output, by their names: of what several inputs declare, what won. */
function sectionEntries(
  inputs: readonly Input[],
  layout: Layout,
  copies: TypeCopies,
): Map<string, BtfSectionEntry[]> {
  const all = new Map<string, BtfSectionEntry[]>();
  for (const input of inputs) {
    for (const section of input.btf?.types() ?? []) {
      if (section.kind !== "section" || section.name === EXTERN_SECTION) continue;
      const placement = layout.placements.get(input)?.byName.get(section.name);
      let entries = all.get(section.name);
      if (entries === undefined) all.set(section.name, entries = []);
      for (const entry of section.entries) {
        const offset = placeEntry(input, layout, copies.globals, placement, entry);
        if (offset === undefined) continue;
        entries.push({ typeId: copies.idOf(input, entry.typeId), offset, size: entry.size });
      }
    }
  }
  for (const entries of all.values()) entries.sort((a, b) => a.offset - b.offset);
  return all;
}

/** Where a variable is in its section of the output, in bytes; `undefined` where it is none of the output. */
function placeEntry(
  input: Input,
  layout: Layout,
  globals: ReadonlyMap<string, Global>,
  placement: Placement | undefined,
  { typeId, offset, size }: BtfSectionEntry,
): number | undefined {
  const type = input.btf?.type(typeId);
  if (type?.kind !== "variable" && type?.kind !== "function") {
    throw refusal(input.file, `a section has a ${type?.kind} among its variables`);
  }
  if (type.linkage === "static") {
    if (placement !== undefined && offset + size > placement.size) {
      throw refusal(input.file, `variable "${type.name}" is outside of "${placement.section.name}"`);
    }
    return placement && placement.offset + offset;
  }
  const global = globals.get(type.name);
  if (global?.declaration.input !== input || global.declaration.type.id !== typeId) return undefined;
  return isExtern(global.symbol) ? 0 : placeSymbol(layout, input, global.symbol)?.value;
}
