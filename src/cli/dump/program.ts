import { disassemble, formatInstruction, slotsByIndex } from "../../asm/mod.ts";
import { listPrograms, openProgram } from "../../program/mod.ts";
import { sourceOf } from "../source.ts";
import type { Wanted } from "./dump.ts";

/** The instructions of a program. */
export function* dumpProgram({ what, json }: Wanted): Generator<string | object, void, void> {
  using program = openProgram(sourceOf("program", what, listPrograms));
  const instructions = program.instructions();
  if (!json) {
    yield disassemble(instructions).trimEnd();
    return;
  }
  const slots = slotsByIndex(instructions);
  for (const [index, instruction] of instructions.entries()) {
    const { source, symbol } = instruction;
    yield {
      slot: slots[index],
      ...symbol !== undefined && { function: symbol },
      ...source && { source },
      text: formatInstruction(instruction),
    };
  }
}
