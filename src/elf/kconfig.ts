import { alignOf, type Btf, sizeOf, skipModifiers } from "../btf/core.ts";
import type { KconfigSpec, MapSpec } from "../spec/mod.ts";
import { BPF_MAP_FLAG, BPF_MAP_TYPE } from "../uapi/mod.ts";
import { SHN_UNDEF, STB_WEAK } from "./_constants.ts";
import type { ElfFile } from "./file.ts";

/** The section of the types, and the map, of variables that are set from the kernel's configuration. */
export const KCONFIG = ".kconfig";

/**
 * Reads what is declared `__kconfig` and gives each variable its place. They have none in the object; the order is
 * libbpf's (`bpf_object__collect_externs` of `libbpf.c`): largest alignment first, then the smallest, then by name.
 *
 * @throws {ElfError} A variable is of a type that no part of the configuration has.
 */
export function readKconfig(file: ElfFile, btf: Btf): KconfigSpec[] {
  const declared = btf.find(KCONFIG, "section")?.entries ?? [];
  if (declared.length === 0) return [];
  const weak = new Set<string>();
  for (const { name, section, binding } of file.symbols) {
    if (section === SHN_UNDEF && binding === STB_WEAK) weak.add(name);
  }
  const variables = declared.map(({ typeId: id }) => {
    const variable = btf.type(id);
    if (variable.kind !== "variable") {
      throw file.error(`section "${KCONFIG}" declares a ${variable.kind} "${variable.name}"`);
    }
    const { name, typeId } = variable;
    const kind = kindOf(btf, typeId);
    if (kind === undefined) throw file.error(`variable "${name}" is of no type that __kconfig can have`);
    return {
      name,
      size: sizeOf(btf, typeId),
      align: alignOf(btf, typeId),
      typeId,
      kind,
      signed: isSigned(btf, typeId),
      weak: weak.has(name),
    };
  });
  variables.sort((a, b) => b.align - a.align || a.size - b.size || (a.name < b.name ? -1 : 1));
  let end = 0;
  return variables.map(({ align, ...variable }) => {
    const offset = Math.ceil(end / align) * align;
    end = offset + variable.size;
    return { ...variable, offset };
  });
}

/** The map of the variables; none where there are no variables. */
export function kconfigMap(variables: readonly KconfigSpec[], btf: Btf | undefined): MapSpec[] {
  const last = variables.at(-1);
  if (last === undefined) return [];
  return [{
    name: KCONFIG,
    type: BPF_MAP_TYPE.ARRAY,
    keySize: 4,
    valueSize: last.offset + last.size,
    maxEntries: 1,
    // As libbpf: mapped, so that it can be read back, and read-only for programs.
    flags: BPF_MAP_FLAG.RDONLY_PROG | BPF_MAP_FLAG.MMAPABLE,
    mapExtra: 0n,
    pinning: "none",
    keyTypeId: 0,
    valueTypeId: btf?.find(KCONFIG, "section")?.id ?? 0,
    frozen: true,
    autocreate: true,
    kconfig: variables,
  }];
}

/** As `find_kcfg_type` of `libbpf.c`. */
function kindOf(btf: Btf, typeId: number): KconfigSpec["kind"] | undefined {
  const type = skipModifiers(btf, typeId);
  switch (type.kind) {
    case "int":
      if (type.bool) return type.size === 1 ? "bool" : undefined;
      if (type.size === 1) return "char";
      return [2, 4, 8].includes(type.size) ? "int" : undefined;
    case "enum":
      return type.name === "libbpf_tristate" && (type.is64 || type.size === 4) ? "tristate" : undefined;
    case "array": {
      const element = skipModifiers(btf, type.typeId);
      const text = element.kind === "int" && element.size === 1 && !element.bool;
      return text && type.length > 0 ? "string" : undefined;
    }
    default:
      return undefined;
  }
}

function isSigned(btf: Btf, typeId: number): boolean {
  const type = skipModifiers(btf, typeId);
  return type.kind === "int" && type.signed;
}
