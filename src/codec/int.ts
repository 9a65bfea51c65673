import { checkBigint, checkBoolean, checkNumber } from "./_check.ts";
import type { Codec } from "./codec.ts";

/** Whether this machine stores the least significant byte first. */
export const LITTLE_ENDIAN: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** `__u8` and `unsigned char`, 1 byte, as a number. */
export const u8: Codec<number> = {
  size: 1,
  align: 1,
  type: "u8",
  read: (view, at) => view.getUint8(at),
  write: (view, at, value) => view.setUint8(at, checkNumber("u8", value, 0, 0xff)),
};

/** `__u16`, 2 bytes in the machine's byte order, as a number. */
export const u16: Codec<number> = {
  size: 2,
  align: 2,
  type: "u16",
  read: (view, at) => view.getUint16(at, LITTLE_ENDIAN),
  write: (view, at, value) => view.setUint16(at, checkNumber("u16", value, 0, 0xffff), LITTLE_ENDIAN),
};

/** `__u32`, 4 bytes in the machine's byte order, as a number. */
export const u32: Codec<number> = {
  size: 4,
  align: 4,
  type: "u32",
  read: (view, at) => view.getUint32(at, LITTLE_ENDIAN),
  write: (view, at, value) => view.setUint32(at, checkNumber("u32", value, 0, 0xffff_ffff), LITTLE_ENDIAN),
};

/** `__u64`, 8 bytes in the machine's byte order, as a bigint; see {@linkcode u53} for numbers. */
export const u64: Codec<bigint> = {
  size: 8,
  align: 8,
  type: "u64",
  read: (view, at) => view.getBigUint64(at, LITTLE_ENDIAN),
  write(view, at, value) {
    view.setBigUint64(at, checkBigint("u64", value, 0n, 0xffff_ffff_ffff_ffffn), LITTLE_ENDIAN);
  },
};

/** `__s8` and `signed char`, 1 byte, as a number. */
export const i8: Codec<number> = {
  size: 1,
  align: 1,
  type: "i8",
  read: (view, at) => view.getInt8(at),
  write: (view, at, value) => view.setInt8(at, checkNumber("i8", value, -0x80, 0x7f)),
};

/** `__s16`, 2 bytes in the machine's byte order, as a number. */
export const i16: Codec<number> = {
  size: 2,
  align: 2,
  type: "i16",
  read: (view, at) => view.getInt16(at, LITTLE_ENDIAN),
  write: (view, at, value) => view.setInt16(at, checkNumber("i16", value, -0x8000, 0x7fff), LITTLE_ENDIAN),
};

/** `__s32` and `int`, 4 bytes in the machine's byte order, as a number. */
export const i32: Codec<number> = {
  size: 4,
  align: 4,
  type: "i32",
  read: (view, at) => view.getInt32(at, LITTLE_ENDIAN),
  write(view, at, value) {
    view.setInt32(at, checkNumber("i32", value, -0x8000_0000, 0x7fff_ffff), LITTLE_ENDIAN);
  },
};

/** `__s64`, 8 bytes in the machine's byte order, as a bigint. */
export const i64: Codec<bigint> = {
  size: 8,
  align: 8,
  type: "i64",
  read: (view, at) => view.getBigInt64(at, LITTLE_ENDIAN),
  write(view, at, value) {
    view.setBigInt64(at, checkBigint("i64", value, -(2n ** 63n), 2n ** 63n - 1n), LITTLE_ENDIAN);
  },
};

/**
 * `__u64`, 8 bytes in the machine's byte order, as a number, for counts and times that stay below 2^53.
 *
 * Reading a larger one is a `RangeError`, never a rounded number.
 */
export const u53: Codec<number> = {
  size: 8,
  align: 8,
  type: "u64",
  read(view, at) {
    const high = view.getUint32(LITTLE_ENDIAN ? at + 4 : at, LITTLE_ENDIAN);
    return joined(high, view.getUint32(LITTLE_ENDIAN ? at : at + 4, LITTLE_ENDIAN));
  },
  write(view, at, value) {
    checkNumber("u53", value, 0, Number.MAX_SAFE_INTEGER);
    view.setUint32(LITTLE_ENDIAN ? at + 4 : at, Math.floor(value / 0x1_0000_0000), LITTLE_ENDIAN);
    view.setUint32(LITTLE_ENDIAN ? at : at + 4, value >>> 0, LITTLE_ENDIAN);
  },
};

