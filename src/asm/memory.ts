/**
 * Loads from and stores to memory. Memory is written `[register, offset]`, the offset in bytes.
 *
 * @module
 */
import { build, immediate } from "./_build.ts";
import type { Instruction } from "./instruction.ts";
import { CLASS, MODE } from "./opcode.ts";
import type { Register64 } from "./register.ts";
import { type SignedSize, SIZE_BITS, type UnsignedSize } from "./size.ts";

/** A place in memory: a register that holds an address, and an offset in bytes of signed 16 bits. */
export type Memory = readonly [base: Register64, offset: number];

/**
 * `dst = *(size *)(base + offset)` (`BPF_LDX`). The `s` sizes extend the sign (`BPF_MEMSX`) and need Linux 6.6.
 *
 * @example
 * ```ts
 * import { type Instruction, ldx, r1, r6 } from "@waggle/ebpf/asm";
 *
 * const length: Instruction = ldx("u32", r6, [r1, 0]);
 * ```
 *
 * @throws {RangeError} The offset does not fit 16 bits; so do all accesses here.
 */
export function ldx(size: UnsignedSize | SignedSize, dst: Register64, [src, offset]: Memory): Instruction {
  const mode = size[0] === "s" ? MODE.MEMSX : MODE.MEM;
  return build(CLASS.LDX | mode | SIZE_BITS[size], { dst, src, offset });
}

/**
 * `*(size *)(base + offset) = value`, an immediate (`BPF_ST`).
 *
 * @throws {RangeError} The value does not fit the size; for `u64` the signed 32 bits that are extended.
 */
export function st(size: UnsignedSize, [dst, offset]: Memory, value: number): Instruction {
  const imm = immediate(value, Number(size.slice(1)));
  return build(CLASS.ST | MODE.MEM | SIZE_BITS[size], { dst, offset, imm });
}

/** `*(size *)(base + offset) = src`, the low bits of a register (`BPF_STX`). */
export function stx(size: UnsignedSize, [dst, offset]: Memory, src: Register64): Instruction {
  return build(CLASS.STX | MODE.MEM | SIZE_BITS[size], { dst, src, offset });
}

/** `r0 = *(size *)skb[offset]`, from network byte order; legacy, r6 is the context (`BPF_LD | BPF_ABS`). */
export function ldAbs(size: "u8" | "u16" | "u32", offset: number): Instruction {
  return build(CLASS.LD | MODE.ABS | SIZE_BITS[size], { imm: offset });
}

/** `r0 = *(size *)skb[src + offset]`, from network byte order; legacy, r6 is the context (`BPF_LD | BPF_IND`). */
export function ldInd(size: "u8" | "u16" | "u32", src: Register64, offset: number): Instruction {
  return build(CLASS.LD | MODE.IND | SIZE_BITS[size], { src, imm: offset });
}
