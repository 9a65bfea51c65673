/** Where in a program something went wrong, for messages. */
import { formatInstruction, type Instruction, type SourceLine } from "../asm/mod.ts";
import { VmError } from "../errors.ts";
import type { Code, Op } from "./_code.ts";
import type { Fault } from "./_memory.ts";

/** Says that registers are read that are not set, one bit each. */
export function unset(registers: number): string {
  const names = [...Array(11).keys()].filter((r) => (registers >> r) & 1).map((r) => `r${r}`);
  return `reads ${names.join(" and ")}, which nothing has set`;
}

/** The last line of source that starts at or before an instruction, within its function. */
export function sourceOf(code: Code, pc: number): SourceLine | undefined {
  for (let at = pc; at >= 0; at--) {
    const source = code.instructions[at]?.source;
    if (source !== undefined) return source;
    if (code.functions.has(at)) return undefined;
  }
  return undefined;
}

/** The name of the function that an instruction is of. */
export function functionOf(code: Code, pc: number): string {
  let name = code.name;
  for (const [start, found] of code.functions) {
    if (start > pc) break;
    name = found;
  }
  return name;
}

/** The error for what an instruction did. */
export function located(fault: Fault, { code, index: pc }: Op): VmError {
  const instruction: Instruction | undefined = code.instructions[pc];
  const source = sourceOf(code, pc);
  const name = functionOf(code, pc);
  const where = source === undefined ? "" : ` at ${source.file}:${source.line}`;
  const of = name === code.name ? "" : ` of "${name}"`;
  const text = instruction === undefined ? "" : ` ${formatInstruction(instruction)}`;
  return new VmError(
    `Cannot run program "${code.name}": instruction ${pc}${of}${text}${where}: ${fault.message}`,
    {
      instruction: pc,
      function: name,
      source: source && { file: source.file, line: source.line, text: source.text },
      cause: fault,
    },
  );
}
