/** Instructions made ready to run: targets in place of distances, addresses in place of references. */
import { indicesBySlot, type Instruction, slotsByIndex } from "../asm/core.ts";
import { BytecodeError } from "../errors.ts";
import { decodeOne, type Places, type Targets } from "./_decode.ts";

/** The registers that a called function finds set, and that are unset after a call: one bit each. */
export const ARGUMENTS = 0b111110;

/** An instruction that is ready to run: objects that point to each other, which engines follow faster than indices. */
export class Op {
  /** Of {@linkcode KIND}. */
  kind = 0;
  /** Of {@linkcode OPERATION}, jumps of `JUMP` shifted right by 4, sizes in bytes for accesses (negative: signed). */
  operation = 0;
  dst = 0;
  /** {@linkcode IMMEDIATE} where the immediate is the operand. */
  src = 0;
  offset = 0;
  imm = 0;
  /** The upper half of the immediate. */
  high = 0;
  /** The registers that have to be set before, one bit each. */
  reads = 0;
  /** The registers that are set after. */
  writes = 0;
  /** How often it was run. */
  hits = 0;
  /** Where it is in its program. */
  readonly index: number;
  readonly code: Code;
  /** The one after it. */
  next: Op = this;
  /** The one that it jumps to, or calls. */
  target: Op = this;

  constructor(code: Code, index: number) {
    this.code = code;
    this.index = index;
  }
}

/** A program that is ready to run. */
export interface Code {
  readonly name: string;
  readonly instructions: readonly Instruction[];
  /** Those of the instructions, and one after them that stands for places where none is. */
  readonly ops: readonly Op[];
  /** The names of the functions, by the indices that they start at, ascending. */
  readonly functions: ReadonlyMap<number, string>;
}

/** The instruction at an index; what stands for none where there is none. */
export function opAt({ ops }: Code, index: number): Op {
  return ops[index] ?? ops[ops.length - 1]!;
}

/**
 * Makes a program ready to run.
 *
 * @throws {BytecodeError} A label or function is not there, or a register has no number from 0 to 10.
 */
export function prepare(name: string, instructions: readonly Instruction[], places: Places): Code {
  const count = instructions.length;
  if (count === 0) throw new BytecodeError(`Cannot run program "${name}": it has no instructions`);
  const ops: Op[] = [];
  const code: Code = { name, instructions, ops, functions: functionNames(name, instructions) };
  for (let index = 0; index <= count; index++) ops.push(new Op(code, index));
  const jumps = new Jumps(name, instructions);
  for (const [index, instruction] of instructions.entries()) {
    const op = opAt(code, index);
    op.next = opAt(code, index + 1);
    // The bits of a register number hold up to 15: such instructions are left invalid.
    if (instruction.dst > 10 || instruction.src > 10) continue;
    const { target, ...decoded } = decodeOne(index, instruction, jumps, places);
    Object.assign(op, decoded, {
      dst: instruction.dst,
      offset: instruction.offset,
      target: opAt(code, target),
    });
  }
  return code;
}

/** Finds the targets of jumps and calls. */
class Jumps implements Targets {
  readonly #symbols = new Map<string, number>();
  readonly #slots: Uint32Array;
  readonly #indices: Int32Array;
  readonly #name: string;

  constructor(name: string, instructions: readonly Instruction[]) {
    this.#name = name;
    this.#slots = slotsByIndex(instructions);
    this.#indices = indicesBySlot(instructions);
    for (const [index, { symbol }] of instructions.entries()) {
      if (symbol !== undefined && !this.#symbols.has(symbol)) this.#symbols.set(symbol, index);
    }
  }

  target(index: number, { reference }: Instruction, distance: number): number {
    if (reference?.kind === "label" || reference?.kind === "function") {
      const found = this.#symbols.get(reference.name);
      if (found !== undefined) return found;
      throw new BytecodeError(
        `Cannot run program "${this.#name}": it has no ${reference.kind} "${reference.name}"`,
      );
    }
    return this.#indices[(this.#slots[index] ?? 0) + 1 + distance] ?? -1;
  }
}

/** The functions are what is called, what addresses are taken of, and what BTF says starts one. */
function functionNames(name: string, instructions: readonly Instruction[]): Map<number, string> {
  const called = new Set<string>();
  for (const { reference } of instructions) if (reference?.kind === "function") called.add(reference.name);
  const names = new Map<number, string>();
  for (const [index, { symbol, functionTypeId }] of instructions.entries()) {
    if (index === 0) names.set(0, symbol !== undefined && functionTypeId !== undefined ? symbol : name);
    else if (symbol !== undefined && (called.has(symbol) || functionTypeId !== undefined)) {
      names.set(index, symbol);
    }
  }
  return names;
}
