/** Turns references into distances. */
import { BytecodeError } from "../errors.ts";
import type { Instruction, Reference } from "./instruction.ts";
import { CALL, CLASS, JUMP, MASK, PSEUDO, SOURCE } from "./opcode.ts";
import { isWide, SLOT_SIZE } from "./slots.ts";

const JA = CLASS.JMP | JUMP.JA;
const GOTOL = CLASS.JMP32 | JUMP.JA;
const GOTOX = CLASS.JMP | JUMP.JA | SOURCE.X;

/** How messages name what is missing. */
const KINDS: Record<Reference["kind"], string> = {
  label: "label",
  function: "function",
  map: "map",
  mapValue: "map",
  ksym: "kernel symbol",
};

/** The slot of every symbol. Refuses references that no symbol and no distance can stand for, naming them all. */
export function symbolSlots(
  instructions: readonly Instruction[],
  slots: Uint32Array,
): ReadonlyMap<string, number> {
  const symbols = new Map<string, number>();
  if (instructions.every(({ reference }) => reference === undefined)) return symbols;
  instructions.forEach(({ symbol }, index) => {
    if (symbol === undefined) return;
    const slot = slots[index] ?? 0;
    const first = symbols.get(symbol);
    if (first !== undefined) {
      throw fail(
        `symbol "${symbol}"`,
        `is at slots ${first} and ${slot}: names are unique in a program`,
        slot,
      );
    }
    symbols.set(symbol, slot);
  });
  const missing = new Map<string, number>();
  instructions.forEach(({ reference }, index) => {
    if (reference === undefined || isLocal(reference) && symbols.has(reference.name)) return;
    const name = `${KINDS[reference.kind]} "${reference.name}"`;
    if (!missing.has(name)) missing.set(name, slots[index] ?? 0);
  });
  for (const first of missing.values()) {
    throw fail("the program", `no value for ${[...missing.keys()].join(", ")}`, first);
  }
  return symbols;
}

/** The instruction with the distance to its target in place. */
export function resolveReference(
  instruction: Instruction,
  reference: Reference,
  slot: number,
  symbols: ReadonlyMap<string, number>,
): Instruction {
  const { kind, name } = reference;
  const distance = (symbols.get(name) ?? 0) - slot - 1;
  if (kind === "function") {
    if (isWide(instruction)) return { ...instruction, src: PSEUDO.FUNC, imm: distance };
    if (instruction.opcode === CALL) return { ...instruction, src: PSEUDO.CALL, imm: distance };
    throw fail(`a reference to function "${name}"`, "neither a call nor a 64-bit immediate load", slot);
  }
  if (!hasTarget(instruction.opcode)) throw fail(`a reference to label "${name}"`, "not a jump", slot);
  if (instruction.opcode === GOTOL) return { ...instruction, imm: distance };
  if (distance << 16 >> 16 === distance) return { ...instruction, offset: distance };
  if (instruction.opcode === JA) return { ...instruction, opcode: GOTOL, imm: distance };
  throw fail(
    `a jump to label "${name}"`,
    `${distance} slots do not fit 16 bits: jump over a ja(), which becomes a long jump`,
    slot,
  );
}

function isLocal({ kind }: Reference): boolean {
  return kind === "label" || kind === "function";
}

/** Whether an instruction is a jump with a fixed target. */
function hasTarget(opcode: number): boolean {
  const jumpClass = opcode & MASK.CLASS;
  if (jumpClass !== CLASS.JMP && jumpClass !== CLASS.JMP32) return false;
  const operation = opcode & MASK.OPERATION;
  return operation !== JUMP.CALL && operation !== JUMP.EXIT && opcode !== GOTOX;
}

function fail(what: string, state: string, slot: number): BytecodeError {
  return new BytecodeError(`Cannot encode ${what}: ${state}`, { offset: slot * SLOT_SIZE });
}
