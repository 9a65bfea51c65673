/**
 * JavaScript's switch: tests that lead to statements.
 *
 * @module
 */
import type { Statement, SwitchStatement } from "acorn";
import type { Place } from "../ir/place.ts";
import type { ExpressionSyntax, StatementSyntax } from "../ir/syntax.ts";
import { toExpression } from "./expressions.ts";
import type { ParsedFunction } from "./parse.ts";

/**
 * Reads a switch; `statements` reads those of its cases.
 *
 * Blocks lie in each other, as many as there are cases: the innermost has the tests, each of which leaves the block that its
 * statements come behind. What does not leave goes on with the next case, as in JavaScript.
 */
export function fromSwitch(
  parsed: ParsedFunction,
  node: SwitchStatement,
  statements: (parsed: ParsedFunction, nodes: readonly Statement[]) => StatementSyntax[],
): StatementSyntax {
  const place = parsed.placeOf(node);
  // No names that a script can have
  const subject = { kind: "name", place, name: `switch ${node.start}` } as const;
  const end = subject.name;
  const inside: ParsedFunction = { ...parsed, breaks: end };
  const labelOf = (i: number) => `case ${node.start} ${i}`;
  const tests = node.cases.flatMap(({ test }, i): StatementSyntax[] => {
    if (!test) return [];
    const right = toExpression(parsed, test);
    const at = right.place;
    const condition: ExpressionSyntax = {
      kind: "comparison",
      place: at,
      operator: "==",
      left: subject,
      right,
    };
    return [{ kind: "if", place: at, condition, then: [leave(labelOf(i), at)], otherwise: [] }];
  });
  const other = node.cases.findIndex(({ test }) => !test);
  let body: StatementSyntax[] = [...tests, leave(other < 0 ? end : labelOf(other), place)];
  node.cases.forEach(({ consequent }, i) => {
    const dispatch: StatementSyntax = { kind: "block", place, body, label: labelOf(i) };
    body = [dispatch, { kind: "block", place, body: statements(inside, consequent) }];
  });
  const value = toExpression(parsed, node.discriminant);
  const declaration = {
    kind: "declaration",
    place,
    name: subject.name,
    value,
    constant: true,
    changes: false,
  } as const;
  return { kind: "block", place, body: [declaration, ...body], label: end };
}

function leave(label: string, place: Place): StatementSyntax {
  return { kind: "break", place, label };
}
