/**
 * JavaScript's switch: a chain of if.
 *
 * @module
 */
import type { Statement, SwitchCase, SwitchStatement } from "acorn";
import { Fault } from "../ir/place.ts";
import type { ExpressionSyntax, StatementSyntax } from "../ir/syntax.ts";
import { toExpression } from "./expressions.ts";
import type { ParsedFunction } from "./parse.ts";

/** Cases that share statements. */
interface Branch {
  readonly cases: readonly SwitchCase[];
  /** Without the break at their end. */
  readonly body: readonly Statement[];
}

/** Reads a switch; `statements` reads those of its cases. */
export function fromSwitch(
  parsed: ParsedFunction,
  node: SwitchStatement,
  statements: (nodes: readonly Statement[]) => StatementSyntax[],
): StatementSyntax {
  const place = parsed.placeOf(node);
  // No name that a script can have
  const subject = { kind: "name", place, name: `switch ${node.start}` } as const;
  const branches = branchesOf(parsed, node.cases);
  let chain: readonly StatementSyntax[] = [];
  for (const { cases, body } of branches.toReversed()) {
    const own: StatementSyntax = { kind: "block", place, body: statements(body) };
    const tests = cases.map(({ test }) => test);
    if (tests.includes(null)) {
      if (chain.length > 0) throw new Fault(parsed.placeOf(cases[0] ?? node), "default comes last here");
      chain = [own];
      continue;
    }
    const condition = tests.flatMap((test) => test ? [toExpression(parsed, test)] : []).map(
      (value): ExpressionSyntax => ({
        kind: "comparison",
        place: value.place,
        operator: "==",
        left: subject,
        right: value,
      }),
    ).reduce((left, right): ExpressionSyntax => ({ kind: "logic", place, operator: "||", left, right }));
    chain = [{ kind: "if", place, condition, then: [own], otherwise: chain }];
  }
  const value = toExpression(parsed, node.discriminant);
  const declaration = { kind: "declaration", place, name: subject.name, value, constant: true } as const;
  return { kind: "block", place, body: [declaration, ...chain] };
}

function branchesOf(parsed: ParsedFunction, all: readonly SwitchCase[]): Branch[] {
  const branches: Branch[] = [];
  let waiting: SwitchCase[] = [];
  for (const [i, one] of all.entries()) {
    waiting.push(one);
    if (one.consequent.length === 0 && i < all.length - 1) continue;
    const body = ended(one.consequent);
    const inner = body.find(hasBreak);
    if (inner) throw new Fault(parsed.placeOf(inner), "break ends a case here, and nothing else in it");
    if (body === one.consequent && i < all.length - 1 && !leaves(one.consequent.at(-1))) {
      throw new Fault(
        parsed.placeOf(one),
        "a case cannot go on with the next one",
        "end it with break or return",
      );
    }
    branches.push({ cases: waiting, body });
    waiting = [];
  }
  return branches;
}

/** Statements without the break at their end, also of a block of them. */
function ended(body: readonly Statement[]): readonly Statement[] {
  const last = body.at(-1);
  if (last?.type === "BreakStatement") return body.slice(0, -1);
  if (body.length === 1 && last?.type === "BlockStatement" && last.body.at(-1)?.type === "BreakStatement") {
    return [{ ...last, body: last.body.slice(0, -1) }];
  }
  return body;
}

function leaves(statement: Statement | undefined): boolean {
  if (statement?.type === "BlockStatement") return leaves(statement.body.at(-1));
  return statement?.type === "ReturnStatement" || statement?.type === "ContinueStatement";
}

/** Whether a statement has a break that is not of a loop or switch inside of it. */
function hasBreak(statement: Statement): boolean {
  switch (statement.type) {
    case "BreakStatement":
      return true;
    case "BlockStatement":
      return statement.body.some(hasBreak);
    case "IfStatement":
      return hasBreak(statement.consequent) || (statement.alternate ? hasBreak(statement.alternate) : false);
    default:
      return false;
  }
}
