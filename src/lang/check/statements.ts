/**
 * Statements.
 *
 * @module
 */
import { closest } from "../../names.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Effect, Scalar, Statement, Target, Variable } from "../ir/tree.ts";
import type { ExpressionSyntax, StatementSyntax } from "../ir/syntax.ts";
import type { IntType } from "../ir/type.ts";
import {
  allCountersOf,
  checkPasses,
  countersOf,
  isOpen,
  MOST_FOLLOWED,
  MOST_FOLLOWED_AROUND,
  passesOf,
  unbounded,
} from "./bound.ts";
import { conditionOf, constant, effectOf, scalarOf } from "./convert.ts";
import { check } from "./expressions.ts";
import { elementsOf } from "./lists.ts";
import { Scope } from "./scope.ts";
import { leaving, type Targets } from "./targets.ts";
import type { RecordThing, Thing } from "./thing.ts";
import { declareAs, declareLate } from "./variables.ts";

/** What statements need to know of the function that they are in. */
export interface Body {
  /** What it may return, by name. */
  readonly results: Readonly<Record<string, bigint>> | undefined;
  /** What it returns where it says nothing. */
  readonly result: bigint;
  /** What the loops around count. */
  readonly counters: ReadonlySet<Variable>;
  /** The loops and blocks around. */
  readonly targets: Targets;
  /** How often the loops around have it run, as far as the verifier follows each of their passes. */
  readonly passes: number;
  /** How many loops there are so far that the kernel runs. */
  readonly opened: { loops: number };
  /** Whether the kernel ends loops that go on for too long. */
  readonly endsLoops: () => boolean;
  /** In a function that is called: what is done with what it returns. */
  readonly returned?: (thing: Thing, place: Place) => Statement[];
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
      return declaration(scope, syntax);
    case "expression":
      return [{ kind: "effect", place, effect: effectOf(check(scope, syntax.expression), place) }];
    case "block":
      return [block(body, scope, syntax)];
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
    case "each":
      return [each(body, scope, syntax)];
    case "break":
    case "continue":
      return [leaving(body.targets, syntax.kind, syntax.label, place)];
    case "return":
      return returned(body, scope, syntax.value, place);
  }
}

function block(body: Body, scope: Scope, syntax: Extract<StatementSyntax, { kind: "block" }>): Statement {
  const { place, label } = syntax;
  if (label === undefined) {
    return { kind: "block", place, body: checkStatements(body, new Scope(scope), syntax.body) };
  }
  const target: Target = { label };
  const targets = [...body.targets, { target, isLoop: false }];
  return {
    kind: "block",
    place,
    target,
    body: checkStatements({ ...body, targets }, new Scope(scope), syntax.body),
  };
}

function loop(body: Body, scope: Scope, syntax: Extract<StatementSyntax, { kind: "loop" }>): Statement {
  const { place } = syntax;
  const first = checkStatements(body, scope, syntax.first);
  const condition = syntax.condition
    ? conditionOf(check(scope, syntax.condition), syntax.condition.place)
    : { kind: "always", place, value: true } as const;
  const update = syntax.update && effectOf(check(scope, syntax.update), syntax.update.place);
  const steps = countersOf(update);
  const counters = new Set([...body.counters, ...steps]);
  const target: Target = { label: syntax.label };
  const targets = [...body.targets, { target, isLoop: true }];
  const own = passesOf(condition, steps, first);
  checkPasses(own, place);
  const isLong = own * body.passes > MOST_FOLLOWED && body.endsLoops();
  const passes = isLong ? 1 : own * body.passes;
  const { loops } = body.opened;
  const inside = checkStatements({ ...body, counters, targets, passes }, new Scope(scope), syntax.body);
  const all = allCountersOf(condition, update, inside);
  // Each way out of a loop that the kernel runs is another one to follow
  const isFollowed = body.opened.loops === loops || own <= MOST_FOLLOWED_AROUND;
  const open = isLong || !isFollowed || isOpen(condition, all, body.counters);
  if (open && !body.endsLoops()) throw unbounded(place);
  if (open) body.opened.loops++;
  return {
    kind: "loop",
    place,
    first,
    condition,
    update,
    body: inside,
    target,
    open,
    counters: open ? [...all] : [],
    bodyFirst: syntax.bodyFirst,
  };
}

/** The statements for each element: of a list as it is known here, so that constants decide in them. */
function each(body: Body, scope: Scope, syntax: Extract<StatementSyntax, { kind: "each" }>): Statement {
  const { place } = syntax;
  const things = elementsOf(check(scope, syntax.of), syntax.of.place);
  const target: Target = { label: syntax.label };
  const passes = things.map((thing): Statement => {
    const inside = new Scope(scope);
    const first = declareAs(inside, syntax.name, thing, "fixed", place).map((effect) => did(effect));
    const pass: Target = { label: syntax.label };
    const all = checkStatements(
      { ...body, targets: [...body.targets, { target, isLoop: true, pass }] },
      new Scope(inside),
      syntax.body,
    );
    return { kind: "block", place, body: [...first, ...all], target: pass };
  });
  return { kind: "block", place, body: passes, target };
}

function did(effect: Effect): Statement {
  return { kind: "effect", place: effect.place, effect };
}

function declaration(
  scope: Scope,
  { name, value, constant: fixed, changes, place }: Extract<StatementSyntax, { kind: "declaration" }>,
): Statement[] {
  const effects = value
    ? declareAs(scope, name, check(scope, value), fixed ? "fixed" : changes ? "changing" : "unchanged", place)
    : declareLate(scope, name, place);
  return effects.map(did);
}

/** What is returned: a verdict by its name or number, or an event, which is sent. */
function returned(body: Body, scope: Scope, value: ExpressionSyntax | undefined, place: Place): Statement[] {
  if (body.returned) return body.returned(value ? check(scope, value) : { kind: "undefined" }, place);
  const leave: Statement = { kind: "return", place, value: constant(body.result, place) };
  if (!value) return [leave];
  if (value.kind === "choice") {
    const condition = conditionOf(check(scope, value.condition), value.place);
    const then = returned(body, scope, value.then, value.then.place);
    const otherwise = returned(body, scope, value.otherwise, value.otherwise.place);
    return [{ kind: "if", place, condition, then, otherwise }];
  }
  // Where JavaScript gives what is false, there is no event
  if (value.kind === "logic" && value.operator === "&&" && value.right.kind === "record") {
    const condition = conditionOf(check(scope, value.left), value.left.place);
    const then = returned(body, scope, value.right, value.right.place);
    return [{ kind: "if", place, condition, then, otherwise: [leave] }];
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
