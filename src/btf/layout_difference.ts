import type { Codec, StructField } from "../codec/mod.ts";
import { inUnits, shownBytes, shownExtent, shownLength } from "./_place_text.ts";
import { innermostElement, isComposite, membersOf, type Place, placesAt } from "./_places.ts";
import type { Btf } from "./btf.ts";
import type { BtfComposite } from "./types.ts";
import { sizeOf, skipModifiers, typeName } from "./walk.ts";

/** What is compared, as a message names it. */
interface Subject {
  /** `field "pid"`, or `the value`. */
  readonly name: string;
  /** The names of the fields that lead to it, with a dot at the end where there are any. */
  readonly prefix: string;
  /** What it is in: `struct event`, or `BTF`. */
  readonly owner: string;
}

const VALUE: Subject = { name: "the value", prefix: "", owner: "BTF" };

/** The types of codecs of integers, by the names that the codecs have. */
const INTEGER = /^(?:[iu]|[bl]e)\d+$|^(?:bool|char|enum)\b/;
const FLOAT = /^(?:float|double)$/;
/** The types of codecs that take bytes as they are. */
const RAW_BYTES = /^u8\[\d+\]$/;

/**
 * The first difference between the layout of a codec and a BTF type, as the end of a sentence: `field "pid" is at byte 4
 * here, at byte 8 in struct event`. `undefined` where values of the type can be read by the codec.
 *
 * Fields are looked up by their names, in anonymous structs and unions too. A field with a name of its own is the
 * member that starts there and is as large, padding, or bytes that are taken as they are. What is no struct or array is
 * compared by its size, where it is not a floating point number on one side only. Arrays of bytes take whatever fits. Of
 * a codec that goes on to the end of the bytes is compared what comes before.
 *
 * @throws {BtfError} The type has no size, as `void` and functions, or is malformed.
 *
 * @example
 * ```ts
 * import { type Btf, layoutDifference } from "@waggle/ebpf/btf";
 * import { struct, u32, u64 } from "@waggle/ebpf/codec";
 *
 * declare const btf: Btf;
 * const type = btf.find("event", "struct");
 * if (type !== undefined) layoutDifference(struct({ time: u64, pid: u32 }), btf, type.id);
 * ```
 */
export function layoutDifference(codec: Codec<unknown>, btf: Btf, typeId: number): string | undefined {
  return difference(codec, btf, typeId, VALUE);
}

function difference(codec: Codec<unknown>, btf: Btf, id: number, subject: Subject): string | undefined {
  if (codec.fields !== undefined) return structDifference(codec, codec.fields, btf, id, subject);
  if (codec.element !== undefined) return arrayDifference(codec, codec.element, btf, id, subject);
  return sizeDifference(codec, btf, id, subject) ?? floatDifference(codec, btf, id, subject);
}

function sizeDifference(codec: Codec<unknown>, btf: Btf, id: number, subject: Subject): string | undefined {
  const size = sizeOf(btf, id);
  if (codec.flexible ? codec.size <= size : codec.size === size) return undefined;
  return subject === VALUE
    ? `the value has ${shownBytes(codec.size)} here, ${typeName(btf, id)} has ${size}`
    : `${subject.name} has ${shownBytes(codec.size)} here, ${size} in ${subject.owner}`;
}

function floatDifference(codec: Codec<unknown>, btf: Btf, id: number, subject: Subject): string | undefined {
  const { kind } = skipModifiers(btf, id);
  const differs = kind === "float"
    ? INTEGER.test(codec.type)
    : FLOAT.test(codec.type) && (kind === "int" || kind === "enum" || kind === "pointer");
  return differs ? otherKind(codec, btf, id, subject) : undefined;
}

function otherKind(codec: Codec<unknown>, btf: Btf, id: number, { name, owner }: Subject): string {
  return `${name} is ${codec.type} here, ${typeName(btf, id)} in ${owner}`;
}

