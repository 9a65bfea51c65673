import { CALL, CLASS, type Instruction, LD_IMM64, SIZE, SOURCE } from "../asm/core.ts";
import { BytecodeError } from "../errors.ts";
import type { Answer } from "./access.ts";

/** A helper that no kernel has, 0xbad2310, which libbpf calls in place of what cannot be relocated. */
const BAD_RELOCATION = 195896080;

const SIZES: ReadonlyMap<number, number> = new Map([[1, SIZE.B], [2, SIZE.H], [4, SIZE.W], [8, SIZE.DW]]);
const INT16_MAX = 0x7fff;

/**
 * Puts an answer into an instruction, in place of the compiler's own one; `undefined` where that would make it
 * move bytes that are no number of the field's (`bpf_core_patch_insn` of libbpf's `relo_core.c`).
 *
 * @throws {BytecodeError} The instruction is not one that the record can be about, or has no room for the answer.
 */
export function patch(instruction: Instruction, original: Answer, answer: Answer): Instruction | undefined {
  const { opcode, imm, immHigh, offset } = instruction;
  const { value } = answer;
  switch (opcode & 0x07) {
    case CLASS.ALU:
    case CLASS.ALU64:
      if ((opcode & SOURCE.X) !== 0) throw fail("it has no immediate");
      expect(original, BigInt.asUintN(64, BigInt(imm)));
      return { ...instruction, imm: Number(BigInt.asIntN(32, value)) };
    case CLASS.LD: {
      if (opcode !== LD_IMM64 || instruction.src !== 0 || offset !== 0) {
        throw fail("it is no plain load of a number");
      }
      expect(original, BigInt.asUintN(64, BigInt(immHigh) << 32n | BigInt(imm >>> 0)));
      const high = Number(BigInt.asIntN(32, value >> 32n));
      return { ...instruction, imm: Number(BigInt.asIntN(32, value)), immHigh: high };
    }
    case CLASS.LDX:
    case CLASS.ST:
    case CLASS.STX:
      expect(original, BigInt.asUintN(64, BigInt(offset)));
      if (value > INT16_MAX) throw fail(`offset ${value} does not fit its 16 bits`);
      if (!canResize(original, answer)) return undefined;
      return { ...instruction, opcode: resize(opcode, original, answer), offset: Number(value) };
    default:
      throw fail("its class has no relocations");
  }
}

/** What stands for an instruction that cannot be relocated; the verifier refuses it if it can be reached. */
export function poison(instruction: Instruction): Instruction[] {
  const call = { opcode: CALL, dst: 0, src: 0, offset: 0, imm: BAD_RELOCATION, immHigh: 0 };
  const { opcode: _opcode, relocation: _relocation, reference: _reference, ...place } = instruction;
  const first = { ...place, ...call };
  return instruction.opcode === LD_IMM64 ? [first, call] : [first];
}

/** Pointers and unsigned integers can grow and shrink, since loads extend them with zeroes. */
function canResize(original: Answer, answer: Answer): boolean {
  if (original.moved?.size === answer.moved?.size) return true;
  const [ours, theirs] = [original.moved?.type, answer.moved?.type];
  if (ours?.kind === "pointer" && theirs?.kind === "pointer") return true;
  // libbpf compares the whole encoding: a signed char counts as unsigned here.
  return [ours, theirs].every((type) => type?.kind === "int" && (!type.signed || type.char || type.bool));
}

function resize(opcode: number, original: Answer, answer: Answer): number {
  const [from, to] = [original.moved?.size, answer.moved?.size];
  if (from === undefined || to === undefined || from === to) return opcode;
  if (SIZES.get(from) !== (opcode & SIZE.DW)) throw fail(`it does not move the ${from} bytes of its field`);
  const size = SIZES.get(to);
  if (size === undefined) throw fail(`no instruction moves ${to} bytes`);
  return opcode & ~SIZE.DW | size;
}

/** Checks that the instruction holds what the compiler knew. */
function expect({ value, certain }: Answer, found: bigint): void {
  if (certain && value !== found) throw fail(`it holds ${found} where the types of the object say ${value}`);
}

function fail(state: string): BytecodeError {
  return new BytecodeError(`Cannot relocate an instruction: ${state}`);
}
