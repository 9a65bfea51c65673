/**
 * Widths of memory accesses, by the names of C types.
 *
 * @module
 */
import { SIZE } from "./opcode.ts";

/** Unsigned widths of memory accesses: 1, 2, 4 and 8 bytes. */
export type UnsignedSize = "u8" | "u16" | "u32" | "u64";

/** Widths of loads that extend the sign: 1, 2 and 4 bytes. */
export type SignedSize = "s8" | "s16" | "s32";

/** The size bits of opcodes. */
export const SIZE_BITS: Readonly<Record<UnsignedSize | SignedSize, number>> = {
  u8: SIZE.B,
  u16: SIZE.H,
  u32: SIZE.W,
  u64: SIZE.DW,
  s8: SIZE.B,
  s16: SIZE.H,
  s32: SIZE.W,
};
