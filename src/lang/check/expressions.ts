/**
 * Expressions.
 *
 * @module
 */
import { Fault } from "../ir/place.ts";
import type { Effect, Scalar } from "../ir/tree.ts";
import type { ExpressionSyntax } from "../ir/syntax.ts";
import { S64, U64, VOID } from "../ir/type.ts";
import { after } from "./after.ts";
import { textThing } from "./constants.ts";
import { conditionOf, constant, effectOf, NOTHING, numberOf, scalarOf } from "./convert.ts";
import { elementOf, fieldOf, valueMember } from "./lists.ts";
import { arithmetic, comparison, eitherType } from "./operators.ts";
import type { Scope } from "./scope.ts";
import { describe, scalarThing, type Thing } from "./thing.ts";
import { assigned } from "./variables.ts";

/** What an expression stands for, by what its names do. */
export function check(scope: Scope, syntax: ExpressionSyntax): Thing {
  const { place } = syntax;
  switch (syntax.kind) {
    case "number":
      return scalarThing(constant(syntax.value, place));
    case "boolean":
      return always(syntax.value, syntax);
    case "text":
      return textThing(syntax.value, place);
    case "undefined":
      return { kind: "undefined" };
    case "name":
      return placed(scope.resolve(syntax.name, place).thing, syntax);
    case "member": {
      const of = check(scope, syntax.of);
      if (of.kind === "text" || of.kind === "list") return valueMember(scope, of, syntax.name, place);
      if (of.kind === "record") return fieldOf(of, syntax.name, place);
      const members = of.kind === "optional" || of.kind === "address" ? of.members : of;
      if (members?.kind === "namespace") return members.member(syntax.name, place);
      throw new Fault(place, `${describe(of)} has no "${syntax.name}"`);
    }
    case "index": {
      const thing = check(scope, syntax.of);
      if (thing.kind === "list") return elementOf(thing, check(scope, syntax.index), place);
      const of = thing.kind === "address" && thing.members ? thing.members : thing;
      if (of.kind !== "namespace" || !of.index) throw new Fault(place, `${describe(of)} has no elements`);
      return of.index(check(scope, syntax.index), place);
    }
    case "call": {
      const callee = check(scope, syntax.callee);
      if (callee.kind !== "method") throw new Fault(place, `${describe(callee)} cannot be called`);
      return callee.call(syntax.arguments.map((one) => check(scope, one)), place);
    }
    case "unary":
      return unary(scope, syntax);
    case "arithmetic":
      return arithmetic(syntax.operator, check(scope, syntax.left), check(scope, syntax.right), place);
    case "comparison":
      return comparison(syntax.operator, check(scope, syntax.left), check(scope, syntax.right), place);
    case "logic":
      return logic(scope, syntax);
    case "choice":
      return choice(scope, syntax);
    case "sequence":
      return sequence(scope, syntax.parts);
    case "assignment":
      return assignment(scope, syntax);
    case "list":
      return { kind: "list", items: syntax.items.map((item) => check(scope, item)) };
    case "function":
      return scope.define(syntax);
    case "record":
      return {
        kind: "record",
        fields: syntax.fields.map(({ name, place, value }) => ({ name, place, thing: check(scope, value) })),
      };
  }
}

type Syntax<K extends ExpressionSyntax["kind"]> = Extract<ExpressionSyntax, { kind: K }>;

/** A variable is where it is named, not where it is declared. */
function placed(thing: Thing, { place }: ExpressionSyntax): Thing {
  return thing.kind === "scalar" ? { kind: "scalar", value: { ...thing.value, place } } : thing;
}

function always(value: boolean, { place }: ExpressionSyntax): Thing {
  return { kind: "condition", condition: { kind: "always", place, value } };
}

function unary(scope: Scope, { operator, of, place }: Syntax<"unary">): Thing {
  const thing = check(scope, of);
  if (operator === "!") {
    const condition = conditionOf(thing, place);
    if (condition.kind === "always") {
      return { kind: "condition", condition: { ...condition, value: !condition.value } };
    }
    return { kind: "condition", condition: { kind: "not", place, of: condition } };
  }
  const value = scalarOf(thing, place);
  if (value.kind === "constant") {
    return scalarThing(constant(operator === "-" ? -numberOf(value) : ~numberOf(value), place));
  }
  return scalarThing({
    kind: operator === "-" ? "negate" : "invert",
    type: operator === "-" || value.type.kind === "int" && value.type.signed ? S64 : U64,
    place,
    of: value,
  });
}

