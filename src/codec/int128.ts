import { checkBigint } from "./_check.ts";
import type { Codec } from "./codec.ts";
import { LITTLE_ENDIAN } from "./int.ts";

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
