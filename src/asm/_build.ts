/** Puts instructions together from checked parts; every builder of this folder goes through here. */
import type { Instruction, Reference } from "./instruction.ts";
import type { Register } from "./register.ts";
import { SOURCE } from "./opcode.ts";

/** The fields of an instruction that are not 0. */
interface Fields {
  readonly dst?: Register;
  /** A register, or the number of a pseudo source. */
  readonly src?: Register | number;
  readonly offset?: number;
  readonly imm?: number;
  readonly immHigh?: number;
  readonly reference?: Reference | undefined;
}

/** Builds an instruction; the fields that are not given are 0. */
export function build(opcode: number, fields: Fields = {}): Instruction {
  const { dst, src = 0, offset = 0, imm = 0, immHigh = 0, reference } = fields;
  const instruction: Instruction = {
    opcode,
    dst: dst === undefined ? 0 : dst.number,
    src: typeof src === "number" ? src : src.number,
    offset: signed(offset, 16),
    imm: signed(imm, 32),
    immHigh: signed(immHigh, 32),
  };
  return reference === undefined ? instruction : { ...instruction, reference };
}

/** Builds an operation of `dst` with a register of the same width or an immediate. */
export function buildBinary(
  operation: number,
  dst: Register,
  operand: Register | number,
  fields: Fields = {},
): Instruction {
  if (typeof operand === "number") {
    return build(operation | SOURCE.K, { ...fields, dst, imm: immediate(operand, dst.bits) });
  }
  if (operand.bits !== dst.bits) {
    throw new TypeError(`Cannot combine ${nameOf(dst)} with ${nameOf(operand)}: their widths differ`);
  }
  return build(operation | SOURCE.X, { ...fields, dst, src: operand });
}

/**
 * An immediate for an operation of `bits` bits, as the signed 32 bits of the instruction.
 *
 * Operations of 64 bits extend its sign, so a number of 2^31 and up would become another one there.
 */
export function immediate(value: number, bits: number): number {
  const min = -(2 ** (Math.min(bits, 32) - 1));
  const max = bits === 64 ? 2 ** 31 - 1 : 2 ** bits - 1;
  if (!Number.isInteger(value) || value < min || value > max) {
    const cure = bits === 64 ? ": load it into a register with ldImm64()" : "";
    throw new RangeError(`Cannot use ${value} as an immediate: not an integer from ${min} to ${max}${cure}`);
  }
  return value | 0;
}

function signed(value: number, bits: 16 | 32): number {
  const limit = 2 ** (bits - 1);
  if (Number.isInteger(value) && value >= -limit && value < limit) return value;
  throw new RangeError(`Cannot build an instruction with ${value}: not an integer of ${bits} signed bits`);
}

/** The name of a register as the kernel prints it: `r1`, `w1`. */
function nameOf(register: Register): string {
  return `${register.bits === 32 ? "w" : "r"}${register.number}`;
}
