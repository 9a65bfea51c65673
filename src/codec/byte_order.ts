import { checkBigint, checkNumber } from "./_check.ts";
import type { Codec } from "./codec.ts";

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
