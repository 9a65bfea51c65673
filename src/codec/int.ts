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
    if (high > 0x1f_ffff) {
      const value = view.getBigUint64(at, LITTLE_ENDIAN);
      throw new RangeError(`Cannot decode ${value} as u53: larger than ${Number.MAX_SAFE_INTEGER}: use u64`);
    }
    return high * 0x1_0000_0000 + view.getUint32(LITTLE_ENDIAN ? at : at + 4, LITTLE_ENDIAN);
  },
  write(view, at, value) {
    checkNumber("u53", value, 0, Number.MAX_SAFE_INTEGER);
    view.setUint32(LITTLE_ENDIAN ? at + 4 : at, Math.floor(value / 0x1_0000_0000), LITTLE_ENDIAN);
    view.setUint32(LITTLE_ENDIAN ? at : at + 4, value >>> 0, LITTLE_ENDIAN);
  },
};

/** `bool`, 1 byte; whatever is not 0 reads as true. */
export const bool: Codec<boolean> = {
  size: 1,
  align: 1,
  type: "bool",
  read: (view, at) => view.getUint8(at) !== 0,
  write: (view, at, value) => view.setUint8(at, checkBoolean("bool", value) ? 1 : 0),
};
