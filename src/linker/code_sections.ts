import { type Instruction, SLOT_SIZE, slotsByIndex } from "../asm/core.ts";

/** Where the functions are that others call. */
export const TEXT = ".text";

/** A function of a section. */
export interface PlacedFunction {
  readonly name: string;
  /** From the start of the section, in bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  /** The index of its first instruction in the section. */
  readonly first: number;
}

/** A section of code. */
export interface CodeSection {
  readonly name: string;
  readonly functions: readonly PlacedFunction[];
  readonly instructions: readonly Instruction[];
  /** Those of the instructions, see {@linkcode slotsByIndex}. */
  readonly slots: Uint32Array;
}

/** The program in its own section; the functions that it calls or has called in another, where there are any. */
export function codeSections(
  name: string,
  section: string,
  instructions: readonly Instruction[],
): CodeSection[] {
  const called = new Set(
    instructions.flatMap(({ reference }) => reference?.kind === "function" ? reference.name : []),
  );
  const isStart = ({ symbol }: Instruction) => symbol !== undefined && called.has(symbol);
  const end = instructions.findIndex((instruction, i) => i > 0 && isStart(instruction));
  if (end < 0) return [codeSection(section, instructions, (_, i) => i === 0 ? name : undefined)];
  return [
    codeSection(section, instructions.slice(0, end), (_, i) => i === 0 ? name : undefined),
    codeSection(TEXT, instructions.slice(end), (one) => isStart(one) ? one.symbol : undefined),
  ];
}

/** `nameAt` gives the name of a function where one starts. */
function codeSection(
  name: string,
  instructions: readonly Instruction[],
  nameAt: (instruction: Instruction, index: number) => string | undefined,
): CodeSection {
  const slots = slotsByIndex(instructions);
  const starts = instructions.flatMap((instruction, first) => {
    const name = nameAt(instruction, first);
    return name === undefined ? [] : [{ name, first }];
  });
  const functions = starts.map(({ name, first }, i) => {
    const offset = (slots[first] ?? 0) * SLOT_SIZE;
    const next = starts[i + 1]?.first ?? instructions.length;
    return { name, first, offset, size: (slots[next] ?? 0) * SLOT_SIZE - offset };
  });
  return { name, functions, instructions, slots };
}
