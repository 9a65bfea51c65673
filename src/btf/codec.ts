import { bool, type Codec, cstr, i16, i32, i64, i8, LITTLE_ENDIAN, u16, u32, u64, u8 } from "../codec/mod.ts";
import { BtfError } from "../errors.ts";
import type { Btf } from "./btf.ts";
import type { BtfArray, BtfComposite, BtfEnum, BtfInt, BtfMember, BtfType } from "./types.ts";
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
  const codec = codecOf({ btf, left: MAX_PARTS }, id, MAX_DEPTH);
  return {
    ...codec,
    write(view, at, value) {
      new Uint8Array(view.buffer, view.byteOffset + at, codec.size).fill(0);
      codec.write(view, at, value);
    },
  };
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

const UNSIGNED: Readonly<Record<number, Codec<number> | Codec<bigint>>> = { 1: u8, 2: u16, 4: u32, 8: u64 };
const SIGNED: Readonly<Record<number, Codec<number> | Codec<bigint>>> = { 1: i8, 2: i16, 4: i32, 8: i64 };

function intCodec({ name, size, bits, bitOffset, signed, bool: isBool }: BtfInt): Codec<BtfValue> {
  if (isBool && size === 1) return bool;
  const plain = bits === size * 8 && bitOffset === 0;
  const codec = (signed ? SIGNED : UNSIGNED)[size];
  if (bitOffset + bits > size * 8) {
    throw new BtfError(`Cannot read ${name}: it has ${bits} bits in ${size} bytes`);
  }
  return plain && codec ? codec : bitsCodec(name, size, bitOffset, bits, signed);
}

function enumCodec({ size, signed }: BtfEnum): Codec<BtfValue> {
  const codec = (signed ? SIGNED : UNSIGNED)[size];
  if (!codec) throw new BtfError(`Cannot read an enum of ${size} bytes: not 1, 2, 4 or 8`);
  return codec;
}

function floatCodec(size: number, type: string): Codec<BtfValue> {
  if (size === 4) {
    return {
      size,
      align: 4,
      type,
      read: (view, at) => view.getFloat32(at, LITTLE_ENDIAN),
      write: (view, at, value) => view.setFloat32(at, asNumber(value, type), LITTLE_ENDIAN),
    };
  }
  if (size !== 8) {
    throw new BtfError(`Cannot read ${type}: floating point numbers have 4 or 8 bytes, not ${size}`);
  }
  return {
    size,
    align: 8,
    type,
    read: (view, at) => view.getFloat64(at, LITTLE_ENDIAN),
    write: (view, at, value) => view.setFloat64(at, asNumber(value, type), LITTLE_ENDIAN),
  };
}

function asNumber(value: BtfValue, type: string): number {
  if (typeof value === "number") return value;
  throw new TypeError(`Cannot encode ${String(value)} as ${type}: not a number`);
}

function asInteger(value: BtfValue, type: string): bigint {
  if (typeof value === "bigint" || Number.isInteger(value)) return BigInt(value as bigint | number);
  throw new TypeError(`Cannot encode ${String(value)} as ${type}: not an integer`);
}

/** Any run of up to 128 bits: bitfields, `__int128`, and integers of odd widths. */
function bitsCodec(
  type: string,
  size: number,
  bitOffset: number,
  bits: number,
  signed: boolean,
): Codec<BtfValue> {
  const mask = (1n << BigInt(bits)) - 1n;
  const first = bitOffset >> 3;
  const count = Math.ceil((bitOffset % 8 + bits) / 8);
  // Counted from the least significant bit, which is where the first bit is on little-endian machines only.
  const shift = BigInt(LITTLE_ENDIAN ? bitOffset % 8 : count * 8 - bitOffset % 8 - bits);
  const load = (view: DataView, at: number) => {
    let word = 0n;
    for (let i = 0; i < count; i++) {
      const place = at + first + (LITTLE_ENDIAN ? count - 1 - i : i);
      word = word << 8n | BigInt(view.getUint8(place));
    }
    return word;
  };
  return {
    size,
    align: 1,
    type: `${type}:${bits}`,
    read(view, at) {
      const raw = load(view, at) >> shift & mask;
      const value = signed ? BigInt.asIntN(bits, raw) : raw;
      return bits <= 32 ? Number(value) : value;
    },
    write(view, at, value) {
      const wanted = asInteger(value, `${type}:${bits}`);
      const fits = signed ? BigInt.asIntN(bits, wanted) === wanted : (wanted & mask) === wanted;
      if (!fits) {
        throw new RangeError(`Cannot encode ${wanted} as ${type}:${bits}: it does not fit ${bits} bits`);
      }
      let word = (load(view, at) & ~(mask << shift)) | (wanted & mask) << shift;
      for (let i = 0; i < count; i++) {
        view.setUint8(at + first + (LITTLE_ENDIAN ? i : count - 1 - i), Number(word & 0xffn));
        word >>= 8n;
      }
    },
  };
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
    read: (view, at) => Array.from({ length }, (_, i) => codec.read(view, at + i * stride)),
    write(view, at, value) {
      if (!Array.isArray(value) || value.length !== length) {
        throw new TypeError(`Cannot encode a value as ${type}: not an array of ${length}`);
      }
      value.forEach((one: BtfValue, i) => codec.write(view, at + i * stride, one));
    },
  };
}

