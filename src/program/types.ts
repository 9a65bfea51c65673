/**
 * What the kernel is told about the types, functions and lines of a program.
 *
 * @module
 */
import { type Instruction, slotsByIndex } from "../asm/core.ts";
import { encodeFunctionInfo, encodeLineInfo, FUNCTION_INFO_SIZE, LINE_INFO_SIZE } from "../btf/core.ts";
import type { Descriptor } from "../sys/mod.ts";

/** The types of a program, and its `func_info` and `line_info` against them. */
export interface ProgramTypes {
  /** BTF in the kernel. */
  readonly btf: Descriptor;
  /** Records of `struct bpf_func_info`. */
  readonly functions: Uint8Array;
  /** Of a record, in bytes. */
  readonly functionSize: number;
  /** Records of `struct bpf_line_info`. */
  readonly lines: Uint8Array;
  /** Of a record, in bytes. */
  readonly lineSize: number;
}

/** Where in the program each function and line begins; `undefined` where no instruction says which function it begins. */
export function programTypes(
  instructions: readonly Instruction[],
  btf: Descriptor,
  byteOrder: "little" | "big",
): ProgramTypes | undefined {
  const slots = slotsByIndex(instructions);
  const functions = [];
  const lines = [];
  for (const [index, { functionTypeId, source }] of instructions.entries()) {
    const slot = slots[index] ?? 0;
    if (functionTypeId !== undefined) functions.push({ slot, typeId: functionTypeId });
    if (source?.fileOffset === undefined || source.textOffset === undefined) continue;
    const { fileOffset, textOffset, line, column } = source;
    lines.push({ slot, fileOffset, textOffset, line, column });
  }
  if (functions.length === 0) return undefined;
  return {
    btf,
    functions: encodeFunctionInfo(functions, byteOrder),
    functionSize: FUNCTION_INFO_SIZE,
    lines: encodeLineInfo(lines, byteOrder),
    lineSize: LINE_INFO_SIZE,
  };
}
