/**
 * Jumps. Comparisons of `r` registers look at 64 bits, those of `w` registers at 32.
 *
 * @module
 */
import { build, buildBinary } from "./_build.ts";
import type { Instruction, Reference } from "./instruction.ts";
import { CLASS, JUMP, SOURCE } from "./opcode.ts";
import type { Register, Register64 } from "./register.ts";

/** Where a jump goes: the name of a {@linkcode label}, or a distance in slots from the next instruction. */
export type JumpTarget = string | number;

/**
 * Names an instruction, for jumps and calls to find it.
 *
 * @example
 * ```ts
 * import { exit, type Instruction, jeq, label, mov, r0, r1 } from "@waggle/ebpf/asm";
 *
 * const program: Instruction[] = [
 *   mov(r0, 0),
 *   jeq(r1, 0, "out"),
 *   mov(r0, 1),
 *   label("out", exit()),
 * ];
 * ```
 */
export function label(name: string, instruction: Instruction): Instruction {
  return { ...instruction, symbol: name };
}

/**
 * Jumps always (`BPF_JA`).
 *
 * {@linkcode encode} makes it a {@linkcode gotol} where the label is too far away for 16 bits.
 */
export function ja(target: JumpTarget): Instruction {
  return build(CLASS.JMP | JUMP.JA, towards(target));
}

/** Jumps always, with a distance of 32 bits (`BPF_JMP32 | BPF_JA`). Since Linux 6.6. */
export function gotol(target: JumpTarget): Instruction {
  if (typeof target === "number") return build(CLASS.JMP32 | JUMP.JA, { imm: target });
  return build(CLASS.JMP32 | JUMP.JA, towards(target));
}

/** Jumps to the address in `dst`, which comes from a map of instructions (`BPF_JA | BPF_X`). Since Linux 6.19. */
export function gotox(dst: Register64): Instruction {
  return build(CLASS.JMP | JUMP.JA | SOURCE.X, { dst });
}

/** Jumps once the loop it bounds ran too often; else goes on (`BPF_JCOND`, `may_goto`). Since Linux 6.9. */
export function mayGoto(target: JumpTarget): Instruction {
  return build(CLASS.JMP | JUMP.JCOND, towards(target));
}

/** Jumps if `dst == src` (`BPF_JEQ`). */
export function jeq<R extends Register>(dst: R, src: NoInfer<R> | number, target: JumpTarget): Instruction {
  return conditional(JUMP.JEQ, dst, src, target);
}

/** Jumps if `dst != src` (`BPF_JNE`). */
export function jne<R extends Register>(dst: R, src: NoInfer<R> | number, target: JumpTarget): Instruction {
  return conditional(JUMP.JNE, dst, src, target);
}

/** Jumps if `dst & src` is not 0 (`BPF_JSET`). */
export function jset<R extends Register>(dst: R, src: NoInfer<R> | number, target: JumpTarget): Instruction {
  return conditional(JUMP.JSET, dst, src, target);
}

/** Jumps if `dst > src`, unsigned (`BPF_JGT`). */
export function jgt<R extends Register>(dst: R, src: NoInfer<R> | number, target: JumpTarget): Instruction {
  return conditional(JUMP.JGT, dst, src, target);
}

/** Jumps if `dst >= src`, unsigned (`BPF_JGE`). */
export function jge<R extends Register>(dst: R, src: NoInfer<R> | number, target: JumpTarget): Instruction {
  return conditional(JUMP.JGE, dst, src, target);
}

/** Jumps if `dst < src`, unsigned (`BPF_JLT`). */
export function jlt<R extends Register>(dst: R, src: NoInfer<R> | number, target: JumpTarget): Instruction {
  return conditional(JUMP.JLT, dst, src, target);
}

/** Jumps if `dst <= src`, unsigned (`BPF_JLE`). */
export function jle<R extends Register>(dst: R, src: NoInfer<R> | number, target: JumpTarget): Instruction {
  return conditional(JUMP.JLE, dst, src, target);
}

/** Jumps if `dst > src`, signed (`BPF_JSGT`). */
export function jsgt<R extends Register>(dst: R, src: NoInfer<R> | number, target: JumpTarget): Instruction {
  return conditional(JUMP.JSGT, dst, src, target);
}

/** Jumps if `dst >= src`, signed (`BPF_JSGE`). */
export function jsge<R extends Register>(dst: R, src: NoInfer<R> | number, target: JumpTarget): Instruction {
  return conditional(JUMP.JSGE, dst, src, target);
}

/** Jumps if `dst < src`, signed (`BPF_JSLT`). */
export function jslt<R extends Register>(dst: R, src: NoInfer<R> | number, target: JumpTarget): Instruction {
  return conditional(JUMP.JSLT, dst, src, target);
}

/** Jumps if `dst <= src`, signed (`BPF_JSLE`). */
export function jsle<R extends Register>(dst: R, src: NoInfer<R> | number, target: JumpTarget): Instruction {
  return conditional(JUMP.JSLE, dst, src, target);
}

function conditional(
  operation: number,
  dst: Register,
  src: Register | number,
  target: JumpTarget,
): Instruction {
  const jumpClass = dst.bits === 32 ? CLASS.JMP32 : CLASS.JMP;
  return buildBinary(jumpClass | operation, dst, src, towards(target));
}

function towards(target: JumpTarget): { offset: number; reference?: Reference } {
  if (typeof target === "number") return { offset: target };
  return { offset: 0, reference: { kind: "label", name: target } };
}
