/**
 * Statements.
 *
 * @module
 */
import type { Btf } from "../../btf/core.ts";
import { closest } from "../../names.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Scalar, Statement, Variable } from "../ir/tree.ts";
import type { ExpressionSyntax, StatementSyntax } from "../ir/syntax.ts";
import { type IntType, S64, U64, VOID } from "../ir/type.ts";
import { checkBound, countersOf } from "./bound.ts";
import { conditionOf, constant, effectOf, scalarOf } from "./convert.ts";
import { check } from "./expressions.ts";
import { optionalThing, pointerThing } from "./memory.ts";
import { type Entry, Scope } from "./scope.ts";
import { type RecordThing, scalarThing, type Thing } from "./thing.ts";

/** What statements need to know of the function that they are in. */
export interface Body {
  readonly types: () => Btf;
  /** What it may return, by name. */
  readonly results: Readonly<Record<string, bigint>> | undefined;
  /** What it returns where it says nothing. */
  readonly result: bigint;
  /** What the loops around count. */
  readonly counters: ReadonlySet<Variable>;
  /** Sends a record that is returned. */
  readonly emit: (event: RecordThing, place: Place) => Thing;
}

/** Statements in order. */
export function checkStatements(body: Body, scope: Scope, all: readonly StatementSyntax[]): Statement[] {
  return all.flatMap((one) => checkStatement(body, scope, one));
}

function checkStatement(body: Body, scope: Scope, syntax: StatementSyntax): Statement[] {
  const { place } = syntax;
  switch (syntax.kind) {
    case "declaration":
      return declaration(body, scope, syntax);
    case "expression":
      return [{ kind: "effect", place, effect: effectOf(check(scope, syntax.expression), place) }];
    case "block":
      return [{ kind: "block", place, body: checkStatements(body, new Scope(scope), syntax.body) }];
    case "if": {
      const condition = conditionOf(check(scope, syntax.condition), place);
      // Constants of the script decide here, so that nothing is made of the other branch
      if (condition.kind === "always") {
        const taken = checkStatements(
          body,
          new Scope(scope),
          condition.value ? syntax.then : syntax.otherwise,
        );
        return [{ kind: "block", place, body: taken }];
      }
      const then = checkStatements(body, new Scope(scope), syntax.then);
      const otherwise = checkStatements(body, new Scope(scope), syntax.otherwise);
      return [{ kind: "if", place, condition, then, otherwise }];
    }
    case "loop":
      return [loop(body, new Scope(scope), syntax)];
    case "break":
    case "continue":
      return [{ kind: syntax.kind, place }];
    case "return":
      return returned(body, scope, syntax.value, place);
  }
}

function loop(body: Body, scope: Scope, syntax: Extract<StatementSyntax, { kind: "loop" }>): Statement {
  const { place } = syntax;
  const first = checkStatements(body, scope, syntax.first);
  const condition = syntax.condition
    ? conditionOf(check(scope, syntax.condition), syntax.condition.place)
    : { kind: "always", place, value: true } as const;
  const update = syntax.update && effectOf(check(scope, syntax.update), syntax.update.place);
  const counters = new Set([...body.counters, ...countersOf(update)]);
  const inside = checkStatements({ ...body, counters }, new Scope(scope), syntax.body);
  checkBound(condition, update, inside, body.counters, place);
  return { kind: "loop", place, first, condition, update, body: inside };
}

function declaration(
  { types }: Body,
  scope: Scope,
  { name, value, constant: fixed, place }: Extract<StatementSyntax, { kind: "declaration" }>,
): Statement[] {
  if (!value) {
    throw new Fault(place, `"${name}" has no value to begin with`, `give it one: let ${name} = 0`);
  }
  const thing = check(scope, value);
  const variable = variableFor(name, thing, fixed);
  if (!variable) {
    scope.declare(name, { thing }, place);
    return [];
  }
  scope.declare(name, { ...entryOf(variable, place, types), ...(!fixed && { variable }) }, place);
  const set = { kind: "set", type: VOID, place, variable, value: held(thing, place) } as const;
  return [{ kind: "effect", place, effect: set }];
}

