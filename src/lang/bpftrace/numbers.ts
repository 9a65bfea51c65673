/**
 * Numbers and conditions.
 *
 * @module
 */
import { constant } from "../check/convert.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Condition, Scalar } from "../ir/tree.ts";
import type { Arithmetic } from "../ir/syntax.ts";
import { BOOL } from "../ir/type.ts";
import { INT64, type IntType, typeText, type ValueType } from "./types.ts";
import { numberValue, scalarValue, type Value } from "./value.ts";

/** A value as a number. */
export function numberOf(value: Value, place: Place): Scalar {
  const { ir, type } = value;
  if (ir.is === "scalar") return ir.scalar;
  // Names of code are numbers with something beside: their addresses
  const first = ir.is === "parts" && type.kind === "usym" ? ir.parts[0] : undefined;
  if (first) return numberOf(first, place);
  throw new Fault(place, `this is ${typeText(type)}, where a number is wanted`);
}

/** Whether a number is below 0 where its highest bit is set. */
export function isSigned({ type }: Value): boolean {
  return type.kind === "int" && type.signed;
}

/** Whether a value is not 0. */
export function truthOf(value: Value, place: Place): Condition {
  if (value.ir.is === "text") {
    return { kind: "not", place, of: { kind: "sameText", place, of: value.ir.text, text: "" } };
  }
  const scalar = numberOf(value, place);
  if (scalar.kind === "test") return scalar.condition;
  if (scalar.kind === "constant") return { kind: "always", place, value: scalar.value !== 0n };
  return { kind: "truth", place, of: scalar };
}

/** A condition as a value: 1 or 0. */
export function conditionValue(condition: Condition, place: Place): Value {
  if (condition.kind === "always") return numberValue(condition.value ? 1n : 0n, place);
  return scalarValue(INT64, { kind: "test", type: BOOL, place, condition });
}

/** A number made of two, of 64 bits. Division minds no signs, and neither do shifts. */
export function computed(
  operator: Arithmetic,
  left: Scalar,
  right: Scalar,
  type: ValueType,
  place: Place,
): Value {
  if (left.kind === "constant" && right.kind === "constant") {
    return folded(operator, left.value, right.value, type, place);
  }
  const tree = { kind: "int", size: 8, signed: type.kind === "int" && type.signed } as const;
  return scalarValue(type, { kind: "arithmetic", type: tree, place, operator, signed: false, left, right });
}

function folded(operator: Arithmetic, a: bigint, b: bigint, type: ValueType, place: Place): Value {
  const [x, y] = [BigInt.asUintN(64, a), BigInt.asUintN(64, b)];
  const result = (): bigint => {
    switch (operator) {
      case "+":
        return a + b;
      case "-":
        return a - b;
      case "*":
        return a * b;
      case "/":
        return y === 0n ? 0n : x / y;
      case "%":
        return y === 0n ? x : x % y;
      case "&":
        return a & b;
      case "|":
        return a | b;
      case "^":
        return a ^ b;
      case "<<":
        return x << (y & 63n);
      default:
        return x >> (y & 63n);
    }
  };
  return scalarValue(type, constant(result(), place));
}

/** A number cut to the size of a type, with its sign. */
export function narrowed(value: Scalar, type: IntType, place: Place): Scalar {
  if (type.size === 8) return value;
  const width = type.size * 8;
  if (value.kind === "constant") {
    return constant(
      type.signed ? BigInt.asIntN(width, value.value) : BigInt.asUintN(width, value.value),
      place,
    );
  }
  const known = value.type;
  if (
    known.kind === "int" && known.size <= type.size && known.signed === type.signed &&
    value.kind !== "arithmetic"
  ) {
    return value;
  }
  const tree = { kind: "int", size: 8, signed: type.signed } as const;
  const operate = (operator: Arithmetic, left: Scalar, by: bigint): Scalar => (
    { kind: "arithmetic", type: tree, place, operator, signed: type.signed, left, right: constant(by, place) }
  );
  if (!type.signed) return operate("&", value, (1n << BigInt(width)) - 1n);
  return operate(">>", operate("<<", value, BigInt(64 - width)), BigInt(64 - width));
}
