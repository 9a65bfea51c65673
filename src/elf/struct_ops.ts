import { type Btf, type BtfComposite, skipModifiers } from "../btf/core.ts";
import type { MapSpec, StructOpsFunction } from "../spec/mod.ts";
import { BPF_MAP_FLAG, BPF_MAP_TYPE, BPF_PROG_TYPE } from "../uapi/mod.ts";
import { findContaining } from "./_containing.ts";
import type { ElfError } from "../errors.ts";
import type { ElfFile, ElfRelocation, ElfSection } from "./file.ts";
import { type FunctionTable, isProgram } from "./functions.ts";
import type { Layout } from "./layout.ts";
import { taggedWith } from "./maps.ts";
import { parseSectionName } from "./sections.ts";
import type { ObjectTypes } from "./types.ts";

const POINTER_SIZE = 8;

/**
 * Reads the structs that programs implement: a map for each variable (`init_struct_ops_maps` and
 * `bpf_object__collect_st_ops_relos` of `libbpf.c`).
 *
 * @throws {ElfError} A variable is no struct with a name, or a member is no function that a program implements.
 */
export function readStructOps(
  file: ElfFile,
  layout: Layout,
  types: ObjectTypes | undefined,
  functions: FunctionTable,
): MapSpec[] {
  return layout.structOps.flatMap((section) => {
    const variables = types?.btf.find(section.name, "section");
    if (types === undefined || variables === undefined) {
      throw file.error(`section "${section.name}" needs BTF: compile with -g`, section.offset);
    }
    const table = layout.relocations.get(section.index);
    const pointers = table === undefined ? [] : file.relocationsIn(table);
    const structs = variables.entries.map(({ typeId, offset }) => {
      const struct = structOf(file, types.btf, typeId);
      if (offset + struct.size > section.size) {
        throw file.error(`"${types.btf.nameOf(typeId)}" is outside of "${section.name}"`, section.offset);
      }
      return { struct, typeId, offset, size: struct.size, pointers: [] as ElfRelocation[] };
    }).sort((a, b) => a.offset - b.offset);
    for (const pointer of pointers) {
      const owner = findContaining(structs, pointer.offset, POINTER_SIZE);
      if (owner === undefined) {
        throw file.error(
          `a function at ${pointer.offset} of "${section.name}" is in no struct`,
          table?.offset,
        );
      }
      owner.pointers.push(pointer);
    }
    return structs.map(({ struct, typeId, offset, size, pointers }) => ({
      ...structMap(section, types.btf.nameOf(typeId), struct),
      structOps: {
        typeId: struct.id,
        contents: file.bytesOf(section).subarray(offset, offset + size),
        functions: readFunctions(file, types.btf, struct, offset, pointers, functions),
      },
      ...taggedWith(types.tags.get(typeId)),
    }));
  });
}

function structOf(file: ElfFile, btf: Btf, variableId: number): BtfComposite {
  const variable = btf.type(variableId);
  const type = variable.kind === "variable" ? skipModifiers(btf, variable.typeId) : variable;
  if (type.kind !== "struct" || type.name === "") {
    throw file.error(`"${variable.name}" is for struct_ops, and no struct with a name`);
  }
  return type;
}

function structMap(section: ElfSection, name: string, struct: BtfComposite): MapSpec {
  const autocreate = !section.name.startsWith("?");
  return {
    name,
    type: BPF_MAP_TYPE.STRUCT_OPS,
    keySize: 4,
    valueSize: struct.size,
    maxEntries: 1,
    flags: section.name.endsWith(".link") ? BPF_MAP_FLAG.LINK : 0,
    mapExtra: 0n,
    pinning: "none",
    keyTypeId: 0,
    valueTypeId: struct.id,
    frozen: false,
    autocreate,
  };
}

function readFunctions(
  file: ElfFile,
  btf: Btf,
  struct: BtfComposite,
  start: number,
  pointers: readonly ElfRelocation[],
  functions: FunctionTable,
): StructOpsFunction[] {
  const fail = (state: string): ElfError => file.error(`struct "${struct.name}" ${state}`);
  const members = new Map(struct.members.map((member) => [member.bitOffset, member]));
  return pointers.map(({ offset: at, symbol }) => {
    const offset = at - start;
    const member = members.get(offset * 8);
    if (member === undefined) throw fail(`has a function at ${offset}, where no member starts`);
    const pointer = skipModifiers(btf, member.typeId);
    if (pointer.kind !== "pointer" || skipModifiers(btf, pointer.typeId).kind !== "prototype") {
      throw fail(`has a function in "${member.name}", which is no pointer to one`);
    }
    const place = functions.at(symbol.section, symbol.value);
    if (place === undefined || !isProgram(place) || !isStructOps(place.section.name)) {
      throw fail(`has "${symbol.name}" in "${member.name}", which is no program in a section "struct_ops"`);
    }
    return { member: member.name, offset, program: place.name };
  });
}

function isStructOps(section: string): boolean {
  return parseSectionName(section).type === BPF_PROG_TYPE.STRUCT_OPS;
}
