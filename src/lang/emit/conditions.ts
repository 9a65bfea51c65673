/**
 * Conditions: jumps that are taken where they do not hold.
 *
 * @module
 */
import {
  type Instruction,
  ja,
  jeq,
  jge,
  jgt,
  jle,
  jlt,
  jne,
  jsge,
  jsgt,
  jsle,
  jslt,
  r0,
  r1,
  type Register64,
} from "../../asm/mod.ts";
import type { Condition } from "../ir/tree.ts";
import type { Comparison } from "../ir/syntax.ts";
import { emitOperands } from "./arithmetic.ts";
import { jumpUnlessSameAddresses } from "./addresses.ts";
import type { Label } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { emitPresence } from "./optionals.ts";
import { jumpUnlessSameText, jumpUnlessSameTexts } from "./texts.ts";

type Jump = (dst: Register64, src: Register64 | number, target: number) => Instruction;

/** What jumps where a comparison does not hold. */
const UNLESS: Readonly<Record<Comparison, { readonly unsigned: Jump; readonly signed: Jump }>> = {
  "==": { unsigned: jne, signed: jne },
  "!=": { unsigned: jeq, signed: jeq },
  "<": { unsigned: jge, signed: jsge },
  "<=": { unsigned: jgt, signed: jsgt },
  ">": { unsigned: jle, signed: jsle },
  ">=": { unsigned: jlt, signed: jslt },
};

/** Goes on where a condition holds, and jumps where it does not. */
export function jumpUnless(emitter: Emitter, condition: Condition, label: Label): void {
  const { code } = emitter;
  switch (condition.kind) {
    case "always":
      if (!condition.value) code.jump(ja(0), label);
      return;
    case "compare": {
      const { operator, signed, left, right } = condition;
      const immediate = emitOperands(emitter, left, right);
      code.at(condition.place);
      const { [signed ? "signed" : "unsigned"]: jump } = UNLESS[operator];
      code.jump(jump(r0, immediate ?? r1, 0), label);
      return;
    }
    case "truth":
      emitter.scalar(condition.of);
      code.at(condition.place);
      code.jump(jeq(r0, 0, 0), label);
      return;
    case "present":
      emitPresence(emitter, condition.of);
      code.jump(jeq(r0, 0, 0), label);
      return;
    case "sameText":
      return jumpUnlessSameText(emitter, condition, label);
    case "sameAddresses":
      return jumpUnlessSameAddresses(emitter, condition, label);
    case "sameTexts":
      return jumpUnlessSameTexts(emitter, condition, label);
    case "not":
      return jumpIf(emitter, condition.of, label);
    case "both":
      jumpUnless(emitter, condition.left, label);
      jumpUnless(emitter, condition.right, label);
      return;
    case "either": {
      const holds = code.label();
      jumpIf(emitter, condition.left, holds);
      jumpUnless(emitter, condition.right, label);
      code.place(holds);
      return;
    }
  }
}

/** Jumps where a condition holds, and goes on where it does not. */
export function jumpIf(emitter: Emitter, condition: Condition, label: Label): void {
  const { code } = emitter;
  switch (condition.kind) {
    case "not":
      return jumpUnless(emitter, condition.of, label);
    case "truth":
      emitter.scalar(condition.of);
      code.jump(jne(r0, 0, 0), label);
      return;
    case "either":
      jumpIf(emitter, condition.left, label);
      jumpIf(emitter, condition.right, label);
      return;
    default: {
      const fails = code.label();
      jumpUnless(emitter, condition, fails);
      code.jump(ja(0), label);
      code.place(fails);
    }
  }
}
