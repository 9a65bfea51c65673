import { BtfError } from "../errors.ts";
import { declare } from "./_declare.ts";
import type { Btf } from "./btf.ts";
import type { BtfComposite, BtfType } from "./types.ts";

/** Longer chains of types than this are taken for cycles, as in libbpf (`MAX_RESOLVE_DEPTH`). */
const MAX_DEPTH = 32;

/** Enough for what people read; bounds the work that malformed BTF can ask for. */
const MAX_NAMED = 100;

/** BPF is a 64-bit machine, and so are the kernels that this library runs on. */
const POINTER_SIZE = 8;

/**
 * The type behind typedefs and qualifiers (`const`, `volatile`, `restrict`, type tags).
 *
 * @throws {BtfError} The chain is longer than 32 types, or leaves the BTF.
 */
export function skipModifiers(btf: Btf, id: number): BtfType {
  return skip(btf, id, true);
}

/**
 * The type behind qualifiers (`const`, `volatile`, `restrict`, type tags), which may be a typedef.
 *
 * @throws {BtfError} The chain is longer than 32 types, or leaves the BTF.
 */
export function skipQualifiers(btf: Btf, id: number): BtfType {
  return skip(btf, id, false);
}

function skip(btf: Btf, id: number, typedefs: boolean): BtfType {
  let type = btf.type(id);
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    switch (type.kind) {
      case "typedef":
        if (!typedefs) return type;
        break;
      case "const":
      case "volatile":
      case "restrict":
      case "typeTag":
        break;
      default:
        return type;
    }
    type = btf.type(type.typeId);
  }
  throw tooDeep(btf, id);
}

/**
 * The size of a value of a type, in bytes; of a variable, that of its type.
 *
 * @throws {BtfError} The type has no size, as `void`, functions and forward declarations, or one beyond 4 GiB.
 */
export function sizeOf(btf: Btf, id: number): number {
  let elements = 1;
  let type = btf.type(id);
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    switch (type.kind) {
      case "int":
      case "struct":
      case "union":
      case "enum":
      case "float":
      case "section":
        return checkedSize(btf, id, elements * type.size);
      case "pointer":
        return checkedSize(btf, id, elements * POINTER_SIZE);
      case "array":
        elements = checkedSize(btf, id, elements * type.length);
        break;
      case "typedef":
      case "const":
      case "volatile":
      case "restrict":
      case "typeTag":
      case "variable":
        break;
      default:
        throw new BtfError(`Cannot size BTF type ${id} "${typeName(btf, id)}": a ${type.kind} has no size`);
    }
    type = btf.type(type.typeId);
  }
  throw tooDeep(btf, id);
}

function checkedSize(btf: Btf, id: number, size: number): number {
  if (size <= 0xffff_ffff) return size;
  throw new BtfError(`Cannot size BTF type ${id} "${typeName(btf, id)}": it is larger than 4 GiB`);
}

/**
 * The alignment of a type in bytes, 1 to 8, worked out from its members; 1 for packed structs.
 *
 * @throws {BtfError} The type has no alignment, as `void`, functions and forward declarations.
 */
export function alignOf(btf: Btf, id: number): number {
  return alignAt(btf, id, { root: id, known: new Map() }, 0);
}

interface AlignSearch {
  readonly root: number;
  /** Keeps structs that share members from being gone through over and over. */
  readonly known: Map<number, number>;
}

function alignAt(btf: Btf, id: number, search: AlignSearch, depth: number): number {
  const { root, known } = search;
  if (depth > MAX_DEPTH) throw tooDeep(btf, root);
  const type = btf.type(id);
  switch (type.kind) {
    case "int":
    case "enum":
    case "float":
      return alignOfScalar(type.size);
    case "pointer":
      return POINTER_SIZE;
    case "array":
    case "typedef":
    case "const":
    case "volatile":
    case "restrict":
    case "typeTag":
    case "variable":
      return alignAt(btf, type.typeId, search, depth + 1);
    case "struct":
    case "union": {
      let align = known.get(id);
      if (align === undefined) known.set(id, align = alignOfComposite(btf, type, search, depth));
      return align;
    }
    default:
      throw new BtfError(
        `Cannot align BTF type ${root} "${typeName(btf, root)}": a ${type.kind} has no alignment`,
      );
  }
}

/** No more than that of a pointer, as in libbpf (`btf__align_of`). */
function alignOfScalar(size: number): number {
  return size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : 1;
}

/** A member off its alignment, or a size that is no multiple of it, tells that the struct is packed. */
function alignOfComposite(btf: Btf, type: BtfComposite, search: AlignSearch, depth: number): number {
  let largest = 1;
  for (const member of type.members) {
    const align = alignAt(btf, member.typeId, search, depth + 1);
    if (member.bitSize === 0 && member.bitOffset % (align * 8) !== 0) return 1;
    largest = Math.max(largest, align);
  }
  return type.size % largest === 0 ? largest : 1;
}

/**
 * The name of a type as C writes it: `struct sock *`, `char[16]`, `int (*)(void *)`.
 *
 * Made for messages: anonymous types are `struct {…}`, and of what names over 100 types the rest is `…`.
 *
 * @throws {BtfError} A record on the way is malformed.
 */
export function typeName(btf: Btf, id: number): string {
  let left = MAX_NAMED;
  return declare(btf, id, "", { spend: () => left-- > 0, write: baseName });
}

function baseName(type: BtfType): string {
  switch (type.kind) {
    case "struct":
    case "union":
    case "enum":
      return `${type.kind} ${type.name || "{…}"}`;
    case "forward":
      return `${type.union ? "union" : "struct"} ${type.name}`;
    case "void":
      return "void";
    default:
      return type.name;
  }
}

function tooDeep(btf: Btf, id: number): BtfError {
  return new BtfError(
    `Cannot resolve BTF type ${id} "${btf.nameOf(id)}": it is a chain of over ${MAX_DEPTH} types`,
  );
}
