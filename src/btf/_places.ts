import { BtfError } from "../errors.ts";
import type { Btf } from "./btf.ts";
import type { BtfComposite, BtfType } from "./types.ts";
import { sizeOf, skipModifiers, typeName } from "./walk.ts";

/** How deep structs and arrays may nest. */
const MAX_DEPTH = 32;
/** How many members are looked at for one field; bounds the work that malformed BTF can ask for. */
const MAX_MEMBERS = 1 << 16;

/** Where something is in a struct, in bits, and what it is. */
export interface Place {
  /** Empty for elements of arrays and for the whole. */
  readonly name: string;
  readonly start: number;
  readonly length: number;
  readonly typeId: number;
  /** Whether it is a bitfield, which has no codec of its own. */
  readonly bitfield: boolean;
}

/** The members of a struct or union, those of anonymous ones among them as if they were its own. */
export function membersOf(btf: Btf, type: BtfComposite): Place[] {
  const left = { count: MAX_MEMBERS };
  return [...flattened(btf, type, 0, 0, left)];
}

function* flattened(
  btf: Btf,
  { id, members }: BtfComposite,
  start: number,
  depth: number,
  left: { count: number },
): Generator<Place> {
  for (const { name, typeId, bitOffset, bitSize } of members) {
    if (depth > MAX_DEPTH || left.count-- <= 0) throw tooLarge(btf, id);
    const type = skipModifiers(btf, typeId);
    if (name === "" && isComposite(type)) yield* flattened(btf, type, start + bitOffset, depth + 1, left);
    else yield placeOf(btf, name, typeId, start + bitOffset, bitSize);
  }
}

/** All that starts at bit `start` of a type: itself, members of structs in it, and elements of arrays. */
export function placesAt(btf: Btf, id: number, start: number): Place[] {
  const left = { count: MAX_MEMBERS };
  return [...startingAt(btf, placeOf(btf, "", id, 0, 0), start, 0, left)];
}

function* startingAt(
  btf: Btf,
  whole: Place,
  start: number,
  depth: number,
  left: { count: number },
): Generator<Place> {
  if (depth > MAX_DEPTH || left.count-- <= 0) throw tooLarge(btf, whole.typeId);
  if (start === whole.start) yield whole;
  if (whole.bitfield || start < whole.start || start >= whole.start + whole.length) return;
  const type = skipModifiers(btf, whole.typeId);
  if (type.kind === "array") {
    const stride = sizeOf(btf, type.typeId) * 8;
    const before = Math.floor((start - whole.start) / stride) * stride;
    yield* startingAt(btf, placeOf(btf, "", type.typeId, whole.start + before, 0), start, depth + 1, left);
  } else if (isComposite(type)) {
    for (const { name, typeId, bitOffset, bitSize } of type.members) {
      const member = placeOf(btf, name, typeId, whole.start + bitOffset, bitSize);
      yield* startingAt(btf, member, start, depth + 1, left);
    }
  }
}

function placeOf(btf: Btf, name: string, typeId: number, start: number, bitSize: number): Place {
  return { name, start, length: bitSize || sizeOf(btf, typeId) * 8, typeId, bitfield: bitSize > 0 };
}

/** Whether it is a struct or union. */
export function isComposite(type: BtfType): type is BtfComposite {
  return type.kind === "struct" || type.kind === "union";
}

/** The type of the elements of an array, or of those of its elements where these are arrays. */
export function innermostElement(btf: Btf, id: number): number {
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const type = skipModifiers(btf, id);
    if (type.kind !== "array") break;
    id = type.typeId;
  }
  return id;
}

function tooLarge(btf: Btf, id: number): BtfError {
  return new BtfError(`Cannot compare ${typeName(btf, id)}: it has too many members, or nests without end`);
}
