/**
 * Operators of two numbers.
 *
 * @module
 */
import {
  add,
  and,
  arsh,
  div,
  type Instruction,
  jsge,
  ldx,
  lsh,
  mod,
  mov,
  mul,
  neg,
  or,
  r0,
  r1,
  r10,
  r2,
  type Register64,
  rsh,
  stx,
  sub,
  w0,
  xor,
} from "../../asm/mod.ts";
import type { Scalar } from "../ir/tree.ts";
import type { Arithmetic } from "../ir/syntax.ts";
import type { Emitter } from "./emitter.ts";
import { addOffset } from "./loads.ts";
import { isImmediate } from "./registers.ts";

type Operation = Extract<Scalar, { kind: "arithmetic" }>;

const LOW_HALF = 0xffff_ffffn;
/** The least number that an instruction holds. */
const LEAST = -(2 ** 31);

/** Computes the left value into r0 and the right one into r1, or returns it where it is a small constant. */
export function emitOperands(emitter: Emitter, left: Scalar, right: Scalar): number | undefined {
  const { code, frame, homes } = emitter;
  if (right.kind === "constant" && isImmediate(right.value)) {
    emitter.scalar(left);
    return Number(right.value);
  }
  if (right.kind === "variable") {
    emitter.scalar(left);
    code.add(ldx("u64", r1, [r10, homes.of(right.variable, right.place).value]));
    return undefined;
  }
  frame.within(() => {
    emitter.scalar(left);
    const slot = frame.allocate(8, left.place);
    code.add(stx("u64", [r10, slot], r0));
    emitter.scalar(right);
    code.add(mov(r1, r0), ldx("u64", r0, [r10, slot]));
  });
  return undefined;
}

/** Computes an operation into r0. */
export function emitArithmetic(emitter: Emitter, value: Operation): void {
  const { code } = emitter;
  const { operator, signed, left, right, place } = value;
  if (operator === "&" && right.kind === "constant" && BigInt.asUintN(64, right.value) === LOW_HALF) {
    emitter.scalar(left);
    code.add(mov(w0, w0));
    return;
  }
  if (operator === "+" && right.kind === "constant" && right.field) {
    emitter.scalar(left);
    code.at(place);
    return addOffset(emitter, r0, Number(right.value), right.field);
  }
  const immediate = emitOperands(emitter, left, right);
  code.at(place);
  if (signed && (operator === "/" || operator === "%")) {
    return emitSignedDivision(emitter, operator, immediate);
  }
  const isShift = operator === "<<" || operator === ">>" || operator === ">>>";
  // The kernel refuses shifts by 64 and more, and computes with the low 6 bits of a register
  if (isShift && immediate !== undefined) code.add(...shift(operator, signed, immediate & 63));
  else if (immediate === 0 && operator === "/") code.add(mov(r0, 0)); // what is divided by 0 is 0
  else if (immediate === 0 && operator === "%") return;
  else if (isShift) code.add(...shift(operator, signed, r1));
  else code.add(OPERATIONS[operator](r0, immediate ?? r1));
}

const OPERATIONS: Readonly<
  Record<Exclude<Arithmetic, "<<" | ">>" | ">>>">, (dst: Register64, src: Register64 | number) => Instruction>
> = {
  "+": add,
  "-": sub,
  "*": mul,
  "/": div,
  "%": mod,
  "&": and,
  "|": or,
  "^": xor,
};

function shift(operator: Arithmetic, signed: boolean, by: Register64 | number): Instruction[] {
  if (by === 0) return [];
  if (operator === "<<") return [lsh(r0, by)];
  return [operator === ">>" && signed ? arsh(r0, by) : rsh(r0, by)];
}

/**
 * Divides without the signs and puts them back: division that minds them came with Linux 6.6. The quotient is rounded to 0, and
 * the remainder has the sign of what is divided.
 */
function emitSignedDivision({ code }: Emitter, operator: "/" | "%", immediate: number | undefined): void {
  if (immediate === 0) {
    if (operator === "/") code.add(mov(r0, 0));
    return;
  }
  const isQuotient = operator === "/";
  const operation = (src: Register64 | number) => isQuotient ? div(r0, src) : mod(r0, src);
  code.add(mov(r2, r0)); // the sign of the result is that of r2
  if (immediate === LEAST) code.add(mov(r1, immediate)); // without its sign, it is none that an instruction holds
  if (immediate !== undefined && immediate !== LEAST) {
    if (isQuotient) code.add(xor(r2, immediate)); // neg would leave -2^63 below 0
    absolute(code, r0);
    code.add(operation(Math.abs(immediate)));
  } else {
    if (isQuotient) code.add(xor(r2, r1));
    absolute(code, r0);
    absolute(code, r1);
    code.add(operation(r1));
  }
  const end = code.label();
  code.jump(jsge(r2, 0, 0), end);
  code.add(neg(r0));
  code.place(end);
}

function absolute(code: Emitter["code"], register: Register64): void {
  const done = code.label();
  code.jump(jsge(register, 0, 0), done);
  code.add(neg(register));
  code.place(done);
}
