/** Writes types as `bpftool btf dump … format raw` does, so that both readings can be compared line by line. */
import type { Btf, BtfType } from "../../src/btf/mod.ts";

const KINDS = {
  void: "UNKN",
  int: "INT",
  pointer: "PTR",
  array: "ARRAY",
  struct: "STRUCT",
  union: "UNION",
  enum: "ENUM",
  forward: "FWD",
  typedef: "TYPEDEF",
  volatile: "VOLATILE",
  const: "CONST",
  restrict: "RESTRICT",
  function: "FUNC",
  prototype: "FUNC_PROTO",
  variable: "VAR",
  section: "DATASEC",
  float: "FLOAT",
  declTag: "DECL_TAG",
  typeTag: "TYPE_TAG",
} as const;

/** The own types of some BTF, a line for each and for each of their parts. */
export function dumpLines(btf: Btf): string[] {
  const lines: string[] = [];
  for (const type of btf.types()) {
    lines.push(`[${type.id}] ${headKind(type)} ${quoted(type.name)}${head(type)}`);
    for (const part of parts(btf, type)) lines.push(`\t${part}`);
  }
  return lines;
}

function quoted(name: string): string {
  return `'${name === "" ? "(anon)" : name}'`;
}

function headKind(type: BtfType): string {
  return type.kind === "enum" && type.is64 ? "ENUM64" : KINDS[type.kind];
}

function head(type: BtfType): string {
  switch (type.kind) {
    case "int": {
      const encoding = type.signed ? "SIGNED" : type.char ? "CHAR" : type.bool ? "BOOL" : "(none)";
      return ` size=${type.size} bits_offset=${type.bitOffset} nr_bits=${type.bits} encoding=${encoding}`;
    }
    case "pointer":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "typeTag":
      return ` type_id=${type.typeId}`;
    case "array":
      return ` type_id=${type.typeId} index_type_id=${type.indexTypeId} nr_elems=${type.length}`;
    case "struct":
    case "union":
      return ` size=${type.size} vlen=${type.members.length}`;
    case "enum":
      return ` encoding=${type.signed ? "SIGNED" : "UNSIGNED"} size=${type.size} vlen=${type.values.length}`;
    case "forward":
      return ` fwd_kind=${type.union ? "union" : "struct"}`;
    case "function":
      return ` type_id=${type.typeId} linkage=${type.linkage}`;
    case "variable":
      return ` type_id=${type.typeId}, linkage=${type.linkage}`;
    case "prototype":
      return ` ret_type_id=${type.returnTypeId} vlen=${type.parameters.length}`;
    case "section":
      return ` size=${type.size} vlen=${type.entries.length}`;
    case "float":
      return ` size=${type.size}`;
    case "declTag":
      return ` type_id=${type.typeId} component_idx=${type.component}`;
    case "void":
      return "";
  }
}

function parts(btf: Btf, type: BtfType): string[] {
  switch (type.kind) {
    case "struct":
    case "union":
      return type.members.map(({ name, typeId, bitOffset, bitSize }) =>
        `${quoted(name)} type_id=${typeId} bits_offset=${bitOffset}` +
        (bitSize === 0 ? "" : ` bitfield_size=${bitSize}`)
      );
    case "enum": {
      const suffix = type.is64 ? (type.signed ? "LL" : "ULL") : "";
      return type.values.map(({ name, value }) => `${quoted(name)} val=${value}${suffix}`);
    }
    case "prototype":
      return type.parameters.map(({ name, typeId }) => `${quoted(name)} type_id=${typeId}`);
    case "section":
      return type.entries.map(({ typeId, offset, size }) => {
        const entry = btf.type(typeId);
        return `type_id=${typeId} offset=${offset} size=${size} (${KINDS[entry.kind]} '${entry.name}')`;
      });
    default:
      return [];
  }
}
