/**
 * Functions that the kernel function calls: their statements run where they are called.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { Effect, Statement, Target, Variable } from "../ir/tree.ts";
import type { ExpressionSyntax, StatementSyntax } from "../ir/syntax.ts";
import { BOOL, type IntType, type PointerType, S64, type TextType, VOID } from "../ir/type.ts";
import { after } from "./after.ts";
import { effectOf } from "./convert.ts";
import { type Definition, Scope } from "./scope.ts";
import type { Body } from "./statements.ts";
import { describe, type Thing } from "./thing.ts";
import { assigned, declareAs, thingOf, variableFor } from "./variables.ts";

/** What a function of a function returns in one place. */
interface Result {
  readonly thing: Thing;
  readonly place: Place;
  /** What is done there, filled when all results are known. */
  readonly effects: Effect[];
}

type CheckStatements = (body: Body, scope: Scope, all: readonly StatementSyntax[]) => Statement[];

/** How functions in a function are defined. */
export function definitions(body: Body, check: CheckStatements): Definition {
  return (scope, syntax) => {
    let active = false;
    return {
      kind: "method",
      what: "the function",
      call(args, place) {
        if (active) {
          throw new Fault(place, "it calls itself, and the kernel has 512 bytes of stack", "write a loop");
        }
        active = true;
        try {
          return inlined({ body, check, scope, syntax }, args, place);
        } finally {
          active = false;
        }
      },
    };
  };
}

interface Inlined {
  readonly body: Body;
  readonly check: CheckStatements;
  /** Where the function is defined. */
  readonly scope: Scope;
  readonly syntax: Extract<ExpressionSyntax, { kind: "function" }>;
}

function inlined(
  { body, check, scope: outer, syntax }: Inlined,
  args: readonly Thing[],
  place: Place,
): Thing {
  const scope = new Scope(outer);
  const before = syntax.parameters.flatMap((name, i) =>
    declareAs(scope, name, args[i] ?? { kind: "undefined" }, "fixed", place)
  );
  const inside = new Scope(scope);
  // What is returned at the end, and nowhere else, needs no variable
  const last = syntax.body.at(-1);
  const rest = last?.kind === "return" ? syntax.body.slice(0, -1) : syntax.body;
  const results: Result[] = [];
  const target: Target = { label: undefined };
  const own: Body = {
    ...body,
    targets: [],
    returned(thing, at) {
      const effects: Effect[] = [];
      results.push({ thing, place: at, effects });
      const done: Effect = { kind: "effects", type: VOID, place: at, effects };
      return [{ kind: "effect", place: at, effect: done }, { kind: "break", place: at, target }];
    },
  };
  const statements = check(own, inside, rest);
  const run = (all: readonly Statement[]): Effect[] =>
    all.length === 0 ? [] : [{ kind: "run", type: VOID, place, body: all, target }];
  if (results.length === 0) {
    const value: Thing = last?.kind === "return" && last.value
      ? inside.check(last.value)
      : { kind: "undefined" };
    return after(outer, [...before, ...run(statements)], value, place);
  }
  const ending = last?.kind === "return" ? check(own, inside, [last]) : [];
  const variable = resultOf(results, ending.length > 0, place);
  if (!variable) {
    for (const { thing, place, effects } of results) effects.push(effectOf(thing, place));
    return after(outer, [...before, ...run([...statements, ...ending])], { kind: "undefined" }, place);
  }
  for (const { thing, place, effects } of results) {
    effects.push(effectOf(assigned({ variable, given: thing }, place, outer.types), place));
  }
  const declared: Effect = { kind: "declare", type: VOID, place, variable };
  const all = [...before, declared, ...run([...statements, ...ending])];
  const found = thingOf(variable, place, outer.types);
  const isCondition = variable.type.kind === "int" && variable.type.shown === "boolean";
  const value: Thing = isCondition && found.kind === "scalar"
    ? { kind: "condition", condition: { kind: "truth", place, of: found.value } }
    : found;
  return after(outer, all, value, place);
}

/** The variable for what a function returns in several places; `undefined` where that is nothing. */
function resultOf(results: readonly Result[], ends: boolean, place: Place): Variable | undefined {
  const values = results.filter(({ thing }) => thing.kind !== "undefined" && thing.kind !== "effect");
  if (values.length === 0) return undefined;
  const name = "the result";
  const types = values.map(({ thing, place }) => {
    const type = thing.kind === "text" ? thing.value.type : variableFor(name, thing, false)?.type;
    if (type) return type;
    throw new Fault(
      place,
      `a function that returns in several places cannot return ${describe(thing)}`,
      "return it once, at the end",
    );
  });
  const texts = types.filter((type): type is TextType => type.kind === "text");
  if (texts.length > 0 && texts.length < types.length) {
    throw new Fault(
      place,
      "it returns text in one place and a number in another",
      "return the same everywhere",
    );
  }
  if (texts.length > 0) {
    return {
      name,
      type: { kind: "text", size: Math.max(...texts.map(({ size }) => size)) },
    };
  }
  const plain = types.map((type) => type.kind === "optional" ? type.of : type as IntType | PointerType);
  const mayLack = !ends || values.length < results.length || types.some(({ kind }) => kind === "optional");
  const of = commonType(plain);
  return { name, type: mayLack ? { kind: "optional", of } : of };
}

function commonType(types: readonly (IntType | PointerType)[]): IntType | PointerType {
  const [first = S64] = types;
  if (types.every((type) => type.kind === "int" && type.shown === "boolean")) return BOOL;
  if (
    first.kind === "pointer" && types.every((type) => type.kind === "pointer" && type.typeId === first.typeId)
  ) {
    return first;
  }
  return types.every((type) => type.kind === "int" && !type.signed) ? first : S64;
}
