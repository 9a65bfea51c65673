/**
 * Memory: members of structs, elements of arrays, and what is at addresses.
 *
 * @module
 */
import { closest } from "../../names.ts";
import { constant } from "../check/convert.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Scalar } from "../ir/tree.ts";
import type { IntType as TreeInt, PointerType as TreePointer, Space } from "../ir/type.ts";
import { sizeOf } from "./declarations.ts";
import { numberOf } from "./numbers.ts";
import { type Member, type StructType, UINT64, type ValueType } from "./types.ts";
import { partsValue, scalarValue, textValue, type Value } from "./value.ts";

/** A part of memory: a base address, and an offset in bytes. */
export interface Part {
  readonly base: Scalar;
  readonly offset: number;
}

/** The type of an address for the kernel. */
export function addressType(space: Space, trusted = false): TreePointer {
  return { kind: "pointer", typeId: 0, space, trusted };
}

/** The memory that an address is of. */
export function spaceOf(value: Value): Space {
  if (value.type.kind === "pointer") return value.type.space;
  const scalar = value.ir.is === "scalar" ? value.ir.scalar : undefined;
  return scalar?.type.kind === "pointer" ? scalar.type.space : "any";
}

/** A value as an address: what is at it is read from the memory that it is known to be of. */
export function addressOf(value: Value, place: Place): Scalar {
  const scalar = numberOf(value, place);
  if (scalar.type.kind === "pointer") return scalar;
  return { ...scalar, type: addressType(spaceOf(value)) };
}

/** What is in memory as a value. Structs and arrays are their addresses. */
export function valueAt(type: ValueType, part: Part, place: Place): Value {
  switch (type.kind) {
    case "int":
      return scalarValue(
        type,
        load(part, { kind: "int", size: type.size, signed: type.signed }, type.size, place),
      );
    case "pointer": {
      const trusted = part.base.type.kind === "pointer" && part.base.type.trusted;
      return scalarValue(type, load(part, addressType(type.space, trusted), 8, place));
    }
    case "string":
      return textValue({
        kind: "string",
        type: { kind: "text", size: Math.max(type.size, 1) },
        place,
        address: at(part),
      });
    case "struct":
    case "array":
      return scalarValue(type, at(part));
    default:
      throw new Fault(place, "this has no value");
  }
}

function load(
  { base, offset }: Part,
  type: TreeInt | TreePointer,
  size: 1 | 2 | 4 | 8,
  place: Place,
): Scalar {
  return { kind: "load", type, place, address: base, offset, size };
}

/** The address of a part; the verifier does not know what is there. */
function at({ base, offset }: Part): Scalar {
  if (offset === 0) return base;
  const type = base.type.kind === "pointer" ? { ...base.type, trusted: false } : addressType("any");
  const right = constant(BigInt(offset), base.place);
  return { kind: "arithmetic", type, place: base.place, operator: "+", signed: false, left: base, right };
}

/** The part of memory that a struct or array value is in. */
function partOf(value: Value, place: Place): Part {
  const address = addressOf(value, place);
  // Offsets of offsets are added up, so that one load reaches a member of a member
  if (address.kind === "arithmetic" && address.operator === "+" && address.right.kind === "constant") {
    const base = address.left.type.kind === "pointer"
      ? address.left
      : { ...address.left, type: address.type };
    const offset = Number(address.right.value);
    if (offset >= 0) return { base, offset };
  }
  return { base: address, offset: 0 };
}

/** A member of a struct. */
export function memberOf(of: Value, name: string, place: Place): Value {
  const { type } = of;
  if (type.kind !== "struct") throw new Fault(place, `there is no member "${name}": this is no struct`);
  const member = findMember(type, name, place);
  const { base, offset } = partOf(of, place);
  const part = { base, offset: offset + member.offset };
  if (!member.bits || member.type.kind !== "int") return valueAt(member.type, part, place);
  const { size, signed } = member.type;
  const loaded = load(part, { kind: "int", size, signed }, size, place);
  return scalarValue(member.type, loaded.kind === "load" ? { ...loaded, bits: member.bits } : loaded);
}

/** A member, or a fault that lists the closest names. */
export function findMember(type: StructType, name: string, place: Place): Member {
  const member = type.member(name);
  if (member) return member;
  throw new Fault(place, `${type.name} has no member "${name}"${closest(name, type.names())}`);
}

/** What is at an address: `*p`. A plain number is taken for the address of one. */
export function pointed(value: Value, place: Place): Value {
  const { type } = value;
  const to = type.kind === "pointer" ? type.to() : UINT64;
  if (to.kind === "none") {
    throw new Fault(place, "it is not known what is at this address", "cast it: (struct name *)");
  }
  if (type.kind !== "pointer" && type.kind !== "int") {
    throw new Fault(place, "only addresses can be followed");
  }
  return valueAt(to, { base: addressOf(value, place), offset: 0 }, place);
}

/** An element: of an array, or of what is behind an address. */
export function elementOf(of: Value, index: Value, place: Place): Value {
  const { type } = of;
  if (type.kind === "string" && of.ir.is === "text" && of.ir.text.kind === "string") {
    const element = { kind: "int", size: 1, signed: true } as const;
    return elementAt(element, type.size, of.ir.text.address, index, place);
  }
  if (type.kind === "array") return elementAt(type.of, type.length, addressOf(of, place), index, place);
  if (type.kind === "pointer") return elementAt(type.to(), Infinity, addressOf(of, place), index, place);
  throw new Fault(place, "this has no elements");
}

function elementAt(type: ValueType, length: number, address: Scalar, index: Value, place: Place): Value {
  const number = numberOf(index, place);
  const size = sizeOf(type);
  if (number.kind === "constant") {
    const at = Number(number.value);
    if (at < 0 || at >= length) throw new Fault(place, `there is no element ${at}: there are ${length}`);
    const { base, offset } = partOf(scalarValue({ kind: "array", of: type, length }, address), place);
    return valueAt(type, { base, offset: offset + at * size }, place);
  }
  return valueAt(type, { base: plus(address, number, size, place), offset: 0 }, place);
}

/** An address so many elements further. */
export function plus(address: Scalar, number: Scalar, size: number, place: Place): Scalar {
  const unsigned = { kind: "int", size: 8, signed: false } as const;
  const by: Scalar = size === 1 ? number : {
    kind: "arithmetic",
    type: unsigned,
    place,
    operator: "*",
    signed: false,
    left: number,
    right: constant(BigInt(size), place),
  };
  const type = address.type.kind === "pointer" ? { ...address.type, trusted: false } : addressType("any");
  return { kind: "arithmetic", type, place, operator: "+", signed: false, left: address, right: by };
}

/** The elements of a short array as values of their own, so that it can be kept. */
export function spread(value: Value, place: Place): Value {
  const { type } = value;
  if (type.kind !== "array") return value;
  if (type.length > MOST_ELEMENTS) {
    throw new Fault(place, `an array of ${type.length} elements is too long to be kept`);
  }
  const parts = Array.from(
    { length: type.length },
    (_, i) => spread(elementOf(value, scalarValue(UINT64, constant(BigInt(i), place)), place), place),
  );
  return partsValue(type, parts, place);
}

const MOST_ELEMENTS = 32;
