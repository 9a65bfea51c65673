/**
 * Loops that end: the verifier runs each one to its end, and takes a program of a million steps at most. Longer ones the kernel
 * runs, which ends them after 8 million passes (`BPF_MAX_LOOPS`).
 *
 * @module
 */
import { BPF_MAX_LOOPS } from "../ir/loop_way.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Condition, Effect, Scalar, Statement, Variable } from "../ir/tree.ts";

/** The variables that the update of a loop changes by a constant. */
export function countersOf(update: Effect | undefined): Set<Variable> {
  const steps = new Set<Variable>();
  if (update) stepsOf(update, steps);
  return steps;
}

/**
 * Whether nothing shows that a loop ends soon: its condition compares no variable that the loop changes by a constant each time
 * with a constant, or with what a loop around it counts.
 */
export function isOpen(
  condition: Condition,
  steps: ReadonlySet<Variable>,
  around: ReadonlySet<Variable>,
): boolean {
  if (condition.kind === "always" && !condition.value) return false;
  return !bounds(condition, steps, around);
}

/** The variables that each pass of a loop changes by a constant. */
export function allCountersOf(
  condition: Condition,
  update: Effect | undefined,
  body: readonly Statement[],
): Set<Variable> {
  const steps = countersOf(update);
  stepsOfCondition(condition, steps);
  for (const statement of body) stepsOfStatement(statement, steps);
  return steps;
}

/** How many passes in all the verifier follows one by one. */
export const MOST_FOLLOWED = 1000;

/** How many passes the verifier follows of a loop around one that the kernel runs. */
export const MOST_FOLLOWED_AROUND = 8;

/** The fault that a loop has more passes than the kernel lets it. */
export function checkPasses(passes: number, place: Place): void {
  if (passes <= BPF_MAX_LOOPS) return;
  throw new Fault(place, `this loop has ${passes} passes, and the kernel ends loops after ${BPF_MAX_LOOPS}`);
}

/** About how many passes a loop has at most by its condition, of counters that start as `first` says; 1 where it does not say. */
export function passesOf(
  condition: Condition,
  steps: ReadonlySet<Variable>,
  first: readonly Statement[],
): number {
  switch (condition.kind) {
    case "both":
      return Math.max(
        1,
        Math.min(...[condition.left, condition.right].map((one) => passesOf(one, steps, first))),
      );
    case "compare": {
      const [counter, bound] = condition.right.kind === "constant"
        ? [condition.left, condition.right]
        : [condition.right, condition.left];
      const variable = counted(counter);
      if (!variable || !steps.has(variable) || bound.kind !== "constant") return 1;
      return Math.abs(Number(bound.value - startOf(variable, first)));
    }
    default:
      return 1;
  }
}

/** What a counter starts with; 0 where nobody says. */
function startOf(variable: Variable, first: readonly Statement[]): bigint {
  for (const statement of first) {
    if (statement.kind !== "effect" || statement.effect.kind !== "set") continue;
    const { value } = statement.effect;
    if (statement.effect.variable === variable && value.kind === "constant") return value.value;
  }
  return 0n;
}

/** The fault that a loop may not end, where the kernel cannot end it. */
export function unbounded(place: Place): Fault {
  return new Fault(
    place,
    "nothing shows that this loop ends, and the kernel ends loops from Linux 5.17 on",
    "count to a constant, and leave with break: for (let i = 0; i < 100; i++)",
  );
}

function bounds(condition: Condition, steps: ReadonlySet<Variable>, around: ReadonlySet<Variable>): boolean {
  const counts = (value: Scalar) => steps.has(counted(value) as Variable);
  const isFixed = (value: Scalar) => value.kind === "constant" || around.has(counted(value) as Variable);
  switch (condition.kind) {
    case "both":
      return bounds(condition.left, steps, around) || bounds(condition.right, steps, around);
    case "compare":
      return counts(condition.left) && isFixed(condition.right) ||
        counts(condition.right) && isFixed(condition.left);
    case "truth":
      return counts(condition.of);
    default:
      return false;
  }
}

/** The variable that a value is, also where it is changed on the way: `i++ < 10`. */
function counted(value: Scalar): Variable | undefined {
  return value.kind === "variable" || value.kind === "assign" ? value.variable : undefined;
}

/** What is changed on the way: `i++ < 10`, `i--`. */
function stepsOfCondition(condition: Condition, into: Set<Variable>): void {
  switch (condition.kind) {
    case "both":
      return stepsOfCondition(condition.left, into);
    case "truth":
      return stepsOfScalar(condition.of, into);
    case "compare":
      stepsOfScalar(condition.left, into);
      stepsOfScalar(condition.right, into);
  }
}

/** What each pass changes: not what is in a branch, and may be left out. */
function stepsOfStatement(statement: Statement, into: Set<Variable>): void {
  if (statement.kind === "effect") stepsOf(statement.effect, into);
  else if (statement.kind === "block") { for (const one of statement.body) stepsOfStatement(one, into); }
}

/** The variables that are changed by a constant. */
function stepsOf(effect: Effect, into: Set<Variable>): void {
  if (effect.kind === "effects") {
    for (const one of effect.effects) stepsOf(one, into);
  } else if (effect.kind === "do") {
    stepsOfScalar(effect.value, into);
  }
}

function stepsOfScalar(value: Scalar, into: Set<Variable>): void {
  if (value.kind === "after") {
    for (const effect of value.effects) stepsOf(effect, into);
    stepsOfScalar(value.value, into);
  } else if (value.kind === "assign" && value.value.kind === "arithmetic") {
    const { left, right } = value.value;
    if (left.kind === "constant" || right.kind === "constant") into.add(value.variable);
  }
}
