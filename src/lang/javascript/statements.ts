/**
 * JavaScript's statements.
 *
 * @module
 */
import type { ModuleDeclaration, Pattern, Statement, VariableDeclaration } from "acorn";
import { Fault } from "../ir/place.ts";
import type { ExpressionSyntax, StatementSyntax } from "../ir/syntax.ts";
import { toExpression } from "./expressions.ts";
import type { ParsedFunction } from "./parse.ts";
import { fromSwitch } from "./switch.ts";

/** What to write in the place of what kernel functions do not have. */
const INSTEAD: Readonly<Record<string, string>> = {
  DoWhileStatement: "write a for loop with a bound: for (let i = 0; i < 100; i++)",
  ForOfStatement: "write a for loop over the indices",
  ForInStatement: "write a for loop over the indices",
  ThrowStatement: "return",
  TryStatement: "what cannot be read is 0 or empty, and never throws",
  FunctionDeclaration: "write its statements where it is called",
};

/** Statements in order. */
export function toStatements(
  parsed: ParsedFunction,
  nodes: readonly (Statement | ModuleDeclaration)[],
): StatementSyntax[] {
  return nodes.flatMap((node) => toStatement(parsed, node));
}

function toStatement(parsed: ParsedFunction, node: Statement | ModuleDeclaration): StatementSyntax[] {
  const place = parsed.placeOf(node);
  switch (node.type) {
    case "EmptyStatement":
      return [];
    case "ExpressionStatement":
      if (node.directive !== undefined) return []; // "use strict"
      return [{ kind: "expression", place, expression: toExpression(parsed, node.expression) }];
    case "VariableDeclaration":
      return declarations(parsed, node);
    case "BlockStatement":
      return [{ kind: "block", place, body: toStatements(parsed, node.body) }];
    case "IfStatement":
      return [{
        kind: "if",
        place,
        condition: toExpression(parsed, node.test),
        then: toStatement(parsed, node.consequent),
        otherwise: node.alternate ? toStatement(parsed, node.alternate) : [],
      }];
    case "ForStatement": {
      const { init, test, update, body } = node;
      const first: StatementSyntax[] = init?.type === "VariableDeclaration"
        ? declarations(parsed, init)
        : init
        ? [{ kind: "expression", place, expression: toExpression(parsed, init) }]
        : [];
      // What var declares is of the whole function
      const isWide = init?.type === "VariableDeclaration" && init.kind === "var";
      const loop: StatementSyntax = {
        kind: "loop",
        place,
        first: isWide ? [] : first,
        condition: test ? toExpression(parsed, test) : undefined,
        update: update ? toExpression(parsed, update) : undefined,
        body: toStatement(parsed, body),
      };
      return isWide ? [...first, loop] : [loop];
    }
    case "SwitchStatement":
      return [fromSwitch(parsed, node, (nodes) => toStatements(parsed, nodes))];
    case "WhileStatement":
      return [{
        kind: "loop",
        place,
        first: [],
        condition: toExpression(parsed, node.test),
        update: undefined,
        body: toStatement(parsed, node.body),
      }];
    case "BreakStatement":
    case "ContinueStatement":
      if (node.label) {
        throw new Fault(place, "loops have no labels here", "break and continue leave the innermost");
      }
      return [{ kind: node.type === "BreakStatement" ? "break" : "continue", place }];
    case "ReturnStatement":
      return [{
        kind: "return",
        place,
        value: node.argument ? toExpression(parsed, node.argument) : undefined,
      }];
    default:
      throw new Fault(place, `kernel functions have no ${readable(node.type)}`, INSTEAD[node.type]);
  }
}

/** `WhileStatement` as `while statement`. */
function readable(type: string): string {
  return type.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

function declarations(parsed: ParsedFunction, node: VariableDeclaration): StatementSyntax[] {
  return node.declarations.flatMap(({ id, init }) => {
    const value = init ? toExpression(parsed, init) : undefined;
    return declared(parsed, id, value, node.kind === "const");
  });
}

/** One declaration a name; `const { a, b } = c.args` is one each, of a member of the value. */
function declared(
  parsed: ParsedFunction,
  pattern: Pattern,
  value: ExpressionSyntax | undefined,
  constant: boolean,
): StatementSyntax[] {
  const place = parsed.placeOf(pattern);
  if (pattern.type === "Identifier") {
    return [{ kind: "declaration", place, name: pattern.name, value, constant }];
  }
  if (pattern.type !== "ObjectPattern" || value === undefined) {
    throw new Fault(place, "a declaration has a name, or names in braces, without defaults");
  }
  return pattern.properties.flatMap((property) => {
    const at = parsed.placeOf(property);
    if (property.type === "RestElement" || property.key.type !== "Identifier" || property.computed) {
      throw new Fault(at, "names in braces are written as they are: { a, b: other }");
    }
    const member: ExpressionSyntax = { kind: "member", place: at, of: value, name: property.key.name };
    return declared(parsed, property.value, member, constant);
  });
}
