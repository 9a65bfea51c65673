import { BtfError } from "../errors.ts";
import type { Btf } from "./btf.ts";
import { BtfBuilder } from "./build.ts";
import { intType } from "./int_type.ts";
import type { BtfSection, BtfType, NewBtfType } from "./types.ts";

/** What a kernel knows of BTF. */
export interface BtfFeatures {
  /** `BTF_KIND_FUNC` and `BTF_KIND_FUNC_PROTO`. Since Linux 5.0. */
  readonly functions: boolean;
  /** Functions that are not static. Since Linux 5.6. */
  readonly globalFunctions: boolean;
  /** `BTF_KIND_VAR` and `BTF_KIND_DATASEC`. Since Linux 5.2. */
  readonly sections: boolean;
  /** Sections whose name starts with a question mark, as those of optional struct_ops maps. Since Linux 6.12. */
  readonly questionMarks: boolean;
  /** `BTF_KIND_FLOAT`. Since Linux 5.13. */
  readonly floats: boolean;
  /** `BTF_KIND_DECL_TAG`. Since Linux 5.16. */
  readonly declTags: boolean;
  /** `BTF_KIND_TYPE_TAG`. Since Linux 5.17. */
  readonly typeTags: boolean;
  /** `BTF_KIND_ENUM64`, and the sign of enums. Since Linux 6.0. */
  readonly enum64: boolean;
}

/**
 * Replaces what a kernel does not know by what it does, so that it takes the rest, as libbpf does
 * (`bpf_object__sanitize_btf`).
 *
 * All ids stay; types are only added after the last one. Returns the same BTF where nothing has to change. It is for
 * the kernel alone: the loader goes on with the original.
 *
 * @throws {BtfError} A record is malformed.
 */
export function sanitizeBtf(btf: Btf, features: BtfFeatures): Btf {
  const types: NewBtfType[] = [];
  let changed = false;
  let placeholders = false;
  for (const type of btf.types()) {
    if (type.kind === "void") continue;
    const known = sanitize(btf, type, features);
    changed ||= known !== type;
    placeholders ||= type.kind === "enum" && known.kind === "union";
    types.push(known);
  }
  if (!changed) return btf;
  // The members that stand for the values of 64-bit enums refer to it
  if (placeholders) types.push(placeholder("enum64_placeholder"));
  const builder = new BtfBuilder({ stringsOf: btf, ...(btf.base && { base: btf.base }) });
  for (const type of types) builder.add(type);
  return builder.build({ byteOrder: btf.byteOrder });
}

function sanitize(btf: Btf, type: Exclude<BtfType, { kind: "void" }>, features: BtfFeatures): NewBtfType {
  const { name } = type;
  switch (type.kind) {
    case "variable":
      return features.sections ? type : placeholder(name);
    case "declTag":
      return features.declTags ? type : placeholder(name);
    case "section":
      if (!features.sections) return structOfSection(btf, type);
      if (features.questionMarks || !name.startsWith("?")) return type;
      return { ...type, name: name.replace("?", "_") };
    case "prototype": {
      if (features.functions) return type;
      const values = type.parameters.map((each) => ({ name: each.name, value: BigInt(each.typeId) }));
      return { kind: "enum", name, size: 4, signed: false, is64: false, values };
    }
    case "function":
      if (!features.functions) return { kind: "typedef", name, typeId: type.typeId };
      return features.globalFunctions || type.linkage === "static" ? type : { ...type, linkage: "static" };
    case "float":
      // C has no struct of the name "float"
      return features.floats ? type : { kind: "struct", name: "", size: type.size, members: [] };
    case "typeTag":
      return features.typeTags ? type : { kind: "const", name: "", typeId: type.typeId };
    case "enum": {
      if (features.enum64 || !type.is64 && !type.signed) return type;
      if (!type.is64) {
        const values = type.values.map((each) => ({ ...each, value: BigInt.asUintN(32, each.value) }));
        return { ...type, signed: false, values };
      }
      const members = type.values.map((each) => ({
        name: each.name,
        typeId: btf.count,
        bitOffset: 0,
        bitSize: 0,
      }));
      return { kind: "union", name, size: type.size, members };
    }
    default:
      return type;
  }
}

/** One byte, since the kernel refuses a variable in a section that is smaller than its type. */
function placeholder(name: string): NewBtfType {
  return intType(name, 1, false);
}

function structOfSection(btf: Btf, { id, name, size, entries }: BtfSection): NewBtfType {
  const members = entries.map(({ typeId, offset }) => {
    const bitOffset = offset * 8;
    if (bitOffset > 0xffff_ffff) {
      throw new BtfError(
        `Cannot make a struct of BTF section ${id} "${name}": it has an offset of ${offset}`,
      );
    }
    return { name: btf.nameOf(typeId), typeId, bitOffset, bitSize: 0 };
  });
  return { kind: "struct", name: name.replace(/[.?]/g, "_"), size, members };
}
