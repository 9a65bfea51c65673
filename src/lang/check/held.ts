/**
 * Records that maps hold: their fields are read and changed where they are.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { Optional, Scalar } from "../ir/tree.ts";
import { type PointerType, type RecordField, type RecordType, S64, typeText, VOID } from "../ir/type.ts";
import { constant, scalarOf } from "./convert.ts";
import { type Members, namespaceOf } from "./members.ts";
import type { Namespace, Thing } from "./thing.ts";

/** The address of a record in a map. */
export function heldType(record: RecordType): PointerType {
  return { kind: "pointer", typeId: 0, space: "map", trusted: true, record };
}

/** What a map has for a key: numbers are optional, texts empty where there is none, and fields of records 0. */
export function heldThing(value: Optional, type: RecordField["type"], place: Place): Thing {
  switch (type.kind) {
    case "record": {
      const pointer = heldType(type);
      const of = { ...value, type: { kind: "optional", of: pointer } } as const;
      return { kind: "optional", value: of, members: recordMembers(of, type, 0) };
    }
    case "text": {
      const pointer: PointerType = { kind: "pointer", typeId: 0, space: "map", trusted: true };
      const of = { ...value, type: { kind: "optional", of: pointer } } as const;
      return textAt({ kind: "valueOf", type: pointer, place, of }, 0, type, place);
    }
    case "int":
    case "pointer":
      return { kind: "optional", value: { ...value, type: { kind: "optional", of: type } } };
    default:
      throw unread(type, place);
  }
}

/** The fields of a record that may be missing, `start` bytes from its address. */
export function recordMembers(of: Optional, record: RecordType, start: number): Namespace {
  const members: Members = Object.fromEntries(
    record.fields.map((field) => [field.name, (place: Place) => fieldThing(of, field, start, place)]),
  );
  return namespaceOf(`the record ${typeText(record)}`, members);
}

function fieldThing(of: Optional, field: RecordField, start: number, place: Place): Thing {
  const { type } = field;
  const offset = start + field.offset;
  const address: Scalar = { kind: "valueOf", type: of.type.of, place, of };
  switch (type.kind) {
    case "record":
      return recordMembers(of, type, offset);
    case "text":
      return textAt(address, offset, type, place);
    case "int":
    case "pointer": {
      const size = type.kind === "int" ? type.size : 8;
      return {
        kind: "scalar",
        within: of,
        value: { kind: "load", type, place, address, offset, size },
        assign(given, place) {
          return { kind: "setField", type: VOID, place, of, offset, size, value: scalarOf(given, place) };
        },
      };
    }
    default:
      throw unread(type, place);
  }
}

function unread(type: RecordField["type"], place: Place): Fault {
  return new Fault(place, `only scripts read ${typeText(type)} that a map holds`);
}

/** The text `offset` bytes behind an address. */
export function textAt(
  address: Scalar,
  offset: number,
  type: Extract<RecordField["type"], { kind: "text" }>,
  place: Place,
): Extract<Thing, { kind: "text" }> {
  const at: Scalar = offset === 0 ? address : {
    kind: "arithmetic",
    type: address.type,
    place,
    operator: "+",
    signed: false,
    left: address,
    right: { ...constant(BigInt(offset), place), type: S64 },
  };
  return { kind: "text", value: { kind: "string", type, place, address: at } };
}
