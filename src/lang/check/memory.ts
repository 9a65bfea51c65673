/**
 * Memory of the kernel as its BTF describes it.
 *
 * @module
 */
import {
  type Btf,
  type BtfComposite,
  type BtfMember,
  findMember,
  memberNames,
  sizeOf,
  skipModifiers,
  typeName,
} from "../../btf/core.ts";
import { LITTLE_ENDIAN } from "../../codec/mod.ts";
import type { FieldPath } from "../ir/field_path.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Optional, Scalar } from "../ir/tree.ts";
import { type AddressType, type IntType, IPV6, MAC, type PointerType, S64, U64 } from "../ir/type.ts";
import { constant, scalarOf } from "./convert.ts";
import { recordMembers } from "./held.ts";
import { unknownMember } from "./members.ts";
import { inNetworkOrder, intTypeOf, isHardware, namesOf } from "./integers.ts";
import { type Namespace, scalarThing, type Thing } from "./thing.ts";
import { wholeType } from "./whole.ts";

/** A part of memory: a base address, and an offset in bytes. */
interface Part {
  readonly base: Scalar;
  readonly offset: number;
  /** How it is found in the struct at the base, where that has a name. */
  readonly field?: FieldPath | undefined;
}

/** What an address of something is as a thing: a number, with the members of what is there. */
export function pointerThing(types: () => Btf, address: Scalar): Thing {
  const { type } = address;
  if (type.kind !== "pointer" || type.typeId === 0) return scalarThing(address);
  const there = skipModifiers(types(), type.typeId);
  if (there.kind !== "struct" && there.kind !== "union") return scalarThing(address);
  const what = typeName(types(), there.id);
  const field = there.name === "" ? undefined : { root: there.id, steps: [] };
  return { ...structAt(types(), there, { base: address, offset: 0, field }, what), address };
}

/** What may be missing as a thing; of an address, with the members of what is there, which are 0 where it is missing. */
export function optionalThing(types: () => Btf, value: Optional): Thing {
  const { type: { of: type }, place } = value;
  if (type.kind !== "pointer") return { kind: "optional", value };
  if (type.record) return { kind: "optional", value, members: recordMembers(value, type.record, 0) };
  const members = pointerThing(types, { kind: "valueOf", type, place, of: value });
  return members.kind === "namespace" ? { kind: "optional", value, members } : { kind: "optional", value };
}

/** A struct in memory; its members are loaded when they are named. */
function structAt(btf: Btf, struct: BtfComposite, part: Part, what: string): Namespace {
  const { base, offset } = part;
  return {
    kind: "namespace",
    what,
    ...(offset > 0 && { address: at(part, struct.id) }),
    member(name, place) {
      const found = findMember(btf, struct, name);
      if (!found) throw unknownMember(what, name, memberNames(btf, struct), place);
      const { member, bitOffset } = found;
      if (member.bitSize > 0) return bitfield(btf, member, bitOffset + offset * 8, base, place);
      const inside = { base: { ...base, place }, offset: offset + bitOffset / 8, field: step(part, name) };
      return valueAt(btf, member.typeId, inside, place, name);
    },
  };
}

/** What is in memory as a thing. */
function valueAt(btf: Btf, typeId: number, part: Part, place: Place, name: string): Thing {
  const type = skipModifiers(btf, typeId);
  switch (type.kind) {
    case "int":
    case "enum": {
      const size = checkedSize(type.size, name, place);
      const plain: IntType = intTypeOf(btf, typeId) ?? { kind: "int", size, signed: type.signed };
      return scalarThing(inNetworkOrder(btf, typeId, load(part, plain, size, place), name));
    }
    case "pointer":
      return pointerThing(() => btf, load(part, pointerTo(part.base, type.typeId), 8, place));
    case "struct":
    case "union": {
      const members = embedded(btf, type, part, place, name);
      return type.name === "in6_addr" ? addressAt(IPV6, part, place, members) : members;
    }
    case "array": {
      const element = skipModifiers(btf, type.typeId);
      if (element.kind === "int" && element.size === 1 && (element.char || element.name === "char")) {
        const address = at(part, element.id);
        return {
          kind: "text",
          value: { kind: "string", type: { kind: "text", size: type.length || 256 }, place, address },
        };
      }
      const elements = arrayAt(btf, type.id, part, name);
      const isMac = element.kind === "int" && element.size === 1 && isHardware(type.length, name);
      return isMac ? addressAt(MAC, part, place, elements) : elements;
    }
    default:
      throw new Fault(place, `"${name}" is ${typeName(btf, typeId)}, which has no value`);
  }
}

