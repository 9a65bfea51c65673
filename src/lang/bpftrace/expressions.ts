/**
 * Expressions.
 *
 * @module
 */
import { constant } from "../check/convert.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Scalar } from "../ir/tree.ts";
import type { Arithmetic } from "../ir/syntax.ts";
import type { BinaryOperator, Expression } from "./ast.ts";
import { builtin, closestBuiltin } from "./builtins.ts";
import { call, sameTexts } from "./calls.ts";
import { argumentNamed } from "./context.ts";
import { sizeOf } from "./declarations.ts";
import type { Lowering } from "./lowering.ts";
import { readMap, stepMap } from "./map_uses.ts";
import { addressType, elementOf, findMember, memberOf, plus, pointed, spaceOf, spread } from "./memory.ts";
import { computed, conditionValue, isSigned, narrowed, numberOf, truthOf } from "./numbers.ts";
import { INT64, isSameKind, NONE, typeText, UINT64, unite, type ValueType } from "./types.ts";
import { noValue, numberValue, partsValue, scalarValue, stringValue, type Value } from "./value.ts";
import { readLocal, stepLocal } from "./locals.ts";

type Node<K extends Expression["kind"]> = Extract<Expression, { kind: K }>;

/** What an expression is. */
export function lower(lowering: Lowering, node: Expression): Value {
  const { place } = node;
  switch (node.kind) {
    case "integer":
      return numberValue(node.value, place);
    case "string":
      return stringValue(node.value, place);
    case "name":
      return named(lowering, node);
    case "positional":
      return positional(lowering, node);
    case "map":
      return readMap(lowering, node);
    case "variable":
      return readLocal(lowering, node);
    case "call":
      return call(lowering, node);
    case "unary":
      return unary(lowering, node);
    case "step":
      return node.target.kind === "map" ? stepMap(lowering, node) : stepLocal(lowering, node);
    case "binary":
      return binary(node.operator, lower(lowering, node.left), lower(lowering, node.right), place);
    case "ternary":
      return ternary(lowering, node);
    case "field":
      return field(lowering, node);
    case "index":
      return elementOf(lower(lowering, node.of), lower(lowering, node.index), place);
    case "cast":
      return cast(lowering, node);
    case "tuple": {
      const parts = node.parts.map((part) => spread(lower(lowering, part), place));
      return partsValue({ kind: "tuple", parts: parts.map(({ type }) => type) }, parts, place);
    }
    case "sizeof": {
      const type = node.type
        ? lowering.declarations.type(node.type, "any")
        : lower(lowering, node.of as Expression).type;
      return numberValue(BigInt(sizeOf(type)), place);
    }
    case "offsetof": {
      const type = lowering.declarations.type(node.type, "any");
      if (type.kind !== "struct") throw new Fault(place, "offsetof() is of a struct");
      return numberValue(BigInt(findMember(type, node.field, place).offset), place);
    }
  }
}

function named(lowering: Lowering, { name, place }: Node<"name">): Value {
  const found = builtin(lowering, name, place);
  if (found) return found;
  const value = lowering.declarations.constant(name);
  if (value !== undefined) return numberValue(value, place);
  throw new Fault(place, `there is no "${name}"${closestBuiltin(name)}`);
}

/** A parameter of the script as a number; `str($1)` is one as text. */
function positional({ host }: Lowering, { index, place }: Node<"positional">): Value {
  if (index === 0) return numberValue(BigInt(host.parameters.length), place);
  const text = host.parameters[index - 1] ?? "0";
  if (!/^-?(0x[0-9a-f]+|\d+)$/i.test(text)) {
    throw new Fault(
      place,
      `parameter $${index} is ${JSON.stringify(text)}, which is no number`,
      `take it as text: str($${index})`,
    );
  }
  return numberValue(text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text), place);
}

function unary(lowering: Lowering, { operator, of, place }: Node<"unary">): Value {
  const value = lower(lowering, of);
  if (value.type.kind === "none") return value;
  if (operator === "*") return pointed(value, place);
  if (operator === "!") {
    const condition = truthOf(value, place);
    if (condition.kind === "always") return numberValue(condition.value ? 0n : 1n, place);
    return conditionValue({ kind: "not", place, of: condition }, place);
  }
  const scalar = numberOf(value, place);
  if (scalar.kind === "constant") {
    return scalarValue(INT64, constant(operator === "-" ? -scalar.value : ~scalar.value, place));
  }
  const type = operator === "-" ? INT64 : UINT64;
  const kind = operator === "-" ? "negate" : "invert";
  return scalarValue(type, {
    kind,
    type: { kind: "int", size: 8, signed: operator === "-" },
    place,
    of: scalar,
  });
}

/** The value of an operator between two values. */
export function binary(
  operator: BinaryOperator,
  left: Value,
  right: Value,
  place: Place,
): Value {
  if (operator === "&&" || operator === "||") {
    const [a, b] = [truthOf(left, place), truthOf(right, place)];
    if (a.kind === "always") return conditionValue(a.value === (operator === "&&") ? b : a, place);
    return conditionValue({ kind: operator === "&&" ? "both" : "either", place, left: a, right: b }, place);
  }
  switch (operator) {
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return comparison(operator, left, right, place);
    default:
      return arithmetic(operator, left, right, place);
  }
}

