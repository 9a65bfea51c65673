/**
 * Instructions to bytes.
 *
 * @module
 */
import { BytecodeError } from "../errors.ts";
import { resolveReference, symbolSlots } from "./_resolve.ts";
import type { ByteOrderOptions } from "./byte_order.ts";
import type { Instruction } from "./instruction.ts";
import { isWide, SLOT_SIZE, slotsByIndex } from "./slots.ts";

/**
 * Encodes a program as the kernel takes it. Jumps to labels, and calls and addresses of functions of the same program,
 * become distances; every field of an instruction without a reference is kept as it is.
 *
 * @example
 * ```ts
 * import { encode, exit, mov, r0 } from "@waggle/ebpf/asm";
 *
 * const bytes: Uint8Array = encode([mov(r0, 0), exit()]); // 16 bytes
 * ```
 *
 * @throws {BytecodeError} A reference has no target here, a jump is too far, a symbol is there twice, or a field does
 * not fit its bits.
 */
export function encode(
  instructions: readonly Instruction[],
  options: ByteOrderOptions = {},
): Uint8Array<ArrayBuffer> {
  const little = options.byteOrder !== "big";
  const slots = slotsByIndex(instructions);
  const symbols = symbolSlots(instructions, slots);
  const bytes = new Uint8Array((slots[instructions.length] ?? 0) * SLOT_SIZE);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const instruction of instructions) {
    const resolved = instruction.reference === undefined
      ? instruction
      : resolveReference(instruction, instruction.reference, at / SLOT_SIZE, symbols);
    checkFields(resolved, at);
    const { opcode, dst, src, offset, imm, immHigh } = resolved;
    view.setUint8(at, opcode);
    view.setUint8(at + 1, little ? src << 4 | dst : dst << 4 | src);
    view.setInt16(at + 2, offset, little);
    view.setInt32(at + 4, imm, little);
    at += SLOT_SIZE;
    if (!isWide(instruction)) continue;
    view.setInt32(at + 4, immHigh, little);
    at += SLOT_SIZE;
  }
  return bytes;
}

/** Refuses what would lose bits. */
function checkFields(instruction: Instruction, at: number): void {
  const { opcode, dst, src, offset, imm, immHigh } = instruction;
  let field: string;
  if ((opcode & 0xff) !== opcode) field = `opcode ${opcode}`;
  else if ((dst & 0x0f) !== dst) field = `destination register ${dst}`;
  else if ((src & 0x0f) !== src) field = `source register ${src}`;
  else if (offset << 16 >> 16 !== offset) field = `offset ${offset}`;
  else if ((imm | 0) !== imm) field = `immediate ${imm}`;
  else if ((immHigh | 0) !== immHigh) field = `second immediate ${immHigh}`;
  else if (immHigh !== 0 && !isWide(instruction)) field = `second immediate ${immHigh} without a second slot`;
  else return;
  throw new BytecodeError(`Cannot encode the instruction at slot ${at / SLOT_SIZE}: ${field} does not fit`, {
    offset: at,
  });
}
