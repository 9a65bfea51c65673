/**
 * Variables of a script: `$x`. They are known in all of the probe from their first assignment on.
 *
 * @module
 */
import { closest } from "../../names.ts";
import { constant } from "../check/convert.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Effect, Scalar, Stored, Text, Variable } from "../ir/tree.ts";
import { S64, U64, VOID } from "../ir/type.ts";
import type { Expression, VariableNode } from "./ast.ts";
import type { Local, Lowering } from "./lowering.ts";
import { addressType } from "./memory.ts";
import { numberOf } from "./numbers.ts";
import { isSameKind, typeText, UINT64, type ValueType } from "./types.ts";
import { leavesOf, noValue, partsValue, scalarValue, storedTypes, textValue, type Value } from "./value.ts";

/** What a variable holds. */
export function readLocal(lowering: Lowering, { name, place }: VariableNode): Value {
  const local = lowering.locals.get(name);
  if (local) return valueOf(local.type, [...local.leaves], place);
  if (!lowering.strict) return noValue(place);
  const near = closest(name, lowering.locals.keys());
  throw new Fault(place, `${name} has no value yet${near}`);
}

/** Takes as many of the variables as a value of the type consists of. */
function valueOf(type: ValueType, leaves: Variable[], place: Place): Value {
  switch (type.kind) {
    case "tuple":
      return partsValue(type, type.parts.map((part) => valueOf(part, leaves, place)), place);
    case "usym":
    case "stack":
    case "inet":
    case "mac":
      return partsValue(type, storedTypes(type).map(() => valueOf(UINT64, leaves, place)), place);
    case "array":
      return partsValue(
        type,
        Array.from({ length: type.length }, () => valueOf(type.of, leaves, place)),
        place,
      );
    default: {
      const variable = leaves.shift();
      if (!variable) return noValue(place);
      if (variable.type.kind === "text") {
        return textValue({ kind: "textVariable", type: variable.type, place, variable });
      }
      if (variable.type.kind !== "int" && variable.type.kind !== "pointer") return noValue(place);
      return scalarValue(type, { kind: "variable", type: variable.type, place, variable });
    }
  }
}

/** Gives a variable a value. */
export function assignLocal(lowering: Lowering, { name, place }: VariableNode, value: Value): Effect {
  if (value.type.kind === "none") return { kind: "effects", type: VOID, place, effects: [] };
  const local = lowering.locals.get(name) ?? declare(lowering, name, value, place);
  if (!isSameKind(local.type, value.type)) {
    throw new Fault(place, `${name} is ${typeText(local.type)}, and this is ${typeText(value.type)}`);
  }
  if (local.type.kind === "string" && value.type.kind === "string" && value.type.size > local.type.size) {
    throw new Fault(
      place,
      `${name} has room for ${local.type.size} bytes, and this text may have ${value.type.size}`,
      "give it the longest one first",
    );
  }
  local.type = laterType(local.type, value.type);
  const effects = leavesOf(value).map((leaf, i): Effect => assignLeaf(local.leaves[i], leaf, place));
  return effects.length === 1 ? effects[0] as Effect : { kind: "effects", type: VOID, place, effects };
}

function assignLeaf(variable: Variable | undefined, leaf: Stored, place: Place): Effect {
  if (!variable) throw new Fault(place, "this value has more parts than the variable");
  if (isText(leaf)) return { kind: "set", type: VOID, place, variable, value: leaf };
  if (!isScalar(leaf)) {
    throw new Fault(place, "a buffer cannot be kept in a variable", "use it where it is made");
  }
  const value: Scalar = { kind: "assign", type: leaf.type, place, variable, value: leaf, before: false };
  return { kind: "do", type: VOID, place, value };
}

function isText(leaf: Stored): leaf is Text {
  return leaf.type.kind === "text";
}

function isScalar(leaf: Stored): leaf is Scalar {
  return leaf.type.kind === "int" || leaf.type.kind === "pointer";
}

/** A variable with room for values like this; empty at first, since it may be read where no value was given. */
function declare(lowering: Lowering, name: string, value: Value, place: Place): Local {
  const { type } = value;
  const scalars = leavesOf(value);
  const leaves = storedTypes(type).map((stored, i): Variable => {
    if (stored.kind === "text") return { name, type: stored };
    if (stored.kind === "words") {
      throw new Fault(place, "a buffer cannot be kept in a variable", "use it where it is made");
    }
    const given = scalars[i];
    const address = given?.type.kind === "pointer"
      ? addressType(given.type.space, given.type.trusted)
      : undefined;
    return { name, type: address ?? (stored.kind === "int" && stored.signed ? S64 : U64) };
  });
  for (const variable of leaves) {
    const empty = variable.type.kind === "text"
      ? { kind: "textConstant", type: variable.type, place, text: "" } as const
      : constant(0n, place);
    lowering.declared.push({
      kind: "effect",
      place,
      effect: { kind: "set", type: VOID, place, variable, value: empty },
    });
  }
  const local = { type, leaves };
  lowering.locals.set(name, local);
  return local;
}

/**
 * The type of a variable from here on: what is behind an address may be another thing, and a number have another size; of signs,
 * the first one counts.
 */
function laterType(known: ValueType, given: ValueType): ValueType {
  if (known.kind === "pointer" || given.kind === "pointer") return given;
  return known.kind === "int" && given.kind === "int" ? { ...given, signed: known.signed } : known;
}

/** `$x++` and its like. */
export function stepLocal(
  lowering: Lowering,
  { target, by, before, place }: Extract<Expression, { kind: "step" }>,
): Value {
  const value = readLocal(lowering, target as VariableNode);
  if (value.type.kind === "none") return value;
  const now = numberOf(value, place);
  const next: Scalar = {
    kind: "arithmetic",
    type: U64,
    place,
    operator: "+",
    signed: false,
    left: now,
    right: constant(BigInt(by), place),
  };
  if (now.kind !== "variable") throw new Fault(place, "only numbers are counted up and down");
  return scalarValue(value.type, {
    kind: "assign",
    type: now.type,
    place,
    variable: now.variable,
    value: next,
    before,
  });
}