/**
 * A number of its halves. V8 makes it a part of all functions that call it, as it has no more than 27 bytes of its code.
 *
 * @throws {RangeError} It is not exact.
 */
export function joined(high: number, low: number): number {
  return high > 0x1f_ffff ? tooLarge(high, low) : high * 0x1_0000_0000 + low;
}

function tooLarge(high: number, low: number): never {
  const value = BigInt(high) << 32n | BigInt(low);
  throw new RangeError(`Cannot decode ${value} as u53: larger than ${Number.MAX_SAFE_INTEGER}: use u64`);
}

/** `bool`, 1 byte; whatever is not 0 reads as true. */
export const bool: Codec<boolean> = {
  size: 1,
  align: 1,
  type: "bool",
  read: (view, at) => view.getUint8(at) !== 0,
  write: (view, at, value) => view.setUint8(at, checkBoolean("bool", value) ? 1 : 0),
};

/** Where the halves are, in bytes. */
const LOW = LITTLE_ENDIAN ? 0 : 8;
const HIGH = 8 - LOW;

/** `unsigned __int128`, 16 bytes in the machine's byte order, as a bigint. */
export const u128: Codec<bigint> = {
  size: 16,
  align: 16,
  type: "u128",
  read: (view, at) =>
    view.getBigUint64(at + HIGH, LITTLE_ENDIAN) << 64n | view.getBigUint64(at + LOW, LITTLE_ENDIAN),
  write: (view, at, value) => writeHalves(view, at, checkBigint("u128", value, 0n, 2n ** 128n - 1n)),
};

/** `__int128`, 16 bytes in the machine's byte order, as a bigint. */
export const i128: Codec<bigint> = {
  size: 16,
  align: 16,
  type: "i128",
  read: (view, at) =>
    view.getBigInt64(at + HIGH, LITTLE_ENDIAN) << 64n | view.getBigUint64(at + LOW, LITTLE_ENDIAN),
  write: (view, at, value) =>
    writeHalves(view, at, checkBigint("i128", value, -(2n ** 127n), 2n ** 127n - 1n)),
};

function writeHalves(view: DataView, at: number, value: bigint): void {
  view.setBigUint64(at + LOW, BigInt.asUintN(64, value), LITTLE_ENDIAN);
  view.setBigUint64(at + HIGH, BigInt.asUintN(64, value >> 64n), LITTLE_ENDIAN);
}

/** `__be16`, 2 bytes in network byte order, as a number: ports. */
export const be16: Codec<number> = int16("be16", false);

/** `__be32`, 4 bytes in network byte order, as a number; see {@linkcode ipv4} for addresses. */
export const be32: Codec<number> = int32("be32", false);

/** `__be64`, 8 bytes in network byte order, as a bigint. */
export const be64: Codec<bigint> = int64("be64", false);

/** `__le16`, 2 bytes with the least significant one first, as a number. */
export const le16: Codec<number> = int16("le16", true);

/** `__le32`, 4 bytes with the least significant one first, as a number. */
export const le32: Codec<number> = int32("le32", true);

/** `__le64`, 8 bytes with the least significant one first, as a bigint. */
export const le64: Codec<bigint> = int64("le64", true);

function int16(type: string, little: boolean): Codec<number> {
  return {
    size: 2,
    align: 2,
    type,
    read: (view, at) => view.getUint16(at, little),
    write: (view, at, value) => view.setUint16(at, checkNumber(type, value, 0, 0xffff), little),
  };
}

function int32(type: string, little: boolean): Codec<number> {
  return {
    size: 4,
    align: 4,
    type,
    read: (view, at) => view.getUint32(at, little),
    write: (view, at, value) => view.setUint32(at, checkNumber(type, value, 0, 0xffff_ffff), little),
  };
}

function int64(type: string, little: boolean): Codec<bigint> {
  return {
    size: 8,
    align: 8,
    type,
    read: (view, at) => view.getBigUint64(at, little),
    write: (view, at, value) => view.setBigUint64(at, checkBigint(type, value, 0n, 2n ** 64n - 1n), little),
  };
}
