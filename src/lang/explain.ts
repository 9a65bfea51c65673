/**
 * Programs as text, with the lines that they were made of.
 *
 * @module
 */
import { formatInstruction, type Instruction, slotsByIndex } from "../asm/mod.ts";
import type { Place } from "./ir/place.ts";

/** Instructions, and what of the text each of them is made of. */
interface Explained {
  readonly instructions: readonly Instruction[];
  readonly places: readonly Place[];
}

/** The instructions, each line of the text above those that are made of it. */
export function explainProgram({ instructions, places }: Explained, text: string): string {
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
