import type { BtfVariable } from "../btf/core.ts";
import type { MapSpec, VariableSpec } from "../spec/mod.ts";
import { BPF_MAP_FLAG, BPF_MAP_TYPE } from "../uapi/mod.ts";
import { SHT_NOBITS, STB_LOCAL, STT_OBJECT } from "./_constants.ts";
import type { ElfFile, ElfSection, ElfSymbol } from "./file.ts";
import { ARENA_SECTION, type Layout } from "./layout.ts";
import { taggedWith } from "./maps.ts";
import { isHidden, type ObjectTypes } from "./types.ts";

/**
 * Most bytes that a section without contents may ask for. The file itself bounds all others; a larger `.bss` than
 * this is a damaged header.
 */
const MAX_ZEROES = 1 << 28;

/** Global data: a map for each section, and the variables in them. */
export interface ObjectData {
  readonly maps: readonly MapSpec[];
  /** Those that other files may see, by section and offset. */
  readonly variables: readonly VariableSpec[];
}

/**
 * Reads the data sections. As with libbpf each is an array map with one value, mapped into memory where it has
 * variables that a user can name.
 *
 * @throws {ElfError} Two sections have one name, or a variable is outside of its section.
 */
export function readData(file: ElfFile, layout: Layout, types: ObjectTypes | undefined): ObjectData {
  const arena = layout.named.get(ARENA_SECTION);
  const sections = arena === undefined ? layout.data : [...layout.data, arena];
  const symbols = new Map<number, ElfSymbol[]>(sections.map(({ index }) => [index, []]));
  for (const symbol of file.symbols) {
    if (symbol.type === STT_OBJECT && symbol.binding !== STB_LOCAL && !isHidden(symbol)) {
      symbols.get(symbol.section)?.push(symbol);
    }
  }
  const maps = new Map<string, MapSpec>();
  const variables: VariableSpec[] = [];
  const read = (section: ElfSection) => readVariables(file, section, symbols.get(section.index) ?? [], types);
  for (const section of layout.data) {
    if (maps.has(section.name)) throw file.error(`it has section "${section.name}" twice`, section.offset);
    const found = read(section);
    const mapped = found.some(({ typeId }) => typeId !== 0);
    const valueTypeId = types?.btf.find(section.name, "section")?.id ?? 0;
    maps.set(section.name, dataMap(file, section, valueTypeId, mapped));
    for (const variable of found) variables.push(variable);
  }
  if (arena !== undefined) variables.push(...read(arena));
  return { maps: [...maps.values()], variables };
}

/**
 * Gives the arena of an object the variables in it.
 *
 * @throws {ElfError} The object has several arenas, or variables for one and none.
 */
export function addArenaData(file: ElfFile, layout: Layout, maps: readonly MapSpec[]): MapSpec[] {
  const [arena, second] = maps.filter(({ type }) => type === BPF_MAP_TYPE.ARENA);
  if (second !== undefined) throw file.error(`maps "${arena?.name}" and "${second.name}" are both arenas`);
  const section = layout.named.get(ARENA_SECTION);
  if (section === undefined) return [...maps];
  if (arena === undefined) {
    throw file.error(
      `it has variables of an arena and no map of the type BPF_MAP_TYPE_ARENA`,
      section.offset,
    );
  }
  return maps.map((map) => map === arena ? { ...map, arenaData: contentsOf(file, section) } : map);
}

function dataMap(file: ElfFile, section: ElfSection, valueTypeId: number, mapped: boolean): MapSpec {
  const readOnly = section.name.startsWith(".rodata");
  return {
    name: section.name,
    type: BPF_MAP_TYPE.ARRAY,
    keySize: 4,
    valueSize: section.size,
    maxEntries: 1,
    flags: (readOnly ? BPF_MAP_FLAG.RDONLY_PROG : 0) | (mapped ? BPF_MAP_FLAG.MMAPABLE : 0),
    mapExtra: 0n,
    pinning: "none",
    keyTypeId: 0,
    valueTypeId,
    contents: contentsOf(file, section),
    frozen: readOnly,
    autocreate: true,
  };
}

function readVariables(
  file: ElfFile,
  section: ElfSection,
  symbols: readonly ElfSymbol[],
  types: ObjectTypes | undefined,
): VariableSpec[] {
  const found = new Map<string, BtfVariable>();
  for (const { typeId } of types?.btf.find(section.name, "section")?.entries ?? []) {
    const variable = types?.btf.type(typeId);
    if (variable?.kind === "variable" && variable.linkage === "global") found.set(variable.name, variable);
  }
  return symbols.map(({ name, value: offset, size }) => {
    if (offset + size > section.size) throw file.error(`variable "${name}" is outside of "${section.name}"`);
    const variable = found.get(name);
    const tags = types?.tags.get(variable?.id ?? 0);
    return { name, section: section.name, offset, size, typeId: variable?.typeId ?? 0, ...taggedWith(tags) };
  }).sort((a, b) => a.offset - b.offset);
}

function contentsOf(file: ElfFile, section: ElfSection): Uint8Array {
  if (section.type !== SHT_NOBITS) return file.bytesOf(section);
  if (section.size <= MAX_ZEROES) return new Uint8Array(section.size);
  throw file.error(`section "${section.name}" takes ${section.size} bytes, more than ${MAX_ZEROES}`);
}