/** The variable that keeps what a thing is now; `undefined` for what is no value, and what does not change. */
function variableFor(name: string, thing: Thing, fixed: boolean): Variable | undefined {
  switch (thing.kind) {
    case "scalar": {
      const { value } = thing;
      if (fixed) return value.kind === "constant" ? undefined : { name, type: value.type };
      // It may be added to beyond its size, and subtracted from
      return { name, type: value.type.kind === "pointer" ? value.type : isUnsigned64(value) ? U64 : S64 };
    }
    case "condition":
      if (fixed && thing.condition.kind === "always") return undefined;
      return { name, type: { kind: "int", size: 1, signed: false, shown: "boolean" } };
    case "optional":
      // Where a header is, is not kept: it is found anew
      if (thing.value.kind === "header") return undefined;
      return { name, type: thing.value.type };
    case "address":
      return { name, type: thing.value.type };
    case "text":
      if (thing.value.kind === "textConstant") return undefined;
      return { name, type: thing.value.type };
    case "namespace":
      return thing.address ? { name, type: thing.address.type } : undefined;
    default:
      return undefined;
  }
}

function isUnsigned64({ type }: Scalar): boolean {
  return type.kind === "int" && type.size === 8 && !type.signed;
}

function held(thing: Thing, place: Place) {
  return thing.kind === "optional" || thing.kind === "text" || thing.kind === "address"
    ? thing.value
    : scalarOf(thing, place);
}

function entryOf(variable: Variable, place: Place, types: () => Btf): Entry {
  const { type } = variable;
  switch (type.kind) {
    case "optional":
      return { thing: optionalThing(types, { kind: "optionalVariable", type, place, variable }) };
    case "address":
      return { thing: { kind: "address", value: { kind: "addressVariable", type, place, variable } } };
    case "text":
      return { thing: { kind: "text", value: { kind: "textVariable", type, place, variable } } };
    case "pointer":
      return { thing: pointerThing(types, { kind: "variable", type, place, variable }) };
    case "int":
      return { thing: scalarThing({ kind: "variable", type, place, variable }) };
  }
}

/** What is returned: a verdict by its name or number, or an event, which is sent. */
function returned(body: Body, scope: Scope, value: ExpressionSyntax | undefined, place: Place): Statement[] {
  const leave: Statement = { kind: "return", place, value: constant(body.result, place) };
  if (!value) return [leave];
  if (value.kind === "choice") {
    const condition = conditionOf(check(scope, value.condition), value.place);
    const then = returned(body, scope, value.then, value.then.place);
    const otherwise = returned(body, scope, value.otherwise, value.otherwise.place);
    return [{ kind: "if", place, condition, then, otherwise }];
  }
  if (value.kind === "sequence") {
    const before = value.parts.slice(0, -1).map((part): Statement => (
      { kind: "effect", place: part.place, effect: effectOf(check(scope, part), part.place) }
    ));
    return [...before, ...returned(body, scope, value.parts.at(-1), place)];
  }
  const thing = check(scope, value);
  if (body.results && thing.kind !== "effect" && thing.kind !== "undefined") {
    return [{ kind: "return", place, value: verdict(body.results, thing, value.place) }];
  }
  const done = thing.kind === "record" ? body.emit(thing, place) : thing;
  return [{ kind: "effect", place, effect: effectOf(done, place) }, leave];
}

const RESULT: IntType = { kind: "int", size: 4, signed: false };

function verdict(results: Readonly<Record<string, bigint>>, thing: Thing, place: Place): Scalar {
  if (thing.kind === "text" && thing.value.kind === "textConstant") {
    const { text } = thing.value;
    const number = Object.hasOwn(results, text) ? results[text] : undefined;
    if (number !== undefined) return constant(number, place);
    const names = Object.keys(results);
    const near = closest(text, names);
    throw new Fault(
      place,
      `"${text}" is no verdict${near === "" ? `: it is one of ${names.join(", ")}` : near}`,
    );
  }
  const value = scalarOf(thing, place);
  return { ...value, type: value.type.kind === "pointer" ? RESULT : value.type };
}
