import {
  type Btf,
  type BtfComposite,
  type BtfForward,
  type BtfPrototype,
  type BtfType,
  skipModifiers,
} from "../btf/core.ts";

/** A type in the BTF of its object. */
export interface TypePlace {
  readonly btf: Btf;
  readonly id: number;
}

/** Two types to compare. */
interface Pair {
  readonly one: number;
  readonly other: number;
  /** Whether structs must have the same members; behind a pointer their names are enough. */
  readonly exact: boolean;
}

/** The same kind of types, narrowed. */
type Kinds<K extends BtfType["kind"]> = readonly [BtfType & { kind: K }, BtfType & { kind: K }];

/**
 * What keeps two objects from meaning the same by a symbol; `undefined` where nothing does.
 *
 * Typedefs and qualifiers, the lengths of arrays, the signs of integers, the values of enums and the names of
 * parameters do not matter (`glob_sym_btf_matches` of libbpf's `linker.c`).
 *
 * @throws {BtfError} A type is malformed.
 */
export function incompatibility(one: TypePlace, other: TypePlace): string | undefined {
  const done = new Set<string>();
  const pending: Pair[] = [{ one: one.id, other: other.id, exact: true }];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const types = [skipModifiers(one.btf, pair.one), skipModifiers(other.btf, pair.other)] as const;
    const key = `${types[0].id}:${types[1].id}:${pair.exact}`;
    if (done.has(key)) continue;
    done.add(key);
    const { exact } = pair;
    const further = (one: number, other: number, shapeOnly = false) =>
      void pending.push({ one, other, exact: exact && !shapeOnly });
    const fault = compare(types, exact, further);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Compares two types alone, and says which types in them are to be compared too. */
function compare(
  types: readonly [BtfType, BtfType],
  exact: boolean,
  further: (one: number, other: number, shapeOnly?: boolean) => void,
): string | undefined {
  const [one, other] = types;
  if (one.kind !== other.kind) {
    const forward = one.kind === "forward" ? one : other;
    const definition = one.kind === "forward" ? other : one;
    if (!exact && forward.kind === "forward" && isDeclaredBy(definition, forward)) return undefined;
    return `${describe(one)} is not ${describe(other)}`;
  }
  const isNumber = is("int", types) || is("float", types);
  if (one.name !== other.name && !isNumber) return `${describe(one)} is not ${describe(other)}`;
  if (is("struct", types) || is("union", types)) return exact ? compareMembers(types, further) : undefined;
  if (is("enum", types) || is("int", types) || is("float", types)) {
    const [{ size }, { size: otherSize }] = types;
    return size === otherSize ? undefined : `${describe(one)} has ${size} or ${otherSize} bytes`;
  }
  if (is("prototype", types)) return compareSignatures(types, further);
  if (is("variable", types) || is("function", types)) {
    const [{ linkage }, { linkage: otherLinkage }] = types;
    if ((linkage === "static") !== (otherLinkage === "static")) return "one is static";
    further(types[0].typeId, types[1].typeId);
  }
  if (is("pointer", types)) further(types[0].typeId, types[1].typeId, true);
  if (is("array", types)) further(types[0].typeId, types[1].typeId);
  return undefined;
}

function is<K extends BtfType["kind"]>(kind: K, types: readonly [BtfType, BtfType]): types is Kinds<K> {
  return types[0].kind === kind;
}

function isDeclaredBy(definition: BtfType, forward: BtfForward): boolean {
  return definition.kind === (forward.union ? "union" : "struct") && definition.name === forward.name;
}

function compareMembers(
  [one, other]: readonly [BtfComposite, BtfComposite],
  further: (one: number, other: number) => void,
): string | undefined {
  if (one.members.length !== other.members.length) {
    return `${describe(one)} has ${one.members.length} or ${other.members.length} members`;
  }
  for (const [i, member] of one.members.entries()) {
    const counterpart = other.members[i];
    if (counterpart?.name !== member.name) {
      return `member ${i} of ${describe(one)} is "${member.name}" or "${counterpart?.name}"`;
    }
    if (counterpart.bitOffset !== member.bitOffset || counterpart.bitSize !== member.bitSize) {
      return `member "${member.name}" of ${describe(one)} is in two places`;
    }
    further(member.typeId, counterpart.typeId);
  }
  return undefined;
}

function compareSignatures(
  [one, other]: readonly [BtfPrototype, BtfPrototype],
  further: (one: number, other: number) => void,
): string | undefined {
  if (one.parameters.length !== other.parameters.length) {
    return `it has ${one.parameters.length} or ${other.parameters.length} parameters`;
  }
  one.parameters.forEach(({ typeId }, i) => further(typeId, other.parameters[i]?.typeId ?? 0));
  further(one.returnTypeId, other.returnTypeId);
  return undefined;
}

function describe({ kind, name }: BtfType): string {
  return name === "" ? kind : `${kind} "${name}"`;
}
