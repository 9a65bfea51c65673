/**
 * What JavaScript has everywhere.
 *
 * @module
 */
import type { Place } from "../ir/place.ts";
import type { Condition, Effect, Scalar, Variable } from "../ir/tree.ts";
import { VOID } from "../ir/type.ts";
import { method } from "./arguments.ts";
import { conditionOf, constant, scalarOf } from "./convert.ts";
import { namespaceOf } from "./members.ts";
import { comparison } from "./operators.ts";
import { scalarThing, type Thing } from "./thing.ts";

/** Numbers are integers of 64 bits already, whatever they are called. */
const number = (what: string) =>
  method(what, [1, 1], ([value = { kind: "undefined" }], place) => scalarThing(scalarOf(value, place)));

/** By name. */
export const GLOBALS: Readonly<Record<string, Thing>> = {
  BigInt: number("BigInt"),
  Number: number("Number"),
  Boolean: method("Boolean", [1, 1], ([value = { kind: "undefined" }], place) => ({
    kind: "condition",
    condition: conditionOf(value, place),
  })),
  Math: namespaceOf("Math", {
    min: () => method("min", [2, 8], (args, place) => args.reduce((a, b) => one("<", a, b, place))),
    max: () => method("max", [2, 8], (args, place) => args.reduce((a, b) => one(">", a, b, place))),
    abs: () => method("abs", [1, 1], ([value = { kind: "undefined" }], place) => absolute(value, place)),
    trunc: () => number("trunc"),
    floor: () => number("floor"),
  }),
};

/** The one of two which compares so with the other. */
function one(operator: "<" | ">", left: Thing, right: Thing, place: Place): Thing {
  return once([left, right], place, ([a, b]) => {
    const condition = comparison(operator, scalarThing(a), scalarThing(b), place);
    return chosen(condition, a, b, place);
  });
}

function absolute(thing: Thing, place: Place): Thing {
  return once([thing], place, ([value]) => {
    const condition = comparison("<", scalarThing(value), scalarThing(constant(0n, place)), place);
    return chosen(condition, { kind: "negate", type: value.type, place, of: value }, value, place);
  });
}

function chosen(thing: Thing, then: Scalar, otherwise: Scalar, place: Place): Scalar {
  const condition: Condition = conditionOf(thing, place);
  if (condition.kind === "always") return condition.value ? then : otherwise;
  const { type } = then.kind === "constant" ? otherwise : then;
  return { kind: "choice", type, place, condition, then, otherwise };
}

/** What is made of numbers that are computed once, however often they are named. */
function once<const T extends readonly Thing[]>(
  things: T,
  place: Place,
  body: (values: { readonly [N in keyof T]: Scalar }) => Scalar,
): Thing {
  const effects: Effect[] = [];
  const values = things.map((thing): Scalar => {
    const value = scalarOf(thing, place);
    if (value.kind === "constant" || value.kind === "variable") return value;
    const { type } = value;
    const variable: Variable = { name: "", type };
    effects.push({ kind: "set", type: VOID, place, variable, value });
    return { kind: "variable", type, place, variable };
  });
  const value = body(values as { readonly [N in keyof T]: Scalar });
  return scalarThing(effects.length > 0 ? { kind: "after", type: value.type, place, effects, value } : value);
}