function arrayDifference(
  codec: Codec<unknown>,
  element: Codec<unknown>,
  btf: Btf,
  id: number,
  subject: Subject,
): string | undefined {
  const size = sizeDifference(codec, btf, id, subject);
  if (size !== undefined) return size;
  const type = skipModifiers(btf, id);
  if (isComposite(type)) {
    // As `struct in6_addr`, which is one union of arrays
    const whole = membersOf(btf, type).filter((it) =>
      !it.bitfield && it.start === 0 && it.length === codec.size * 8
    );
    const fits = whole.some(({ typeId }) => difference(codec, btf, typeId, subject) === undefined);
    return fits || codec.flexible ? undefined : otherKind(codec, btf, id, subject);
  }
  if (type.kind !== "array") return codec.flexible ? undefined : otherKind(codec, btf, id, subject);
  const innermost = innermostElement(btf, id);
  if (isByte(btf, innermost)) return undefined;
  let inner = element;
  while (inner.element !== undefined) inner = inner.element;
  const name = subject === VALUE ? "the element" : subject.name.replace(/"$/, '[]"');
  return difference(inner, btf, innermost, {
    ...subject,
    name,
    prefix: subject.prefix.replace(/\.$/, "[]."),
  });
}

/** Whether it is an integer of one byte, arrays of which may hold anything. */
function isByte(btf: Btf, id: number): boolean {
  const type = skipModifiers(btf, id);
  return type.kind === "int" && type.size === 1;
}

function structDifference(
  codec: Codec<unknown>,
  fields: readonly StructField[],
  btf: Btf,
  id: number,
  subject: Subject,
): string | undefined {
  const type = skipModifiers(btf, id);
  if (isComposite(type)) {
    return fieldsDifference(fields, btf, type, subject) ?? sizeDifference(codec, btf, id, subject);
  }
  const size = sizeDifference(codec, btf, id, subject);
  if (size !== undefined) return size;
  if (type.kind === "array" && isByte(btf, innermostElement(btf, id))) return undefined;
  const fits = fields.some((field) =>
    field.shared && difference(field.codec, btf, id, subject) === undefined
  );
  return fits ? undefined : otherKind(codec, btf, id, subject);
}

function fieldsDifference(
  fields: readonly StructField[],
  btf: Btf,
  type: BtfComposite,
  subject: Subject,
): string | undefined {
  const members = membersOf(btf, type);
  const owner = typeName(btf, type.id);
  for (const field of fields) {
    const path = `${subject.prefix}${field.name}`;
    const part: Subject = { name: `field "${path}"`, prefix: `${path}.`, owner };
    const member = members.find(({ name }) => name === field.name);
    const found = member === undefined
      ? renamedDifference(field, btf, type, members, part)
      : memberDifference(field, btf, member, part);
    if (found !== undefined) return found;
  }
  return undefined;
}

function memberDifference(field: StructField, btf: Btf, member: Place, subject: Subject): string | undefined {
  const { name, owner } = subject;
  const { start, length, bitfield } = extentOf(field);
  if (start !== member.start) {
    const [here, there] = inUnits(start, member.start);
    return `${name} is at ${here} here, at ${there} in ${owner}`;
  }
  if (!bitfield && !member.bitfield) return difference(field.codec, btf, member.typeId, subject);
  return length === member.length
    ? undefined
    : `${name} has ${shownLength(length, bitfield)} here, ${
      shownLength(member.length, member.bitfield)
    } in ${owner}`;
}

/** Of a field whose name BTF does not have. */
function renamedDifference(
  field: StructField,
  btf: Btf,
  type: BtfComposite,
  members: readonly Place[],
  subject: Subject,
): string | undefined {
  const { start, length, bitfield } = extentOf(field);
  if (field.codec.flexible && length === 0) return undefined;
  const at = placesAt(btf, type.id, start).filter((place) => place.length === length);
  const differences = at.map((place) =>
    bitfield || place.bitfield ? undefined : difference(field.codec, btf, place.typeId, subject)
  );
  if (differences.includes(undefined)) return undefined;
  if (differences.length > 0) return differences[0];
  const end = start + length;
  const closest = members.find((it) => it.start < end && start < it.start + it.length);
  const within = end <= type.size * 8;
  // Padding that is spelled out, and bytes that are taken as they are
  if (within && (closest === undefined || RAW_BYTES.test(field.codec.type))) return undefined;
  if (closest !== undefined && holdsBytes(btf, closest, end)) return undefined;
  const there = closest === undefined ? "nothing" : `"${closest.name}" at ${shownExtent(closest)}`;
  return `${subject.name} is at ${shownExtent({ start, length })} here, where ${subject.owner} has ${there}`;
}

/** Whether something is an array of bytes that goes on to bit `end`. */
function holdsBytes(btf: Btf, { typeId, start, length, bitfield }: Place, end: number): boolean {
  const isArray = !bitfield && skipModifiers(btf, typeId).kind === "array";
  return isArray && end <= start + length && isByte(btf, innermostElement(btf, typeId));
}

function extentOf({ offset, size, bitOffset, bitWidth }: StructField): Omit<Place, "name" | "typeId"> {
  return {
    start: bitOffset ?? offset * 8,
    length: bitWidth ?? size * 8,
    bitfield: bitWidth !== undefined,
  };
}