/** A struct in another: all of it where it is stored, and a number where it has a single member that is one. */
function embedded(btf: Btf, type: BtfComposite, part: Part, place: Place, name: string): Namespace {
  const inside = structAt(btf, type, part, `${typeName(btf, type.id)} "${name}"`);
  const [only, ...more] = type.members;
  const single = only && more.length === 0 && only.bitSize === 0
    ? valueAt(btf, only.typeId, { ...part, field: step(part, only.name) }, place, only.name)
    : undefined;
  const number = single?.kind === "scalar"
    ? single.value
    : single?.kind === "namespace"
    ? single.number
    : undefined;
  return {
    ...inside,
    ...number && { number },
    whole: (place) => ({
      kind: "copy",
      type: wholeType(btf, type.id, name, place),
      place,
      address: at(part, type.id),
    }),
  };
}

function arrayAt(btf: Btf, arrayId: number, part: Part, name: string): Namespace {
  const array = skipModifiers(btf, arrayId);
  const [elementId, length] = array.kind === "array" ? [array.typeId, array.length] : [arrayId, 0];
  const size = sizeOf(btf, elementId);
  const what = `the array "${name}"`;
  return {
    kind: "namespace",
    what,
    address: at(part, elementId),
    length,
    whole: (place) => ({
      kind: "copy",
      type: wholeType(btf, arrayId, name, place),
      place,
      address: at(part, elementId),
    }),
    member: (member, place) => {
      if (member === "length") return scalarThing(constant(BigInt(length), place));
      throw unknownMember(what, member, [], place);
    },
    index(index, place) {
      const value = scalarOf(index, place);
      if (value.kind === "constant") {
        const number = Number(value.value);
        if (number < 0 || length > 0 && number >= length) {
          throw new Fault(place, `${what} has ${length} elements, no number ${number}`);
        }
        const element = { ...part, offset: part.offset + number * size, field: step(part, number) };
        return valueAt(btf, elementId, element, place, name);
      }
      // The verifier cannot follow an address that is computed: it is read as memory that may not be there
      const scaled: Scalar = {
        kind: "arithmetic",
        type: U64,
        place,
        operator: "*",
        signed: false,
        left: value,
        right: constant(BigInt(size), place),
      };
      const base = plus({ ...at(part, elementId), place }, scaled);
      return valueAt(btf, elementId, { base, offset: 0 }, place, name);
    },
  };
}

/** An address, with its parts. */
function addressAt(type: AddressType, part: Part, place: Place, members: Namespace): Thing {
  return { kind: "address", value: { kind: "addressAt", type, place, ...part }, members };
}

/** The way to a member or element of a part; none from one without a name, or to one. */
function step({ field }: Part, name: string | number): FieldPath | undefined {
  return field && name !== "" ? { ...field, steps: [...field.steps, name] } : undefined;
}

function bitfield(btf: Btf, member: BtfMember, bitOffset: number, base: Scalar, place: Place): Thing {
  const type = skipModifiers(btf, member.typeId);
  const size = type.kind === "int" || type.kind === "enum" ? checkedSize(type.size, member.name, place) : 4;
  const signed = (type.kind === "int" || type.kind === "enum") && type.signed;
  const unit = Math.floor(bitOffset / (size * 8));
  const within = bitOffset - unit * size * 8;
  const shift = LITTLE_ENDIAN ? within : size * 8 - within - member.bitSize;
  const shown = type.kind === "enum" ? namesOf(btf, type) : undefined;
  return scalarThing({
    kind: "load",
    type: { kind: "int", size, signed, ...shown && { shown } },
    place,
    address: base,
    offset: unit * size,
    size,
    bits: { shift, width: member.bitSize },
  });
}

function load(
  { base, offset, field }: Part,
  type: IntType | PointerType,
  size: 1 | 2 | 4 | 8,
  place: Place,
): Scalar {
  return { kind: "load", type, place, address: base, offset, size, field };
}

/** What an address that was found at another points to: known to the verifier where the other was. */
function pointerTo({ type }: Scalar, typeId: number): PointerType {
  const trusted = type.kind === "pointer" && type.trusted;
  return { kind: "pointer", typeId, space: type.kind === "pointer" ? type.space : "kernel", trusted };
}

/** The address of a part, as that of a type. */
function at({ base, offset, field }: Part, typeId: number): Scalar {
  const { place } = base;
  return plus(
    { ...base, type: { ...pointerTo(base, typeId), trusted: false } },
    { kind: "constant", type: S64, place, value: BigInt(offset), field },
  );
}

/** An address that was computed, which the verifier does not know. */
function plus(base: Scalar, offset: Scalar): Scalar {
  if (offset.kind === "constant" && offset.value === 0n && !offset.field) return base;
  const type = { ...pointerTo(base, base.type.kind === "pointer" ? base.type.typeId : 0), trusted: false };
  return {
    kind: "arithmetic",
    type,
    place: base.place,
    operator: "+",
    signed: false,
    left: base,
    right: offset,
  };
}

function checkedSize(size: number, name: string, place: Place): 1 | 2 | 4 | 8 {
  if (size === 1 || size === 2 || size === 4 || size === 8) return size;
  throw new Fault(place, `"${name}" has ${size} bytes: the kernel computes with 8`);
}
