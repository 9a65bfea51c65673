import { bool, type Codec, i16, i32, i64, i8, LITTLE_ENDIAN, u16, u32, u64, u8 } from "../codec/mod.ts";
import { BtfError } from "../errors.ts";
import type { BtfValue } from "./codec.ts";
import type { BtfEnum, BtfInt } from "./types.ts";

const UNSIGNED: Readonly<Record<number, Codec<number> | Codec<bigint>>> = { 1: u8, 2: u16, 4: u32, 8: u64 };
const SIGNED: Readonly<Record<number, Codec<number> | Codec<bigint>>> = { 1: i8, 2: i16, 4: i32, 8: i64 };

/** An integer, character or boolean. */
export function intCodec({ name, size, bits, bitOffset, signed, bool: isBool }: BtfInt): Codec<BtfValue> {
  if (isBool && size === 1) return bool;
  const plain = bits === size * 8 && bitOffset === 0;
  const codec = (signed ? SIGNED : UNSIGNED)[size];
  if (bitOffset + bits > size * 8) {
    throw new BtfError(`Cannot read ${name}: it has ${bits} bits in ${size} bytes`);
  }
  return plain && codec ? codec : bitsCodec(name, size, bitOffset, bits, signed);
}

/** An enum, as its number. */
export function enumCodec({ size, signed }: BtfEnum): Codec<BtfValue> {
  const codec = (signed ? SIGNED : UNSIGNED)[size];
  if (!codec) throw new BtfError(`Cannot read an enum of ${size} bytes: not 1, 2, 4 or 8`);
  return codec;
}

/** A floating point number of 4 or 8 bytes. */
export function floatCodec(size: number, type: string): Codec<BtfValue> {
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
export function bitsCodec(
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

/** A `bool` of one bit. */
export function flagCodec(bitOffset: number): Codec<BtfValue> {
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
