import { type Codec, cstr, type PlacedBits, type PlacedField, placedStruct, u64 } from "../codec/mod.ts";
import { BtfError } from "../errors.ts";
import { bitsOf, enumCodec, floatCodec, intCodec } from "./_scalar_codecs.ts";
import type { Btf } from "./btf.ts";
import type { BtfArray, BtfComposite, BtfMember } from "./types.ts";
import { sizeOf, skipModifiers, typeName } from "./walk.ts";

/**
 * What a value is in TypeScript when only its BTF is known: integers of up to 4 bytes and enums are numbers, larger
 * ones and pointers bigints, arrays of `char` text, structs and unions objects with a property a member.
 */
export type BtfValue =
  | number
  | bigint
  | boolean
  | string
  | readonly BtfValue[]
  | { readonly [member: string]: BtfValue };

/** How deep structs and arrays may nest. */
const MAX_DEPTH = 32;
/** Of how many elements an array may be: as many as there are bytes in a buffer of any runtime. */
const MAX_LENGTH = 0x7fff_ffff;
/** Of how many parts a value may be, the elements of an array counted once; no C type comes near. */
const MAX_PARTS = 1 << 16;

/**
 * A codec of a type that is only known from BTF.
 *
 * Writing a struct wants all of its members, writing a union those that are to be set: one, or several that agree, as
 * those do that were read together. Bytes that no member covers become 0.
 *
 * @throws {BtfError} The type has no size, nests without end, or has a member beyond its end.
 *
 * @example
 * ```ts
 * import { type Btf, btfCodec } from "@waggle/ebpf/btf";
 *
 * declare const btf: Btf;
 * const type = btf.find("event", "struct");
 * if (type) btfCodec(btf, type.id).read(new DataView(new ArrayBuffer(type.size)), 0);
 * ```
 */
export function btfCodec(btf: Btf, id: number): Codec<BtfValue> {
  return codecOf({ btf, left: MAX_PARTS }, id, MAX_DEPTH);
}

/** Where the types are, and of how many more parts the value may be. */
interface Source {
  readonly btf: Btf;
  left: number;
}

function codecOf(source: Source, id: number, depth: number): Codec<BtfValue> {
  const { btf } = source;
  spend(source, id, depth);
  const type = skipModifiers(btf, id);
  switch (type.kind) {
    case "int":
      return intCodec(type);
    case "enum":
      return enumCodec(type);
    case "pointer":
      return { ...u64, type: typeName(btf, id) };
    case "float":
      return floatCodec(type.size, typeName(btf, id));
    case "array":
      return arrayCodec(source, type, depth);
    case "struct":
    case "union":
      return compositeCodec(source, type, depth);
    default:
      throw new BtfError(`Cannot read ${typeName(btf, id)}: a ${type.kind} has no size`);
  }
}

/** Throws where a value has too many parts, or nests too deep, which it may without end. */
function spend(source: Source, id: number, depth: number): void {
  const { btf } = source;
  if (depth <= 0) {
    throw new BtfError(`Cannot read ${typeName(btf, id)}: it nests more than ${MAX_DEPTH} levels deep`);
  }
  if (source.left-- <= 0) {
    throw new BtfError(`Cannot read ${typeName(btf, id)}: it is one of more than ${MAX_PARTS} parts`);
  }
}

function arrayCodec(source: Source, { id, typeId, length }: BtfArray, depth: number): Codec<BtfValue> {
  const { btf } = source;
  if (length > MAX_LENGTH) throw new BtfError(`Cannot read ${typeName(btf, id)}: it is too long`);
  const element = skipModifiers(btf, typeId);
  if (
    length > 0 && element.kind === "int" && element.size === 1 && (element.char || element.name === "char")
  ) {
    return cstr(length);
  }
  const codec = codecOf(source, typeId, depth - 1);
  const stride = sizeOf(btf, typeId);
  const type = typeName(btf, id);
  if (stride === 0) length = 0; // what takes no bytes says nothing, and could be there four billion times
  return {
    size: stride * length,
    align: codec.align,
    type,
    element: codec,
    read(view, at) {
      const values: BtfValue[] = [];
      for (let i = 0; i < length; i++) values.push(codec.read(view, at + i * stride));
      return values;
    },
    write(view, at, value) {
      if (!Array.isArray(value) || value.length !== length) {
        throw new TypeError(`Cannot encode a value as ${type}: not an array of ${length}`);
      }
      value.forEach((one: BtfValue, i) => codec.write(view, at + i * stride, one));
    },
  };
}

function compositeCodec(source: Source, composite: BtfComposite, depth: number): Codec<BtfValue> {
  const { id, size } = composite;
  const fields = membersOf(source, composite, depth);
  return placedStruct<BtfValue>(fields, {
    type: typeName(source.btf, id),
    size,
    align: alignOf(fields, size),
    rare: true, // structs of the kernel are made of hundreds
  });
}

/** The largest alignment of the members; 1 where one is off its own, or the size is, as in packed structs. */
function alignOf(fields: readonly (PlacedField | PlacedBits)[], size: number): number {
  let align = 1;
  for (const field of fields) {
    if ("bits" in field) continue;
    if (field.offset % field.codec.align !== 0) return 1;
    align = Math.max(align, field.codec.align);
  }
  return size % align === 0 ? align : 1;
}

/** The members, those of anonymous structs and unions among them as if they were its own. */
function membersOf(source: Source, composite: BtfComposite, depth: number): (PlacedField | PlacedBits)[] {
  const { btf } = source;
  const { id, kind, size, members } = composite;
  const shared = kind === "union";
  return members.flatMap((member): (PlacedField | PlacedBits)[] => {
    const { name, typeId, bitOffset, bitSize } = member;
    const end = bitOffset + (bitSize || sizeOf(btf, typeId) * 8);
    if (end > size * 8 || bitSize === 0 && bitOffset % 8 !== 0) {
      throw new BtfError(
        `Cannot read ${typeName(btf, id)}: member "${name}" is misplaced at bit ${bitOffset}`,
      );
    }
    const type = skipModifiers(btf, typeId);
    if (name !== "" || type.kind !== "struct" && type.kind !== "union") {
      return [{ ...memberOf(source, member, depth), shared }];
    }
    spend(source, typeId, depth);
    return membersOf(source, type, depth - 1).map((each) => moved(each, bitOffset, shared));
  });
}

function memberOf(source: Source, member: BtfMember, depth: number): PlacedField | PlacedBits {
  const { name, typeId, bitOffset, bitSize } = member;
  if (bitSize === 0) return { name, offset: bitOffset / 8, codec: codecOf(source, typeId, depth - 1) };
  return { name, bitOffset, bits: bitsOf(skipModifiers(source.btf, typeId), name, bitSize) };
}

/** The member of an anonymous struct or union that starts at bit `start`. */
function moved(field: PlacedField | PlacedBits, start: number, shared: boolean): PlacedField | PlacedBits {
  const either = { shared: shared || field.shared === true };
  return "bits" in field
    ? { ...field, ...either, bitOffset: field.bitOffset + start }
    : { ...field, ...either, offset: field.offset + start / 8 };
}
