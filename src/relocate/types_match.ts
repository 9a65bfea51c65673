import {
  type Btf,
  type BtfComposite,
  type BtfEnum,
  type BtfPrototype,
  essentialName,
  skipModifiers,
} from "../btf/core.ts";
import { BtfError } from "../errors.ts";

/** How deep types are followed before they count as circular, as in libbpf. */
const MAX_LEVEL = 32;

/**
 * Whether everything a local type has is in the other one too: members and enumerators by name, integers with
 * size and sign, functions with their parameters (`bpf_core_types_match` of libbpf's `relo_core.c`). What lies
 * behind a pointer is compared by name and kind.
 */
export function typesMatch(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  return match({ local, target }, localId, targetId, false, MAX_LEVEL);
}

interface Pair {
  readonly local: Btf;
  readonly target: Btf;
}

function match(
  pair: Pair,
  localId: number,
  targetId: number,
  behindPointer: boolean,
  level: number,
): boolean {
  if (level <= 0) throw circular(pair, localId);
  for (let depth = 0; depth < MAX_LEVEL; depth++) {
    const ours = skipModifiers(pair.local, localId);
    const theirs = skipModifiers(pair.target, targetId);
    if (!sameName(ours.name, theirs.name)) return false;
    switch (ours.kind) {
      case "void":
        return theirs.kind === "void";
      case "forward":
        if (theirs.kind === "forward") return ours.union === theirs.union;
        return behindPointer && theirs.kind === (ours.union ? "union" : "struct");
      case "enum":
        return theirs.kind === "enum" && enumsMatch(ours, theirs);
      case "struct":
      case "union":
        if (theirs.kind === "forward") return behindPointer && theirs.union === (ours.kind === "union");
        if (ours.kind !== theirs.kind) return false;
        return behindPointer || compositesMatch(pair, ours, theirs as BtfComposite, level);
      case "int":
        return theirs.kind === "int" && ours.size === theirs.size && ours.signed === theirs.signed;
      case "pointer":
        if (theirs.kind !== "pointer") return false;
        behindPointer = true;
        localId = ours.typeId;
        targetId = theirs.typeId;
        break;
      case "array":
        if (theirs.kind !== "array" || ours.length !== theirs.length) return false;
        localId = ours.typeId;
        targetId = theirs.typeId;
        break;
      case "prototype":
        if (theirs.kind !== "prototype") return false;
        if (!parametersMatch(pair, ours, theirs, behindPointer, level)) return false;
        localId = ours.returnTypeId;
        targetId = theirs.returnTypeId;
        break;
      default:
        return false;
    }
  }
  throw circular(pair, localId);
}

/** As `bpf_core_composites_match`: every local member has one of its name that matches. */
function compositesMatch(pair: Pair, ours: BtfComposite, theirs: BtfComposite, level: number): boolean {
  return ours.members.length <= theirs.members.length &&
    ours.members.every((member) =>
      theirs.members.some((other) =>
        sameName(member.name, other.name) && match(pair, member.typeId, other.typeId, false, level - 1)
      )
    );
}

/** As `bpf_core_enums_match`: the values of enumerators do not count. */
function enumsMatch(ours: BtfEnum, theirs: BtfEnum): boolean {
  if (ours.size !== theirs.size || ours.values.length > theirs.values.length) return false;
  const names = new Set(theirs.values.map(({ name }) => essentialName(name)));
  return ours.values.every(({ name }) => names.has(essentialName(name)));
}

function parametersMatch(
  pair: Pair,
  ours: BtfPrototype,
  theirs: BtfPrototype,
  behindPointer: boolean,
  level: number,
): boolean {
  return ours.parameters.length === theirs.parameters.length && ours.parameters.every((parameter, index) => {
    const other = theirs.parameters[index]?.typeId ?? 0;
    return match(pair, parameter.typeId, other, behindPointer, level - 1);
  });
}

function sameName(ours: string, theirs: string): boolean {
  return essentialName(ours) === essentialName(theirs);
}

function circular({ local }: Pair, id: number): BtfError {
  return new BtfError(`Cannot relocate "${local.nameOf(id)}": type ${id} is circular or nested too deep`);
}
