import { type Btf, type BtfType, essentialName, skipModifiers } from "../btf/core.ts";
import { BtfError } from "../errors.ts";

/** How deep types are followed before they count as circular, as in libbpf. */
const MAX_LEVEL = 32;

/**
 * Whether a field of one type can be read as a field of the other: structs and unions mix, names, sizes and
 * signs do not count, but enums and forward declarations must have the same name where both have one
 * (`bpf_core_fields_are_compat` of libbpf's `relo_core.c`).
 */
export function fieldsAreCompatible(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  for (let level = 0; level < MAX_LEVEL; level++) {
    const ours = skipModifiers(local, localId);
    const theirs = skipModifiers(target, targetId);
    if (isComposite(ours) && isComposite(theirs)) return true;
    if (ours.kind !== theirs.kind) return false;
    if (ours.kind !== "array" || theirs.kind !== "array") return leavesAreCompatible(ours, theirs);
    localId = ours.typeId;
    targetId = theirs.typeId;
  }
  throw circular(local, localId);
}

function leavesAreCompatible(ours: BtfType, theirs: BtfType): boolean {
  switch (ours.kind) {
    case "pointer":
    case "float":
      return true;
    case "forward":
    case "enum": {
      const [a, b] = [essentialName(ours.name), essentialName(theirs.name)];
      return a === "" || b === "" || a === b;
    }
    case "int":
      return isPlainInt(ours) && isPlainInt(theirs);
    default:
      return false;
  }
}

/**
 * Whether two types that have the same name are of the same shape: names, sizes and signs below the root do
 * not count, kinds and the number of a function's parameters do (`bpf_core_types_are_compat` of libbpf).
 *
 * @throws {BtfError} A type is circular, or nested too deep.
 */
export function typesAreCompatible(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  if (local.kindOf(localId) !== target.kindOf(targetId)) return false;
  return areCompatible(local, localId, target, targetId, MAX_LEVEL);
}

function areCompatible(local: Btf, localId: number, target: Btf, targetId: number, level: number): boolean {
  for (let depth = 0; depth < MAX_LEVEL; depth++) {
    const ours = skipModifiers(local, localId);
    const theirs = skipModifiers(target, targetId);
    if (ours.kind !== theirs.kind) return false;
    switch (ours.kind) {
      case "void":
      case "struct":
      case "union":
      case "enum":
      case "forward":
        return true;
      case "int":
        return isPlainInt(ours) && isPlainInt(theirs);
      case "pointer":
      case "array":
        if (theirs.kind !== "pointer" && theirs.kind !== "array") return false;
        localId = ours.typeId;
        targetId = theirs.typeId;
        break;
      case "prototype": {
        if (theirs.kind !== "prototype" || ours.parameters.length !== theirs.parameters.length) return false;
        for (const [index, parameter] of ours.parameters.entries()) {
          if (level <= 0) throw circular(local, localId);
          const other = theirs.parameters[index]?.typeId ?? 0;
          if (!areCompatible(local, parameter.typeId, target, other, level - 1)) return false;
        }
        localId = ours.returnTypeId;
        targetId = theirs.returnTypeId;
        break;
      }
      default:
        return false;
    }
  }
  throw circular(local, localId);
}

/** Not an integer of old compilers that is a bitfield by itself. */
function isPlainInt(type: BtfType): boolean {
  return type.kind === "int" && type.bitOffset === 0;
}

function isComposite(type: BtfType): boolean {
  return type.kind === "struct" || type.kind === "union";
}

function circular(btf: Btf, id: number): BtfError {
  return new BtfError(`Cannot relocate "${btf.nameOf(id)}": type ${id} is circular or nested too deep`);
}