interface Member {
  readonly name: string;
  readonly at: number;
  readonly codec: Codec<BtfValue>;
  /** Whether it is of a union, and shares its bytes with other members. */
  readonly shared: boolean;
}

function compositeCodec(source: Source, composite: BtfComposite, depth: number): Codec<BtfValue> {
  const { id, size } = composite;
  const type = typeName(source.btf, id);
  const all = membersOf(source, composite, depth);
  return {
    size,
    align: 1,
    type,
    read: (view, at) =>
      Object.fromEntries(all.map(({ name, at: offset, codec }) => [name, codec.read(view, at + offset)])),
    write(view, at, value) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw new TypeError(`Cannot encode a value as ${type}: not an object`);
      }
      const given = value as { readonly [member: string]: BtfValue };
      for (const { name, at: offset, codec, shared } of all) {
        const one = given[name];
        if (one !== undefined) codec.write(view, at + offset, one);
        else if (!shared) {
          throw new TypeError(`Cannot encode a value as ${type}: member "${name}" is missing`);
        }
      }
      const unions = all.filter(({ name, shared }) => shared && given[name] !== undefined);
      if (unions.length > 1) {
        checkAgree(unions, given, type, new Uint8Array(view.buffer, view.byteOffset + at, size));
      }
    },
  };
}

/** Refuses members of a union that differ: to write one of them again must change nothing. */
function checkAgree(
  members: readonly Member[],
  given: { readonly [member: string]: BtfValue },
  type: string,
  bytes: Uint8Array,
): void {
  for (const { name, at, codec } of members) {
    const again = bytes.slice();
    codec.write(new DataView(again.buffer), at, given[name] ?? 0);
    if (again.every((byte, i) => byte === bytes[i])) continue;
    throw new TypeError(
      `Cannot encode a value as ${type}: member "${name}" shares bytes with one that differs: give one of them`,
    );
  }
}

/** The members, those of anonymous structs and unions among them as if they were its own. */
function membersOf(source: Source, { id, kind, size, members }: BtfComposite, depth: number): Member[] {
  const { btf } = source;
  const shared = kind === "union";
  return members.flatMap((member): Member[] => {
    const { name, typeId, bitOffset, bitSize } = member;
    const end = bitOffset + (bitSize || sizeOf(btf, typeId) * 8);
    if (end > size * 8 || bitSize === 0 && bitOffset % 8 !== 0) {
      throw new BtfError(
        `Cannot read ${typeName(btf, id)}: member "${name}" is misplaced at bit ${bitOffset}`,
      );
    }
    const type = skipModifiers(btf, typeId);
    if (name !== "" || type.kind !== "struct" && type.kind !== "union") {
      return [{ ...memberOf(source, member, type, depth), shared }];
    }
    spend(source, typeId, depth);
    return membersOf(source, type, depth - 1)
      .map((each) => ({ ...each, at: each.at + bitOffset / 8, shared: shared || each.shared }));
  });
}

function memberOf(
  source: Source,
  { name, typeId, bitOffset, bitSize }: BtfMember,
  type: BtfType,
  depth: number,
): Omit<Member, "shared"> {
  if (bitSize === 0) return { name, at: bitOffset / 8, codec: codecOf(source, typeId, depth - 1) };
  const signed = (type.kind === "int" || type.kind === "enum") && type.signed;
  const isBool = type.kind === "int" && type.bool;
  const codec = isBool ? flagCodec(bitOffset) : bitsCodec(name, 0, bitOffset, bitSize, signed);
  return { name, at: 0, codec };
}

/** A `bool` of one bit. */
function flagCodec(bitOffset: number): Codec<BtfValue> {
  const bit = bitsCodec("bool", 0, bitOffset, 1, false);
  return {
    ...bit,
    read: (view, at) => bit.read(view, at) === 1,
    write(view, at, value) {
      if (typeof value !== "boolean") {
        throw new TypeError(`Cannot encode ${String(value)} as bool:1: not a boolean`);
      }
      bit.write(view, at, Number(value));
    },
  };
}
