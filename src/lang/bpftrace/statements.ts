/**
 * Statements.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import { constant } from "../check/convert.ts";
import type { Effect, Statement as TreeStatement, Target } from "../ir/tree.ts";
import { VOID } from "../ir/type.ts";
import { act, exitEffect, isAction } from "./actions.ts";
import type { CallNode, Expression, MapNode, Statement } from "./ast.ts";
import { checkCount } from "./calls.ts";
import { binary } from "./expressions.ts";
import { assignLocal } from "./locals.ts";
import type { Lowering } from "./lowering.ts";
import { addToMap, assignMap, collect } from "./map_uses.ts";
import { isSigned, numberOf, truthOf } from "./numbers.ts";
import type { Aggregation } from "./types.ts";

/** Statements in order. Before the last pass, those that are not clear yet are left out. */
export function lowerStatements(lowering: Lowering, all: readonly Statement[]): TreeStatement[] {
  return all.flatMap((one) => {
    try {
      return lowerStatement(lowering, one);
    } catch (error) {
      if (lowering.strict || !(error instanceof Fault)) throw error;
      return [];
    }
  });
}

function lowerStatement(lowering: Lowering, node: Statement): TreeStatement[] {
  const { place } = node;
  switch (node.kind) {
    case "expression":
      return expressionStatement(lowering, node.expression);
    case "assign":
      return [effectStatement(assign(lowering, node), place)];
    case "block":
      return [{ kind: "block", place, body: lowerStatements(lowering, node.body) }];
    case "if": {
      const condition = truthOf(lowering.lower(node.condition), place);
      const then = lowerStatements(lowering, node.then);
      return [{ kind: "if", place, condition, then, otherwise: lowerStatements(lowering, node.otherwise) }];
    }
    case "unroll": {
      const times = numberOf(lowering.lower(node.times), place);
      if (times.kind !== "constant" || times.value < 1n || times.value > 100n) {
        throw new Fault(node.times.place, "a loop is unrolled a constant number of times, from 1 to 100");
      }
      return Array.from({ length: Number(times.value) }, (): TreeStatement => (
        { kind: "block", place, body: lowerStatements(lowering, node.body) }
      ));
    }
    case "while": {
      const condition = truthOf(lowering.lower(node.condition), place);
      const target: Target = { label: undefined };
      lowering.loops.push(target);
      const body = lowerStatements(lowering, node.body);
      lowering.loops.pop();
      return [{
        kind: "loop",
        place,
        first: [],
        condition,
        update: undefined,
        body,
        target,
        bodyFirst: false,
        open: false,
        counters: [],
      }];
    }
    case "break":
    case "continue": {
      const target = lowering.loops.at(-1);
      if (target) return [{ kind: node.kind, place, target }];
      throw new Fault(place, `there is no loop to ${node.kind}`, "leave a probe by return");
    }
    case "return":
      return [leave(place)];
  }
}

/** Ends the program; 1 would keep a record of perf, where there is one. */
function leave(place: Place): TreeStatement {
  return { kind: "return", place, value: constant(0n, place) };
}

function effectStatement(effect: Effect, place: Place): TreeStatement {
  return { kind: "effect", place, effect };
}

function expressionStatement(lowering: Lowering, node: Expression): TreeStatement[] {
  const { place } = node;
  if (node.kind === "call" && node.name === "exit") {
    checkCount("exit", node.args.length, [0, 0], place);
    return [effectStatement(exitEffect(lowering, place), place), leave(place)];
  }
  if (node.kind === "call" && isAction(node)) return [effectStatement(act(lowering, node), place)];
  if (node.kind === "call" && Object.hasOwn(AGGREGATIONS, node.name)) {
    throw new Fault(place, `${node.name}() collects into a map`, `give it one: @ = ${node.name}()`);
  }
  if (node.kind === "step" && node.target.kind === "map") {
    return [effectStatement(addToMap(lowering, node.target, constant(BigInt(node.by), place), true), place)];
  }
  const value = lowering.lower(node);
  if (value.ir.is !== "scalar" || node.kind !== "step" && node.kind !== "ternary") return [];
  return [effectStatement({ kind: "do", type: VOID, place, value: value.ir.scalar }, place)];
}

function assign(lowering: Lowering, node: Extract<Statement, { kind: "assign" }>): Effect {
  const { target, operator, value: given, place } = node;
  if (given.kind === "call" && Object.hasOwn(AGGREGATIONS, given.name)) {
    if (target.kind !== "map" || operator) {
      throw new Fault(given.place, `${given.name}() collects into a map`, `give it one: @ = ${given.name}()`);
    }
    return aggregate(lowering, target, given);
  }
  if (given.kind === "call" && isAction(given)) throw new Fault(given.place, `${given.name}() has no value`);
  const value = lowering.lower(given);
  if (target.kind === "variable") {
    const whole = operator ? binary(operator, lowering.lower(target), value, place) : value;
    return assignLocal(lowering, target, whole);
  }
  // Adding is done at once, so that no other CPU comes between
  if (operator === "+" && value.type.kind === "int") {
    return addToMap(lowering, target, numberOf(value, place), isSigned(value));
  }
  const whole = operator ? binary(operator, lowering.lower(target), value, place) : value;
  return assignMap(lowering, target, whole);
}

/** How many arguments they take. */
const AGGREGATIONS: Readonly<Record<Aggregation["kind"], readonly [least: number, most: number]>> = {
  count: [0, 0],
  sum: [1, 1],
  min: [1, 1],
  max: [1, 1],
  avg: [1, 1],
  stats: [1, 1],
  hist: [1, 1],
  lhist: [4, 4],
};

function aggregate(lowering: Lowering, target: MapNode, { name, args, place }: CallNode): Effect {
  const kind = name as Aggregation["kind"];
  checkCount(name, args.length, AGGREGATIONS[kind], place);
  const given = args[0] && lowering.lower(args[0]);
  const value = given ? numberOf(given, place) : constant(1n, place);
  if (kind === "hist") return collect(lowering, target, { kind }, value);
  if (kind !== "lhist") {
    return collect(lowering, target, { kind, signed: given ? isSigned(given) : false }, value);
  }
  const [min = 0n, max = 0n, step = 0n] = args.slice(1).map((arg) => {
    const number = numberOf(lowering.lower(arg), arg.place);
    if (number.kind === "constant") return number.value;
    throw new Fault(arg.place, "the buckets of lhist() are constants: lhist(value, min, max, step)");
  });
  if (step <= 0n) throw new Fault(place, "the step of lhist() must be more than 0");
  if (max <= min) throw new Fault(place, "the max of lhist() must be more than its min");
  if ((max - min) / step > 1000n) {
    throw new Fault(place, "lhist() has more than 1000 buckets", "take a larger step");
  }
  return collect(lowering, target, { kind, min, max, step }, value);
}
