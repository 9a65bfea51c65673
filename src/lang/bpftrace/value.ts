/**
 * Values while a script is lowered: what they are to bpftrace, and what the kernel computes.
 *
 * @module
 */
import type { Place } from "../ir/place.ts";
import type { Scalar, Stored, Text, Words } from "../ir/tree.ts";
import { type IntType, type StoredType, WORDS_AT } from "../ir/type.ts";
import { constant } from "../check/convert.ts";
import { INT64, NONE, UINT64, type ValueType } from "./types.ts";

/** What the kernel computes of a value: one thing, or several next to each other. */
export type Ir =
  | { readonly is: "scalar"; readonly scalar: Scalar }
  | { readonly is: "text"; readonly text: Text }
  | { readonly is: "words"; readonly words: Words }
  | { readonly is: "parts"; readonly parts: readonly Value[] };

/** A value. */
export interface Value {
  readonly type: ValueType;
  readonly place: Place;
  readonly ir: Ir;
}

/** A number as a value. */
export function scalarValue(type: ValueType, scalar: Scalar): Value {
  return { type, place: scalar.place, ir: { is: "scalar", scalar } };
}

/** A known number as a value. */
export function numberValue(value: bigint, place: Place): Value {
  const type = BigInt.asIntN(64, value) === value ? INT64 : UINT64;
  return scalarValue(type, constant(value, place));
}

/** Text as a value. */
export function textValue(text: Text): Value {
  return { type: { kind: "string", size: text.type.size }, place: text.place, ir: { is: "text", text } };
}

/** Text of the script as a value. */
export function stringValue(text: string, place: Place): Value {
  const size = new TextEncoder().encode(text).length + 1;
  return textValue({ kind: "textConstant", type: { kind: "text", size }, place, text });
}

/** No value. */
export function noValue(place: Place): Value {
  return scalarValue(NONE, constant(0n, place));
}

/** Several values next to each other. */
export function partsValue(type: ValueType, parts: readonly Value[], place: Place): Value {
  return { type, place, ir: { is: "parts", parts } };
}

/** The parts that a value consists of in the end: numbers, texts and bytes. */
export function leavesOf({ ir }: Value): Stored[] {
  switch (ir.is) {
    case "scalar":
      return [ir.scalar];
    case "text":
      return [ir.text];
    case "words":
      return [ir.words];
    case "parts":
      return ir.parts.flatMap(leavesOf);
  }
}

const UNSIGNED: IntType = { kind: "int", size: 8, signed: false, shown: "bigint" };
const SIGNED: IntType = { ...UNSIGNED, signed: true };

/** What a value of a type consists of in memory, in order. Integers have 8 bytes, whatever their size. */
export function storedTypes(type: ValueType): StoredType[] {
  switch (type.kind) {
    case "int":
      return [type.signed ? SIGNED : UNSIGNED];
    case "string":
      return [{ kind: "text", size: type.size }];
    case "buffer":
      if (type.copied) return [{ kind: "text", size: type.size + 1 }];
      return [{ kind: "words", size: WORDS_AT + type.size }];
    case "tuple":
      return type.parts.flatMap(storedTypes);
    case "array":
      return Array.from({ length: type.length }, () => storedTypes(type.of)).flat();
    default:
      return Array.from({ length: PARTS[type.kind] ?? 1 }, () => UNSIGNED);
  }
}

/** How many numbers the types have that are more than one. */
const PARTS: Readonly<Record<string, number>> = {
  usym: 2, // the address and the process
  stack: 2, // the number in the map of stacks and the process
  inet: 3, // the family and the address
  mac: 2, // the first four bytes and the last two
};