function comparison(
  operator: "==" | "!=" | "<" | "<=" | ">" | ">=",
  left: Value,
  right: Value,
  place: Place,
): Value {
  if (left.type.kind === "none" || right.type.kind === "none") return noValue(place);
  const isEquality = operator === "==" || operator === "!=";
  if (left.ir.is === "text" || right.ir.is === "text") {
    if (left.ir.is !== "text" || right.ir.is !== "text" || !isEquality) {
      throw new Fault(
        place,
        `${typeText(left.type)} and ${typeText(right.type)} cannot be compared by ${operator}`,
      );
    }
    const same = sameTexts(left.ir.text, right.ir.text, place);
    return conditionValue(operator === "==" ? same : { kind: "not", place, of: same }, place);
  }
  const [a, b] = [numberOf(left, place), numberOf(right, place)];
  const signed = isSigned(left) && isSigned(right);
  if (a.kind === "constant" && b.kind === "constant") {
    return numberValue(holds(operator, a.value, b.value, signed) ? 1n : 0n, place);
  }
  return conditionValue({ kind: "compare", place, operator, signed, left: a, right: b }, place);
}

function holds(operator: string, a: bigint, b: bigint, signed: boolean): boolean {
  const [x, y] = signed ? [a, b] : [BigInt.asUintN(64, a), BigInt.asUintN(64, b)];
  switch (operator) {
    case "==":
      return x === y;
    case "!=":
      return x !== y;
    case "<":
      return x < y;
    case "<=":
      return x <= y;
    case ">":
      return x > y;
    default:
      return x >= y;
  }
}

function arithmetic(operator: Arithmetic, left: Value, right: Value, place: Place): Value {
  if (left.type.kind === "none" || right.type.kind === "none") return noValue(place);
  const [a, b] = [numberOf(left, place), numberOf(right, place)];
  if (left.type.kind === "pointer" && (operator === "+" || operator === "-")) {
    const by = operator === "+" ? b : numberOf(computed("-", constant(0n, place), b, INT64, place), place);
    return scalarValue(left.type, plus(a, by, sizeOf(left.type.to()), place));
  }
  if (right.type.kind === "pointer" && operator === "+") {
    return scalarValue(right.type, plus(b, a, sizeOf(right.type.to()), place));
  }
  const signed = isSigned(left) && isSigned(right);
  const value = computed(operator, a, b, signed ? INT64 : UINT64, place);
  // An address that is computed with is still of the memory that it was of
  const isAddress = a.type.kind === "pointer" && (operator === "+" || operator === "-") &&
    value.ir.is === "scalar";
  if (!isAddress || value.ir.is !== "scalar") return value;
  return scalarValue(value.type, { ...value.ir.scalar, type: addressType(spaceOf(left)) });
}

function ternary(lowering: Lowering, node: Node<"ternary">): Value {
  const { place } = node;
  const condition = truthOf(lower(lowering, node.condition), place);
  const [then, otherwise] = [lower(lowering, node.then), lower(lowering, node.otherwise)];
  if (condition.kind === "always") return condition.value ? then : otherwise;
  if (then.type.kind === "none" || otherwise.type.kind === "none") return noValue(place);
  if (!isSameKind(then.type, otherwise.type)) {
    throw new Fault(place, `one value is ${typeText(then.type)}, and the other ${typeText(otherwise.type)}`);
  }
  if (then.ir.is === "text" && otherwise.ir.is === "text") {
    const type = unite(then.type, otherwise.type);
    const size = type.kind === "string" ? type.size : 1;
    return {
      type,
      place,
      ir: {
        is: "text",
        text: {
          kind: "textChoice",
          type: { kind: "text", size },
          place,
          condition,
          then: then.ir.text,
          otherwise: otherwise.ir.text,
        },
      },
    };
  }
  const [a, b] = [numberOf(then, place), numberOf(otherwise, place)];
  const type: ValueType = isSigned(then) || isSigned(otherwise) ? INT64 : then.type;
  const tree = a.kind === "constant" ? b.type : a.type;
  const choice: Scalar = { kind: "choice", type: tree, place, condition, then: a, otherwise: b };
  return scalarValue(type, choice);
}

function field(lowering: Lowering, { of, name, place, arrow }: Node<"field">): Value {
  if (of.kind === "name" && of.name === "args") return argumentNamed(lowering, name, place);
  const value = lower(lowering, of);
  const { type, ir } = value;
  if (type.kind === "none") return value;
  if (type.kind === "tuple" && ir.is === "parts" && /^\d+$/.test(name)) {
    const part = ir.parts[Number(name)];
    if (part) return { ...part, place };
    throw new Fault(place, `a tuple of ${ir.parts.length} values has no .${name}`);
  }
  if (type.kind === "pointer" && arrow) {
    const to = type.to();
    if (to.kind !== "struct") throw new Fault(place, `there is no member "${name}" in ${type.name}`);
    return memberOf(scalarValue(to, numberOf(value, place)), name, place);
  }
  if (type.kind === "struct" && !arrow) return memberOf(value, name, place);
  if (type.kind === "struct" || type.kind === "pointer") {
    const [here, there] = arrow ? ["->", "."] : [".", "->"];
    throw new Fault(place, `${typeText(type)} has no members by ${here}`, `use ${there}`);
  }
  throw new Fault(place, `${typeText(type)} has no members`, "cast it: ((struct name *)value)->member");
}

function cast(lowering: Lowering, { type: name, of, place }: Node<"cast">): Value {
  const value = lower(lowering, of);
  if (value.type.kind === "none" && lowering.strict === false) return scalarValue(NONE, constant(0n, place));
  const scalar = numberOf(value, place);
  const type = lowering.declarations.type(name, spaceOf(value));
  switch (type.kind) {
    case "int":
      return scalarValue(type, narrowed(scalar, type, place));
    case "pointer": {
      const space = spaceOf(value);
      const trusted = scalar.type.kind === "pointer" && scalar.type.trusted;
      return scalarValue({ ...type, space }, { ...scalar, type: addressType(space, trusted) });
    }
    case "struct":
      return scalarValue(type, { ...scalar, type: addressType(spaceOf(value)) });
    default:
      throw new Fault(place, `nothing can be cast to ${name.name}`);
  }
}
