/**
 * Bytes to instructions.
 *
 * @module
 */
import { BytecodeError } from "../errors.ts";
import type { ByteOrderOptions } from "./byte_order.ts";
import type { Instruction } from "./instruction.ts";
import { LD_IMM64 } from "./opcode.ts";
import { SLOT_SIZE } from "./slots.ts";

/**
 * Decodes BPF bytecode. Opcodes and fields that mean nothing are kept as they are, for {@linkcode encode} to give back.
 *
 * @example
 * ```ts
 * import { decode, disassemble } from "@waggle/ebpf/asm";
 *
 * const bytes = Uint8Array.fromHex("b7000000000000009500000000000000");
 * const text: string = disassemble(decode(bytes)); // r0 = 0, exit
 * ```
 *
 * @throws {BytecodeError} The bytes end inside an instruction, or a 64-bit immediate load lacks its second slot.
 */
export function decode(bytes: Uint8Array, options: ByteOrderOptions = {}): Instruction[] {
  const { length } = bytes;
  if (length % SLOT_SIZE !== 0) {
    throw new BytecodeError(
      `Cannot decode instructions: ${length} bytes are not a multiple of ${SLOT_SIZE}`,
      { offset: length - length % SLOT_SIZE },
    );
  }
  const little = options.byteOrder !== "big";
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const instructions: Instruction[] = [];
  for (let at = 0; at < length; at += SLOT_SIZE) {
    const opcode = view.getUint8(at);
    const registers = view.getUint8(at + 1);
    const low = registers & 0x0f;
    const high = registers >> 4;
    const offset = view.getInt16(at + 2, little);
    const imm = view.getInt32(at + 4, little);
    let immHigh = 0;
    if (opcode === LD_IMM64) {
      const next = at + SLOT_SIZE;
      // The first four bytes of the second slot are reserved and 0 (RFC 9669, section 3.2).
      if (next === length || view.getUint32(next) !== 0) {
        throw new BytecodeError("Cannot decode a 64-bit immediate load: its second slot is missing", {
          offset: at,
        });
      }
      immHigh = view.getInt32(next + 4, little);
      at = next;
    }
    instructions.push({
      opcode,
      dst: little ? low : high,
      src: little ? high : low,
      offset,
      imm,
      immHigh,
    });
  }
  return instructions;
}
