/**
 * Operators: which sign they mind, and what they make of constants.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { Scalar } from "../ir/tree.ts";
import type { Arithmetic, Comparison } from "../ir/syntax.ts";
import { type IntType, IPV6, type PointerType, S64, U64 } from "../ir/type.ts";
import { addressOf, constant, numberOf, scalarOf } from "./convert.ts";
import { byName } from "./named.ts";
import { describe, scalarThing, type Thing } from "./thing.ts";

/** A number made of two. All are of 64 bits; what is subtracted may be below 0. */
export function arithmetic(operator: Arithmetic, left: Thing, right: Thing, place: Place): Thing {
  if (left.kind === "text" || right.kind === "text") {
    throw new Fault(
      place,
      `the kernel cannot compute with text by ${operator}`,
      "send the parts in an event",
    );
  }
  const [a, b] = [scalarOf(left, place), scalarOf(right, place)];
  if (a.kind === "constant" && b.kind === "constant") {
    return scalarThing(constant(folded(operator, numberOf(a), numberOf(b)), place));
  }
  const shift = operator === "<<" || operator === ">>" || operator === ">>>";
  const signed = operator === "-" || (shift ? isSigned(a) : isSigned(a) || isSigned(b));
  const minded = operator === "-" ? isSigned(a) || isSigned(b) : signed;
  const type = signed && operator !== ">>>" ? S64 : U64;
  return scalarThing({ kind: "arithmetic", type, place, operator, signed: minded, left: a, right: b });
}

/** The type of what is one of two: of both where they have one, else of the larger, and below 0 where one may be. */
export function eitherType(a: Scalar, b: Scalar): IntType | PointerType {
  if (a.type.kind === "pointer" || b.type.kind === "pointer") {
    return a.kind === "constant" || a.type.kind === "int" ? b.type : a.type;
  }
  if (a.kind === "constant" && fits(numberOf(a), b.type)) return b.type;
  if (b.kind === "constant" && fits(numberOf(b), a.type)) return a.type;
  if (isSigned(a) || isSigned(b)) {
    const small = a.type.signed && b.type.signed && a.kind !== "constant" && b.kind !== "constant";
    return small && a.type.size >= b.type.size ? a.type : small ? b.type : S64;
  }
  if (a.kind === "constant" || b.kind === "constant") return U64;
  return a.type.size >= b.type.size ? a.type : b.type;
}

function fits(value: bigint, { size, signed }: IntType): boolean {
  const bits = size * 8;
  return value === (signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
}

/** A constant from 0 up is of either kind. */
function isSigned(value: Scalar): boolean {
  if (value.type.kind !== "int" || value.kind === "constant" && value.value >= 0n) return false;
  return value.type.signed;
}

function folded(operator: Arithmetic, a: bigint, b: bigint): bigint {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b === 0n ? 0n : a / b;
    case "%":
      return b === 0n ? a : a % b;
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<<":
      return a << (b & 63n);
    case ">>":
      return a >> (b & 63n);
    case ">>>":
      return BigInt.asUintN(64, a) >> (b & 63n);
  }
}

/** Whether two things compare so. */
export function comparison(operator: Comparison, left: Thing, right: Thing, place: Place): Thing {
  const equality = operator === "==" || operator === "!=";
  if (left.kind === "undefined" || right.kind === "undefined") {
    if (!equality) throw new Fault(place, "undefined is neither more nor less than anything");
    return negatedIf(operator === "!=", isMissing(left.kind === "undefined" ? right : left, place), place);
  }
  const [given, wanted] = [byName(left, right, place), byName(right, left, place)];
  if (given !== left) return comparison(operator, given, masked(wanted, place), place);
  if (wanted !== right) return comparison(operator, masked(given, place), wanted, place);
  if (left.kind === "address" || right.kind === "address") {
    return negatedIf(operator === "!=", sameAddress(operator, left, right, place), place);
  }
  if (left.kind === "text" || right.kind === "text") {
    return negatedIf(operator === "!=", sameText(operator, left, right, place), place);
  }
  const [a, b] = [scalarOf(left, place), scalarOf(right, place)];
  if (a.kind === "constant" && b.kind === "constant") {
    return {
      kind: "condition",
      condition: { kind: "always", place, value: holds(operator, numberOf(a), numberOf(b)) },
    };
  }
  const signed = isSigned(a) || isSigned(b);
  return { kind: "condition", condition: { kind: "compare", place, operator, signed, left: a, right: b } };
}

