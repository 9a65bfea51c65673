/**
 * Instructions as text, in the words of the kernel's own disassembler (`kernel/bpf/disasm.c`): that of the verifier's log
 * and of `bpftool prog dump xlated`.
 *
 * @module
 */
import { formatInstruction } from "./format.ts";
import type { Instruction } from "./instruction.ts";
import { slotsByIndex } from "./slots.ts";

/**
 * Lists a program: a line for each instruction, after its slot number; above it the symbol and the line of source
 * that start there.
 *
 * @example
 * ```ts
 * import { disassemble, exit, label, mov, r0 } from "@waggle/ebpf/asm";
 *
 * const text: string = disassemble([label("main", mov(r0, 0)), exit()]);
 * // main:
 * //    0: (b7) r0 = 0
 * //    1: (95) exit
 * ```
 */
export function disassemble(instructions: readonly Instruction[]): string {
  const slots = slotsByIndex(instructions);
  const lines: string[] = [];
  instructions.forEach((instruction, index) => {
    const { symbol, source } = instruction;
    if (symbol !== undefined) lines.push(`${symbol}:`);
    if (source !== undefined) {
      const file = source.file.slice(source.file.lastIndexOf("/") + 1);
      lines.push(`; ${source.text.trim()} @ ${file}:${source.line}`);
    }
    lines.push(`${String(slots[index]).padStart(4)}: ${formatInstruction(instruction)}`);
  });
  return lines.join("\n");
}
