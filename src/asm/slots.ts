/**
 * Slots, the units of 8 bytes that the kernel, jumps and `.BTF.ext` count in. A 64-bit immediate load takes two.
 *
 * @module
 */
import type { Instruction } from "./instruction.ts";
import { LD_IMM64 } from "./opcode.ts";

/** In bytes. */
export const SLOT_SIZE = 8;

/** Whether an instruction takes two slots. */
export function isWide(instruction: Instruction): boolean {
  return instruction.opcode === LD_IMM64;
}

/**
 * The slot each instruction starts at, and after the last one the number of slots.
 *
 * @example
 * ```ts
 * import { exit, ldImm64, r0, slotsByIndex } from "@waggle/ebpf/asm";
 *
 * const slots: Uint32Array = slotsByIndex([ldImm64(r0, 1n << 40n), exit()]); // 0, 2, 3
 * ```
 */
export function slotsByIndex(instructions: readonly Instruction[]): Uint32Array {
  const slots = new Uint32Array(instructions.length + 1);
  let slot = 0;
  let index = 0;
  for (const instruction of instructions) {
    slots[index++] = slot;
    slot += isWide(instruction) ? 2 : 1;
  }
  slots[index] = slot;
  return slots;
}

/** The index of the instruction in each slot; -1 for the second slot of a 64-bit immediate load. */
export function indicesBySlot(instructions: readonly Instruction[]): Int32Array {
  const slots = slotsByIndex(instructions);
  const indices = new Int32Array(slots[instructions.length] ?? 0).fill(-1);
  for (let index = 0; index < instructions.length; index++) indices[slots[index] ?? 0] = index;
  return indices;
}