/** A number of flags without the bits that are none, as it is compared with names. */
function masked(thing: Thing, place: Place): Thing {
  const value = scalarOf(thing, place);
  const shown = value.type.kind === "int" ? value.type.shown : undefined;
  const mask = typeof shown === "object" ? shown.flags?.mask : undefined;
  return mask === undefined ? thing : arithmetic("&", thing, scalarThing(constant(mask, place)), place);
}

function holds(operator: Comparison, a: bigint, b: bigint): boolean {
  switch (operator) {
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
  }
}

function isMissing(thing: Thing, place: Place): Thing {
  switch (thing.kind) {
    case "optional":
      return {
        kind: "condition",
        condition: { kind: "not", place, of: { kind: "present", place, of: thing.value } },
      };
    case "undefined":
      return { kind: "condition", condition: { kind: "always", place, value: true } };
    // Of a text, what is missing is empty
    case "text":
      return { kind: "condition", condition: { kind: "sameText", place, of: thing.value, text: "" } };
    // An address of the kernel is null where there is nothing
    case "namespace":
    case "scalar": {
      if (thing.kind === "scalar" && thing.within) {
        const present = { kind: "present", place, of: thing.within } as const;
        return { kind: "condition", condition: { kind: "not", place, of: present } };
      }
      const value = scalarOf(thing, place);
      if (value.type.kind !== "pointer") break;
      const zero = constant(0n, place);
      return {
        kind: "condition",
        condition: { kind: "compare", place, operator: "==", signed: false, left: value, right: zero },
      };
    }
  }
  return { kind: "condition", condition: { kind: "always", place, value: false } };
}

function sameAddress(operator: Comparison, left: Thing, right: Thing, place: Place): Thing {
  const type = left.kind === "address" ? left.value.type : right.kind === "address" ? right.value.type : IPV6;
  const [a, b] = [addressOf(left, type, place), addressOf(right, type, place)];
  if (!a || !b || operator !== "==" && operator !== "!=") {
    throw new Fault(place, `${describe(left)} and ${describe(right)} do not compare by ${operator}`);
  }
  return { kind: "condition", condition: { kind: "sameAddresses", place, left: a, right: b } };
}

const READ_TEXT = "read the text: c.str(…)";

function sameText(operator: Comparison, left: Thing, right: Thing, place: Place): Thing {
  if (operator !== "==" && operator !== "!=") {
    throw new Fault(place, "texts are compared with === and !== alone");
  }
  if (left.kind !== "text" || right.kind !== "text") {
    const [text, other] = left.kind === "text" ? [left, right] : [right, left];
    throw new Fault(place, `text cannot be compared with ${describe(other)}`, madeComparable(text, other));
  }
  const [a, b] = left.value.kind === "textConstant" ? [right.value, left.value] : [left.value, right.value];
  if (b.kind !== "textConstant") {
    return { kind: "condition", condition: { kind: "sameTexts", place, left: a, right: b } };
  }
  if (a.kind === "textConstant") {
    return { kind: "condition", condition: { kind: "always", place, value: a.text === b.text } };
  }
  return { kind: "condition", condition: { kind: "sameText", place, of: a, text: b.text } };
}

/** What to write where a text is compared with what is none. */
function madeComparable(text: Thing, other: Thing): string | undefined {
  if (other.kind === "namespace") return READ_TEXT;
  if (other.kind !== "scalar") return undefined;
  const { value } = other;
  if (value.kind === "constant") return `put it in quotes: "${numberOf(value)}"`;
  if (text.kind !== "text" || text.value.kind !== "textConstant" || value.type.kind === "pointer") {
    return READ_TEXT;
  }
  return `compare it with a number, or, where it is the address of a text, ${READ_TEXT}`;
}

function negatedIf(negate: boolean, thing: Thing, place: Place): Thing {
  if (!negate || thing.kind !== "condition") return thing;
  const { condition } = thing;
  if (condition.kind === "always") {
    return { kind: "condition", condition: { ...condition, value: !condition.value } };
  }
  return { kind: "condition", condition: { kind: "not", place, of: condition } };
}
