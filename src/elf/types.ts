import {
  type Btf,
  type BtfDeclTag,
  type BtfFunction,
  type BtfSection,
  type BtfVariable,
  type ExtInfo,
  parseBtf,
  parseExtInfo,
  patchBtf,
} from "../btf/core.ts";
import type { KconfigSpec } from "../spec/mod.ts";
import { STB_LOCAL, STT_FUNC, STT_OBJECT, STV_HIDDEN, STV_INTERNAL } from "./_constants.ts";
import type { ElfFile, ElfSymbol } from "./file.ts";
import { KCONFIG, readKconfig } from "./kconfig.ts";
import type { Layout } from "./layout.ts";

/** The types of an object, and what they say about its instructions. */
export interface ObjectTypes {
  /** With the sizes, offsets and linkages that only the symbols tell filled in. */
  readonly btf: Btf;
  readonly info?: ExtInfo;
  /** The decl tags of functions and variables, by the ids of these. */
  readonly tags: ReadonlyMap<number, readonly string[]>;
  /** With the places that {@linkcode ObjectTypes.btf} gives them. */
  readonly kconfig: readonly KconfigSpec[];
}

/**
 * Reads `.BTF` and `.BTF.ext`; `undefined` where the object has no BTF.
 *
 * @throws {BtfError} One of them is malformed.
 * @throws {ElfError} They and the symbols contradict each other.
 */
export function readTypes(file: ElfFile, layout: Layout): ObjectTypes | undefined {
  const section = layout.named.get(".BTF");
  if (section === undefined) return undefined;
  const raw = file.parsing(section, (bytes) => parseBtf(bytes));
  const ext = layout.named.get(".BTF.ext");
  const kconfig = readKconfig(file, raw);
  const btf = patchBtf(raw, changes(file, raw, kconfig));
  const info = ext === undefined ? {} : { info: file.parsing(ext, (bytes) => parseExtInfo(bytes, btf)) };
  return { btf, ...info, tags: collectTags(btf), kconfig };
}

function collectTags(btf: Btf): Map<number, string[]> {
  const tags = new Map<number, string[]>();
  for (let id = btf.firstId; id < btf.count; id++) {
    if (btf.kindOf(id) !== "declTag") continue;
    const { typeId, component, name } = btf.type(id) as BtfDeclTag;
    if (component !== -1) continue;
    const kind = btf.kindOf(typeId);
    if (kind !== "function" && kind !== "variable") continue;
    const found = tags.get(typeId);
    if (found === undefined) tags.set(typeId, [name]);
    else found.push(name);
  }
  return tags;
}

/** Whether only this object may see a symbol. */
export function isHidden(symbol: ElfSymbol): boolean {
  return symbol.visibility === STV_HIDDEN || symbol.visibility === STV_INTERNAL;
}

/** What has to change before the kernel takes the types (`btf_fixup_datasec` of `libbpf.c`). */
function changes(
  file: ElfFile,
  btf: Btf,
  kconfig: readonly KconfigSpec[],
): (BtfSection | BtfVariable | BtfFunction)[] {
  const variables = new Map<string, ElfSymbol>();
  const hiddenFunctions = new Set<string>();
  const sizes = new Map(file.sections.map(({ name, size }) => [name, size]));
  for (const symbol of file.symbols) {
    if (symbol.binding === STB_LOCAL) continue;
    if (symbol.type === STT_OBJECT) variables.set(symbol.name, symbol);
    if (symbol.type === STT_FUNC && isHidden(symbol)) hiddenFunctions.add(symbol.name);
  }

  const kconfigSection = btf.find(KCONFIG, "section")?.id;
  const changes: (BtfSection | BtfVariable | BtfFunction)[] = [];
  for (let id = btf.firstId; id < btf.count; id++) {
    const kind = btf.kindOf(id);
    if (kind === "section") {
      const section = btf.type(id) as BtfSection;
      if (id === kconfigSection) {
        changes.push(...placeKconfig(btf, section, kconfig));
      } else if (section.name !== ".ksyms") {
        // What stands for functions and variables of the kernel is up to the loader.
        changes.push(...placeVariables(file, btf, { section, sizes, variables }));
      }
    } else if (kind === "function" && hiddenFunctions.has(btf.nameOf(id))) {
      // The verifier looks at static functions with what their callers know.
      changes.push({ ...btf.type(id) as BtfFunction, linkage: "static" });
    }
  }
  return changes;
}

/** Compilers leave the size of a section 0, and the offsets of its global variables; linkers fill both in. */
function placeVariables(
  file: ElfFile,
  btf: Btf,
  { section, sizes, variables }: {
    readonly section: BtfSection;
    /** Of the file's sections. */
    readonly sizes: ReadonlyMap<string, number>;
    /** The symbols of variables. */
    readonly variables: ReadonlyMap<string, ElfSymbol>;
  },
): (BtfSection | BtfVariable)[] {
  const changes: (BtfSection | BtfVariable)[] = [];
  const size = section.size || sizes.get(section.name);
  const entries = section.entries.map((entry) => {
    const variable = btf.type(entry.typeId);
    if (variable.kind !== "variable") {
      throw file.error(`section "${section.name}" has a ${variable.kind} among its variables`);
    }
    if (variable.linkage === "extern") {
      throw file.error(`"${variable.name}" is only declared: link the object that defines it`);
    }
    if (variable.linkage === "static") return entry;
    const symbol = variables.get(variable.name);
    if (symbol === undefined) throw file.error(`variable "${variable.name}" has no symbol`);
    if (isHidden(symbol)) changes.push({ ...variable, linkage: "static" });
    return section.size === 0 ? { ...entry, offset: symbol.value } : entry;
  });
  if (size === undefined) throw file.error(`section "${section.name}" is in the BTF alone`);
  return [...changes, { ...section, size, entries }];
}

/** The kernel takes no `extern` variables; these are those of a map. */
function placeKconfig(
  btf: Btf,
  section: BtfSection,
  kconfig: readonly KconfigSpec[],
): (BtfSection | BtfVariable)[] {
  const offsets = new Map(kconfig.map(({ name, offset }) => [name, offset]));
  const last = kconfig.at(-1);
  const entries = section.entries.map((entry) => ({
    ...entry,
    offset: offsets.get(btf.nameOf(entry.typeId)) ?? 0,
  }));
  const variables = section.entries.map(({ typeId }): BtfVariable => ({
    ...btf.type(typeId) as BtfVariable,
    linkage: "global",
  }));
  return [...variables, { ...section, size: last === undefined ? 0 : last.offset + last.size, entries }];
}
