/**
 * Numbers in registers.
 *
 * @module
 */
import { arsh, lsh, r0, type UnsignedSize } from "../../asm/mod.ts";
import type { Type } from "../ir/type.ts";
import type { Code } from "./code.ts";

/** The name of an unsigned integer of so many bytes. */
export function widthOf(size: 1 | 2 | 4 | 8): UnsignedSize {
  return size === 1 ? "u8" : size === 2 ? "u16" : size === 4 ? "u32" : "u64";
}

/** Whether a constant fits the 32 bits that an instruction extends the sign of. */
export function isImmediate(value: bigint): boolean {
  return BigInt.asIntN(32, value) === value;
}

/** Fills the high bits of a number that was loaded into r0, where it may be below 0. */
export function extendSign(code: Code, type: Type): void {
  if (type.kind !== "int" || !type.signed || type.size === 8) return;
  const bits = 64 - type.size * 8;
  code.add(lsh(r0, bits), arsh(r0, bits));
}