function logic(scope: Scope, { operator, left, right, place }: Syntax<"logic">): Thing {
  const first = check(scope, left);
  if (operator === "??") return orElse(first, () => check(scope, right), place);
  const condition = conditionOf(first, place);
  if (condition.kind === "always") {
    return condition.value === (operator === "&&") ? check(scope, right) : first;
  }
  const second = check(scope, right);
  if (second.kind === "effect") {
    const [then, otherwise] = operator === "&&"
      ? [second.effect, NOTHING(place)]
      : [NOTHING(place), second.effect];
    return { kind: "effect", effect: { kind: "choose", type: VOID, place, condition, then, otherwise } };
  }
  // What is false is 0, so that only || with a number on its left can be more than true
  if (second.kind === "condition" && (operator === "&&" || first.kind === "condition")) {
    const kind = operator === "&&" ? "both" : "either";
    return { kind: "condition", condition: { kind, place, left: condition, right: second.condition } };
  }
  const [a, b] = [scalarOf(first, place), scalarOf(second, place)];
  if (operator === "||") return scalarThing({ kind: "or", type: eitherType(a, b), place, left: a, right: b });
  const otherwise = constant(0n, place);
  return scalarThing({
    kind: "choice",
    type: eitherType(b, otherwise),
    place,
    condition,
    then: b,
    otherwise,
  });
}

function orElse(first: Thing, second: () => Thing, place: Scalar["place"]): Thing {
  if (first.kind === "undefined") return second();
  if (first.kind === "scalar" && first.within) {
    const condition = { kind: "present", place, of: first.within } as const;
    const [then, otherwise] = [first.value, scalarOf(second(), place)];
    return scalarThing({
      kind: "choice",
      type: eitherType(then, otherwise),
      place,
      condition,
      then,
      otherwise,
    });
  }
  if (first.kind !== "optional") return first;
  const otherwise = scalarOf(second(), place);
  const type = eitherType(scalarOf(first, place), otherwise);
  return scalarThing({ kind: "orElse", type, place, of: first.value, otherwise });
}

function choice(scope: Scope, syntax: Syntax<"choice">): Thing {
  const { place } = syntax;
  const condition = conditionOf(check(scope, syntax.condition), place);
  if (condition.kind === "always") return check(scope, condition.value ? syntax.then : syntax.otherwise);
  const [then, otherwise] = [check(scope, syntax.then), check(scope, syntax.otherwise)];
  if (isEffect(then) || isEffect(otherwise)) {
    return {
      kind: "effect",
      effect: {
        kind: "choose",
        type: VOID,
        place,
        condition,
        then: effectOf(then, place),
        otherwise: effectOf(otherwise, place),
      },
    };
  }
  if (then.kind === "text" && otherwise.kind === "text") {
    const size = Math.max(then.value.type.size, otherwise.value.type.size);
    const type = { kind: "text", size } as const;
    const [a, b] = [then.value, otherwise.value];
    return { kind: "text", value: { kind: "textChoice", type, place, condition, then: a, otherwise: b } };
  }
  const [a, b] = [scalarOf(then, place), scalarOf(otherwise, place)];
  return scalarThing({ kind: "choice", type: eitherType(a, b), place, condition, then: a, otherwise: b });
}

function isEffect(thing: Thing): boolean {
  return thing.kind === "effect" || thing.kind === "undefined";
}

/** All but the last are done for their effect. */
function sequence(scope: Scope, parts: readonly ExpressionSyntax[]): Thing {
  const things = parts.map((part) => ({ thing: check(scope, part), place: part.place }));
  const last = things.pop();
  if (!last) return { kind: "undefined" };
  const { place } = last;
  const effects: Effect[] = things.map(({ thing, place }) => effectOf(thing, place));
  return after(scope, effects, last.thing, place);
}

/** What is assigned to that is no variable: a member, where it can be changed. */
function changed(scope: Scope, { target, place, operator, value }: Syntax<"assignment">): Thing {
  const thing = check(scope, target);
  if (thing.kind !== "scalar" && thing.kind !== "address" || !thing.assign) {
    throw new Fault(place, `${describe(thing)} cannot be assigned to`, "change maps with set()");
  }
  const given = check(scope, value);
  const effect = thing.assign(operator ? arithmetic(operator, thing, given, place) : given, place);
  return { kind: "effect", effect };
}

function assignment(scope: Scope, syntax: Syntax<"assignment">): Thing {
  const { target, place, operator, before = false } = syntax;
  if (target.kind !== "name") return changed(scope, syntax);
  const entry = scope.resolve(target.name, target.place);
  const { variable } = entry;
  if (!variable) {
    throw new Fault(place, `"${target.name}" cannot be assigned to`, "declare a variable: let n = 0");
  }
  const given = check(scope, syntax.value);
  if (!operator) entry.begin?.(given);
  const value = operator ? arithmetic(operator, entry.thing, given, place) : given;
  return assigned({ variable, given: value, before }, place, scope.types);
}
