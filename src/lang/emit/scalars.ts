/**
 * Integers and addresses: computed into r0.
 *
 * @module
 */
import {
  add,
  call,
  callKfunc,
  ja,
  jne,
  ldImm64,
  ldMap,
  ldx,
  mov,
  neg,
  r0,
  r1,
  r10,
  r2,
  r3,
  r4,
  r5,
  type Register64,
  st,
  stx,
  toBe,
  xor,
} from "../../asm/mod.ts";
import type { Argument, Scalar } from "../ir/tree.ts";
import { emitArithmetic } from "./arithmetic.ts";
import { emitBucket } from "./buckets.ts";
import { CONTEXT, type Emitter } from "./emitter.ts";
import { emitLoad } from "./loads.ts";
import { emitRemove } from "./maps.ts";
import { addressOnStack, storeOnStack } from "./memory.ts";
import { extendSign, isImmediate, widthOf } from "./registers.ts";
import { emitCancelTimer } from "./timers.ts";

const ARGUMENTS: readonly Register64[] = [r1, r2, r3, r4, r5];

/** Computes a value into r0. */
export function emitScalar(emitter: Emitter, value: Scalar): void {
  const { code, homes } = emitter;
  switch (value.kind) {
    case "constant":
      code.at(value.place);
      code.add(isImmediate(value.value) ? mov(r0, Number(value.value)) : ldImm64(r0, value.value));
      return;
    case "variable":
      code.at(value.place);
      code.add(ldx("u64", r0, [r10, homes.of(value.variable, value.place).value]));
      return;
    case "context":
      code.at(value.place);
      code.add(ldx(widthOf(value.size), r0, [CONTEXT, value.offset]));
      extendSign(code, value.type);
      return;
    case "contextAddress":
      code.at(value.place);
      code.add(mov(r0, CONTEXT), ...value.offset > 0 ? [add(r0, value.offset)] : []);
      return;
    case "helper":
      emitArguments(emitter, value.arguments);
      code.at(value.place);
      code.add(call(value.helper));
      return;
    case "kfunc":
      emitArguments(emitter, value.arguments);
      code.at(value.place);
      code.add(callKfunc(value.function));
      return;
    case "load":
      return emitLoad(emitter, value);
    case "swap":
      emitScalar(emitter, value.of);
      // On a machine of the other order nothing is to be done but for the high bits
      code.add(toBe(r0, value.size === 2 ? 16 : value.size === 4 ? 32 : 64));
      return;
    case "negate":
      emitScalar(emitter, value.of);
      code.add(neg(r0));
      return;
    case "invert":
      emitScalar(emitter, value.of);
      code.add(xor(r0, -1));
      return;
    case "arithmetic":
      return emitArithmetic(emitter, value);
    case "bucket":
      return emitBucket(emitter, value);
    case "test": {
      const no = code.label();
      const end = code.label();
      emitter.jumpUnless(value.condition, no);
      code.add(mov(r0, 1));
      code.jump(ja(0), end);
      code.place(no);
      code.add(mov(r0, 0));
      code.place(end);
      return;
    }
    case "choice": {
      const no = code.label();
      const end = code.label();
      emitter.jumpUnless(value.condition, no);
      emitScalar(emitter, value.then);
      code.jump(ja(0), end);
      code.place(no);
      emitScalar(emitter, value.otherwise);
      code.place(end);
      return;
    }
    case "valueOf":
      return emitter.optional(value.of);
    case "orElse": {
      const end = code.label();
      const missing = code.label();
      emitter.optional(value.of, missing);
      code.jump(ja(0), end);
      code.place(missing);
      emitScalar(emitter, value.otherwise);
      code.place(end);
      return;
    }
    case "or": {
      const end = code.label();
      emitScalar(emitter, value.left);
      code.jump(jne(r0, 0, 0), end);
      emitScalar(emitter, value.right);
      code.place(end);
      return;
    }
    case "assign": {
      const slot = homes.of(value.variable, value.place).value;
      emitScalar(emitter, value.value);
      code.at(value.place);
      if (value.variable.type.kind === "optional") {
        code.add(st("u64", [r10, homes.of(value.variable, value.place).present], 1));
      }
      if (value.before) {
        code.add(ldx("u64", r1, [r10, slot]), stx("u64", [r10, slot], r0), mov(r0, r1));
      } else {
        code.add(stx("u64", [r10, slot], r0));
      }
      return;
    }
    case "cancelTimer":
      return emitCancelTimer(emitter, value);
    case "after":
      return emitter.frame.within(() => {
        for (const effect of value.effects) emitter.effect(effect);
        emitScalar(emitter, value.value);
      });
    case "remove":
      return emitRemove(emitter, value);
  }
}

/** Computes arguments into r1 and on. */
function emitArguments(emitter: Emitter, all: readonly Argument[]): void {
  const { code, frame } = emitter;
  frame.within(() => {
    const kept = all.map((one) => {
      if (one.kind === "contextItself" || one.kind === "map") return undefined;
      if (one.kind === "textItself") return storeOnStack(emitter, one.text, one.text.type);
      emitScalar(emitter, one);
      const slot = frame.allocate(8, one.place);
      code.add(stx("u64", [r10, slot], r0));
      return slot;
    });
    kept.forEach((slot, i) => {
      const register = ARGUMENTS[i] ?? r5;
      const one = all[i];
      if (one?.kind === "map") code.add(ldMap(register, one.map));
      else if (one?.kind === "textItself") addressOnStack(emitter, register, slot ?? 0);
      else code.add(slot === undefined ? mov(register, CONTEXT) : ldx("u64", register, [r10, slot]));
    });
  });
}
