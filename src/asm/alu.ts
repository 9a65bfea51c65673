/**
 * Arithmetic. On `r` registers an operation has 64 bits and extends the sign of an immediate; on `w` registers it has
 * 32 bits and clears the high half of the destination.
 *
 * @module
 */
import { build, buildBinary } from "./_build.ts";
import type { Instruction } from "./instruction.ts";
import { ALU, CLASS, SOURCE } from "./opcode.ts";
import type { Register, Register32, Register64 } from "./register.ts";

/**
 * `dst += src` (`BPF_ADD`).
 *
 * @example A pointer to the first 8 bytes of the stack
 * ```ts
 * import { add, type Instruction, mov, r10, r2 } from "@waggle/ebpf/asm";
 *
 * const key: Instruction[] = [mov(r2, r10), add(r2, -8)];
 * ```
 *
 * @throws {RangeError} The immediate does not fit; so do all operations here.
 * @throws {TypeError} The registers differ in width; so do all operations here.
 */
export function add<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.ADD, dst, src);
}

/** `dst -= src` (`BPF_SUB`). */
export function sub<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.SUB, dst, src);
}

/** `dst *= src` (`BPF_MUL`). */
export function mul<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.MUL, dst, src);
}

/** `dst /= src`, unsigned; division by a zero register gives 0 (`BPF_DIV`). */
export function div<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.DIV, dst, src);
}

/** `dst s/= src`, signed (`BPF_DIV` with offset 1). Since Linux 6.6. */
export function sdiv<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.DIV, dst, src, 1);
}

/** `dst %= src`, unsigned; the remainder by a zero register is `dst` (`BPF_MOD`). */
export function mod<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.MOD, dst, src);
}

/** `dst s%= src`, signed (`BPF_MOD` with offset 1). Since Linux 6.6. */
export function smod<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.MOD, dst, src, 1);
}

/** `dst |= src` (`BPF_OR`). */
export function or<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.OR, dst, src);
}

/** `dst &= src` (`BPF_AND`). */
export function and<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.AND, dst, src);
}

/** `dst ^= src` (`BPF_XOR`). */
export function xor<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.XOR, dst, src);
}

/** `dst <<= src` (`BPF_LSH`). */
export function lsh<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.LSH, dst, src);
}

/** `dst >>= src`, filling with zeros (`BPF_RSH`). */
export function rsh<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.RSH, dst, src);
}

/** `dst s>>= src`, filling with the sign (`BPF_ARSH`). */
export function arsh<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.ARSH, dst, src);
}

/** `dst = -dst` (`BPF_NEG`). */
export function neg(dst: Register): Instruction {
  return build(classOf(dst) | ALU.NEG, { dst });
}

/** `dst = src` (`BPF_MOV`). */
export function mov<R extends Register>(dst: R, src: NoInfer<R> | number): Instruction {
  return alu(ALU.MOV, dst, src);
}

/** `dst = src` from its low 8, 16 or 32 bits, extending their sign (`BPF_MOV` with an offset). Since Linux 6.6. */
export function movsx<R extends Register>(
  dst: R,
  src: NoInfer<R>,
  bits: R extends Register32 ? 8 | 16 : 8 | 16 | 32,
): Instruction {
  return alu(ALU.MOV, dst, src, bits);
}

/** Converts the low 16, 32 or 64 bits of `dst` between the machine's byte order and little endian (`BPF_TO_LE`). */
export function toLe(dst: Register64, bits: 16 | 32 | 64): Instruction {
  return build(CLASS.ALU | ALU.END | SOURCE.K, { dst, imm: bits });
}

/** Converts the low 16, 32 or 64 bits of `dst` between the machine's byte order and big endian (`BPF_TO_BE`). */
export function toBe(dst: Register64, bits: 16 | 32 | 64): Instruction {
  return build(CLASS.ALU | ALU.END | SOURCE.X, { dst, imm: bits });
}

/** Reverses the bytes of the low 16, 32 or 64 bits of `dst`. Since Linux 6.6. */
export function bswap(dst: Register64, bits: 16 | 32 | 64): Instruction {
  return build(CLASS.ALU64 | ALU.END, { dst, imm: bits });
}

/**
 * `dst = src`, converted from one address space to another (`BPF_ADDR_SPACE_CAST`). Since Linux 6.9.
 *
 * The kernel's space is 0, that of an arena 1.
 */
export function addrSpaceCast(
  dst: Register64,
  src: Register64,
  spaces: { readonly to: 0 | 1; readonly from: 0 | 1 },
): Instruction {
  const imm = spaces.to << 16 | spaces.from;
  return build(CLASS.ALU64 | ALU.MOV | SOURCE.X, { dst, src, offset: 1, imm });
}

function alu(operation: number, dst: Register, src: Register | number, offset = 0): Instruction {
  return buildBinary(classOf(dst) | operation, dst, src, { offset });
}

function classOf(dst: Register): number {
  return dst.bits === 32 ? CLASS.ALU : CLASS.ALU64;
}
