import { findContaining } from "./_containing.ts";
import type { MapSpec, MapValue } from "../spec/mod.ts";
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import type { ElfFile, ElfSymbol } from "./file.ts";
import { type FunctionTable, isProgram } from "./functions.ts";
import type { Layout } from "./layout.ts";
import type { DefinedMap } from "./maps.ts";

const POINTER_SIZE = 8;

/**
 * Adds to maps of maps and arrays of programs the elements that their definitions start with, which are pointers that
 * the relocations of `.maps` tell the targets of (`bpf_object__collect_map_relos` of `libbpf.c`).
 *
 * @throws {ElfError} An element is no map or program of the object, or of a map that can have none.
 */
export function addValues(
  file: ElfFile,
  layout: Layout,
  maps: readonly DefinedMap[],
  functions: FunctionTable,
): MapSpec[] {
  const section = layout.named.get(".maps");
  const table = section && layout.relocations.get(section.index);
  if (table === undefined) return maps.map(({ spec }) => spec);
  const values = new Map<DefinedMap, Map<number, MapValue>>();
  const sorted = maps.filter((map) => map.section === section?.index).sort((a, b) => a.offset - b.offset);
  const names = new Set(sorted.map(({ spec }) => spec.name));
  for (const { offset, symbol } of file.relocationsIn(table)) {
    const map = findContaining(sorted, offset, POINTER_SIZE);
    if (map === undefined) throw file.error(`a value at ${offset} of ".maps" is of no map`, table.offset);
    const index = (offset - map.offset - (map.valuesOffset ?? Infinity)) / POINTER_SIZE;
    if (!Number.isInteger(index) || index < 0) {
      throw file.error(`map "${map.spec.name}" has a value outside of "values"`, table.offset);
    }
    let elements = values.get(map);
    if (elements === undefined) values.set(map, elements = new Map());
    elements.set(index, { index, ...readElement(file, map, symbol, names, functions) });
  }
  return maps.map((map) => {
    const elements = values.get(map);
    if (elements === undefined) return map.spec;
    return { ...map.spec, values: [...elements.values()].sort((a, b) => a.index - b.index) };
  });
}

function readElement(
  file: ElfFile,
  { spec, section }: DefinedMap,
  symbol: ElfSymbol,
  maps: ReadonlySet<string>,
  functions: FunctionTable,
): Omit<MapValue, "index"> {
  if (spec.type === BPF_MAP_TYPE.PROG_ARRAY) {
    const target = functions.at(symbol.section, symbol.value);
    if (symbol.name === "" || target === undefined || !isProgram(target)) {
      throw file.error(`map "${spec.name}" holds "${symbol.name}", which is no program`);
    }
    return { kind: "program", name: target.name };
  }
  if (spec.type === BPF_MAP_TYPE.HASH_OF_MAPS && spec.keySize !== 4) {
    throw file.error(`map "${spec.name}" starts with values and has keys of ${spec.keySize} bytes, not 4`);
  }
  if (symbol.section !== section || !maps.has(symbol.name)) {
    throw file.error(`map "${spec.name}" holds "${symbol.name}", which is no map of ".maps"`);
  }
  return { kind: "map", name: symbol.name };
}
