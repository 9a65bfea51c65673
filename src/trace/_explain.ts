/**
 * Programs as text, with the lines that they were made of.
 *
 * @module
 */
import { formatInstruction, slotsByIndex } from "../asm/mod.ts";
import type { Compiled } from "../lang/mod.ts";

/** The instructions, each line of the function above those that are made of it. */
export function explainProgram({ instructions, places }: Compiled, text: string): string {
  const lines = text.split("\n");
  const slots = slotsByIndex(instructions);
  const shown: string[] = [];
  let last = 0;
  instructions.forEach((instruction, i) => {
    const { line = 0 } = places[i] ?? {};
    if (line !== last) shown.push(`; ${lines[line - 1]?.trim() ?? ""}`);
    last = line;
    if (instruction.symbol !== undefined) shown.push(`${instruction.symbol}:`);
    shown.push(`${String(slots[i]).padStart(5)}: ${formatInstruction(instruction)}`);
  });
  return shown.join("\n");
}
