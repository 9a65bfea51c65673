/**
 * Structs and arrays of the kernel as a whole, as they are stored.
 *
 * @module
 */
import { type Btf, type BtfComposite, skipModifiers, typeName } from "../../btf/core.ts";
import { Fault, type Place } from "../ir/place.ts";
import { IPV6, type RecordField, sizeOf, type StoredType, type WholeType } from "../ir/type.ts";
import { intTypeOf, isAddress } from "./integers.ts";
import { alignOf } from "../../btf/core.ts";
import { bigEndianSize } from "./network_order.ts";

/**
 * The type by which a struct or array is stored.
 *
 * @param name For messages.
 * @throws {Fault} A part of it has no type that can be stored.
 */
export function wholeType(btf: Btf, typeId: number, name: string, place: Place): WholeType {
  const type = storedType(btf, typeId, name, place);
  if (type.kind === "record" || type.kind === "array") return type;
  throw refusal(name, typeName(btf, typeId), place);
}

function storedType(btf: Btf, typeId: number, name: string, place: Place): StoredType {
  const type = skipModifiers(btf, typeId);
  switch (type.kind) {
    case "int":
    case "enum": {
      const int = intTypeOf(btf, typeId);
      if (!int) break;
      const order = bigEndianSize(btf, typeId);
      return order === undefined ? int : { ...int, shown: isAddress(order, name) ? "ipv4" : "network" };
    }
    case "pointer":
      return { kind: "pointer", typeId: type.typeId, space: "kernel", trusted: false };
    case "array": {
      const element = skipModifiers(btf, type.typeId);
      if (type.length === 0) break;
      if (element.kind === "int" && element.size === 1 && (element.char || element.name === "char")) {
        return { kind: "text", size: type.length };
      }
      const of = storedType(btf, type.typeId, name, place);
      return { kind: "array", of, length: type.length, size: type.length * sizeOf(of) };
    }
    case "struct":
    case "union":
      if (type.name === "in6_addr") return IPV6;
      return {
        kind: "record",
        fields: [...fieldsOf(btf, type, 0, place)],
        size: type.size,
        align: alignOf(btf, type.id),
      };
  }
  throw refusal(name, typeName(btf, typeId), place);
}

function* fieldsOf(btf: Btf, struct: BtfComposite, start: number, place: Place): Generator<RecordField> {
  for (const { name, typeId, bitOffset, bitSize } of struct.members) {
    if (bitSize > 0) throw refusal(name, "a bitfield", place);
    const offset = start + bitOffset / 8;
    const type = skipModifiers(btf, typeId);
    if (name !== "") yield { name, offset, type: storedType(btf, typeId, name, place) };
    else if (type.kind === "struct" || type.kind === "union") yield* fieldsOf(btf, type, offset, place);
  }
}

function refusal(name: string, what: string, place: Place): Fault {
  return new Fault(
    place,
    `"${name}" is ${what}, which is not stored as a whole`,
    "send the members it is about",
  );
}
