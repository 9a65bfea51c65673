import {
  type Bits,
  bits,
  bool,
  type Codec,
  f32,
  f64,
  i128,
  i16,
  i32,
  i64,
  i8,
  u128,
  u16,
  u32,
  u64,
  u8,
} from "../codec/mod.ts";
import { BtfError } from "../errors.ts";
import type { BtfValue } from "./codec.ts";
import type { BtfEnum, BtfInt, BtfType } from "./types.ts";

type IntCodec = Codec<number> | Codec<bigint>;

const UNSIGNED: Readonly<Record<number, IntCodec>> = { 1: u8, 2: u16, 4: u32, 8: u64, 16: u128 };
const SIGNED: Readonly<Record<number, IntCodec>> = { 1: i8, 2: i16, 4: i32, 8: i64, 16: i128 };

/** An integer, character or boolean. */
export function intCodec(type: BtfInt): Codec<BtfValue> {
  const { name, size, bits, bitOffset, signed } = type;
  if (type.bool && size === 1) return bool;
  if (bitOffset + bits > size * 8) {
    throw new BtfError(`Cannot read ${name}: it has ${bits} bits in ${size} bytes`);
  }
  const plain = bits === size * 8 && bitOffset === 0;
  const codec = (signed ? SIGNED : UNSIGNED)[size];
  return plain && codec ? codec : partCodec(type);
}

/** An integer that has not all bits of its bytes, as old compilers made bitfields; writing zeroes the others. */
function partCodec({ name, size, bits, bitOffset, signed }: BtfInt): Codec<BtfValue> {
  const part = intBits(name, bits, signed).at(bitOffset);
  return {
    ...part,
    size,
    align: 1,
    write(view, at, value) {
      for (let i = 0; i < size; i++) view.setUint8(at + i, 0);
      part.write(view, at, value);
    },
  };
}

/** A bitfield of a type: a boolean, or a number of up to 32 bits, or a bigint. */
export function bitsOf(type: BtfType, name: string, width: number): Bits<BtfValue> {
  if (type.kind === "int" && type.bool && width === 1) return bits(bool, 1);
  return intBits(name, width, (type.kind === "int" || type.kind === "enum") && type.signed);
}

function intBits(name: string, width: number, signed: boolean): Bits<BtfValue> {
  if (width < 1 || width > 128) {
    throw new BtfError(`Cannot read ${name}: it has ${width} bits, and not 1 to 128`);
  }
  if (width <= 32) return bits(signed ? i32 : u32, width);
  return width <= 64 ? bits(signed ? i64 : u64, width) : bits(signed ? i128 : u128, width);
}

/** An enum, as its number. */
export function enumCodec({ size, signed }: BtfEnum): Codec<BtfValue> {
  const codec = (signed ? SIGNED : UNSIGNED)[size];
  if (!codec || size > 8) throw new BtfError(`Cannot read an enum of ${size} bytes: not 1, 2, 4 or 8`);
  return codec;
}

/** A floating point number of 4 or 8 bytes. */
export function floatCodec(size: number, type: string): Codec<BtfValue> {
  if (size === 4 || size === 8) return { ...(size === 4 ? f32 : f64), type };
  throw new BtfError(`Cannot read ${type}: floating point numbers have 4 or 8 bytes, not ${size}`);
}
