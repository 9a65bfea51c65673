/**
 * Structs: those of the kernel by its BTF, and those that a script declares.
 *
 * @module
 */
import {
  type Btf,
  type BtfComposite,
  findMember,
  memberNames,
  skipModifiers,
  typeName,
} from "../../btf/core.ts";
import { LITTLE_ENDIAN } from "../../codec/mod.ts";
import type { Space } from "../ir/type.ts";
import {
  type IntType,
  type Member,
  NONE,
  type PointerType,
  type StructType,
  UINT64,
  type ValueType,
} from "./types.ts";

/** What is of a type in the kernel's BTF. */
export function typeOfBtf(btf: Btf, typeId: number, space: Space): ValueType {
  const type = skipModifiers(btf, typeId);
  switch (type.kind) {
    case "int":
      return type.size > 8
        ? { kind: "array", of: UINT64, length: type.size / 8 }
        : intOf(type.size, type.signed);
    case "enum":
      return intOf(type.size, type.signed);
    case "pointer":
      return pointerTo(btf, type.typeId, space);
    case "struct":
    case "union":
      return structOf(btf, type, space);
    case "array": {
      const element = skipModifiers(btf, type.typeId);
      if (element.kind === "int" && element.size === 1 && (element.char || element.name === "char")) {
        return { kind: "string", size: type.length };
      }
      return { kind: "array", of: typeOfBtf(btf, type.typeId, space), length: type.length };
    }
    default:
      return NONE;
  }
}

/** An address of what the BTF says, known by name at once and by its members later. */
export function pointerTo(btf: Btf, typeId: number, space: Space): PointerType {
  return { kind: "pointer", to: () => typeOfBtf(btf, typeId, space), name: typeName(btf, typeId), space };
}

function intOf(size: number, signed: boolean): IntType {
  return { kind: "int", size: size === 1 || size === 2 || size === 4 ? size : 8, signed };
}

function structOf(btf: Btf, type: BtfComposite, space: Space): StructType {
  return {
    kind: "struct",
    name: typeName(btf, type.id),
    size: type.size,
    names: () => memberNames(btf, type),
    member(name): Member | undefined {
      const found = findMember(btf, type, name);
      if (!found) return undefined;
      const { member, bitOffset } = found;
      const inside = typeOfBtf(btf, member.typeId, space);
      if (member.bitSize === 0) return { type: inside, offset: bitOffset / 8 };
      return bitfieldAt(inside.kind === "int" ? inside : UINT64, bitOffset, member.bitSize);
    },
  };
}

/** A bitfield in the unit of its type that has its first bit. */
export function bitfieldAt(type: IntType, bitOffset: number, width: number): Member {
  const unit = type.size * 8;
  const start = Math.floor(bitOffset / unit) * unit;
  const within = bitOffset - start;
  const shift = LITTLE_ENDIAN ? within : unit - within - width;
  return { type, offset: start / 8, bits: { shift, width } };
}

/** The value of a name of any enum of the kernel. */
export function findEnumerator(btf: Btf, name: string): bigint | undefined {
  for (let id = 1; id < btf.count; id++) {
    if (btf.kindOf(id) !== "enum") continue;
    const type = btf.type(id);
    if (type.kind !== "enum") continue;
    const found = type.values.find((one) => one.name === name);
    if (found) return BigInt(found.value);
  }
  return undefined;
}
