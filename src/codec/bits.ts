import { type BitRun, bitRun, isShort, readLong, readShort, writeLong, writeShort } from "./_bit_run.ts";
import { checkBigint, checkBoolean, checkNumber } from "./_check.ts";
import type { Codec } from "./codec.ts";
import { bool, i128, i16, i32, i64, i8, u128, u16, u32, u64, u8 } from "./int.ts";

/**
 * A bitfield: a field of {@linkcode struct} and {@linkcode union} that has no bytes of its own, so that it is no codec
 * and no type of a map's value. Made by {@linkcode bits}.
 *
 * @typeParam T What the value is in TypeScript.
 */
export interface Bits<T> {
  /** The C type, for messages: `u32:3`. */
  readonly type: string;
  /** The type that it is declared with, which says where it may lie. */
  readonly base: Codec<T>;
  /** In bits. */
  readonly width: number;
  /** The codec of the bitfield where its first bit is number `start` of the bytes, in the order in which C fills them. */
  at(start: number): Codec<T>;
}

/** The types of bitfields, with how many bits they hold and whether values may be negative. */
const BASES: ReadonlyMap<unknown, { readonly bits: number; readonly signed: boolean }> = new Map(
  [
    ...[u8, u16, u32, u64, u128].map((base) => ({ base, bits: base.size * 8, signed: false })),
    ...[i8, i16, i32, i64, i128].map((base) => ({ base, bits: base.size * 8, signed: true })),
    { base: bool, bits: 1, signed: false },
  ].map(({ base, bits, signed }) => [base, { bits, signed }]),
);

/**
 * The end of a unit of type `base` (`unsigned : 0`): what follows lies in the next one. It has no value, whatever its
 * name.
 *
 * It does not align the struct, as it does in arm64's own C, for BPF is not like that.
 */
export function bits(base: Codec<number> | Codec<bigint> | Codec<boolean>, width: 0): Bits<never>;
/**
 * A bitfield of `width` bits, declared with type `base`: `u8` to `u128`, `i8` to `i128` or `bool`.
 *
 * It lies as compilers place it on x86-64, arm64 and BPF: right behind the bitfield before it, unless it would cross
 * the border of a unit of its type, where the next unit begins, which packed structs do not mind.
 *
 * @throws {RangeError} The width is not an integer from 0 to the number of bits of the type.
 * @throws {TypeError} The type is none for bitfields.
 *
 * @example
 * ```ts
 * import { bits, bool, struct, u32 } from "@waggle/ebpf/codec";
 *
 * // struct flags { unsigned kind : 3; _Bool last : 1; unsigned : 0; unsigned more : 30; };
 * const Flags = struct({ kind: bits(u32, 3), last: bits(bool, 1), _: bits(u32, 0), more: bits(u32, 30) });
 * Flags.size; // 8
 * Flags.read(new DataView(new ArrayBuffer(8)), 0); // { kind: 0, last: false, more: 0 }
 * ```
 */
export function bits<T extends number | bigint | boolean>(base: Codec<T>, width: number): Bits<T>;
export function bits(base: Codec<unknown>, width: number): Bits<unknown> {
  const type = `${base.type}:${width}`;
  const known = BASES.get(base);
  if (known === undefined) {
    throw new TypeError(`Cannot make bitfield "${type}": the type is not u8 to u128, i8 to i128 or bool`);
  }
  if (!Number.isInteger(width) || width < 0 || width > known.bits) {
    throw new RangeError(`Cannot make bitfield "${type}": width is not an integer from 0 to ${known.bits}`);
  }
  return {
    type,
    base,
    width,
    at(start) {
      if (width === 0) throw new TypeError(`Cannot place bitfield "${type}": it has no value`);
      const run = bitRun(start, width, known.signed);
      const { read, write } = accessOf(base, type, run);
      return { size: run.first + run.count, align: base.align, type, read, write };
    },
  };
}

/** Whether a field is a bitfield. */
export function isBits(field: Codec<unknown> | Bits<unknown>): field is Bits<unknown> {
  return "base" in field;
}

type Access = Pick<Codec<unknown>, "read" | "write">;

function accessOf(base: Codec<unknown>, type: string, run: BitRun): Access {
  if (base === bool) return flagAccess(type, run);
  return base.size > 4 ? bigintAccess(type, run) : numberAccess(type, run);
}

function flagAccess(type: string, run: BitRun): Access {
  return {
    read: (view, at) => readShort(run, view, at) !== 0,
    write: (view, at, value) => writeShort(run, view, at, checkBoolean(type, value) ? 1 : 0),
  };
}

function numberAccess(type: string, run: BitRun): Access {
  const { width, signed } = run;
  const min = signed ? -(2 ** (width - 1)) : 0;
  const max = 2 ** (signed ? width - 1 : width) - 1;
  const check = (value: unknown) => checkNumber(type, value as number, min, max);
  return isShort(run)
    ? {
      read: (view, at) => readShort(run, view, at),
      write: (view, at, value) => writeShort(run, view, at, check(value)),
    }
    : {
      read: (view, at) => Number(readLong(run, view, at)),
      write: (view, at, value) => writeLong(run, view, at, BigInt(check(value))),
    };
}

function bigintAccess(type: string, run: BitRun): Access {
  const { width, signed } = run;
  const min = signed ? -(2n ** BigInt(width - 1)) : 0n;
  const max = 2n ** BigInt(signed ? width - 1 : width) - 1n;
  return {
    read: isShort(run)
      ? (view, at) => BigInt(readShort(run, view, at))
      : (view, at) => readLong(run, view, at),
    write: (view, at, value) => writeLong(run, view, at, checkBigint(type, value as bigint, min, max)),
  };
}
