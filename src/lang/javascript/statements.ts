/**
 * JavaScript's statements.
 *
 * @module
 */
import type {
  ForOfStatement,
  ForStatement,
  Function,
  ModuleDeclaration,
  Pattern,
  Statement,
  VariableDeclaration,
} from "acorn";
import { Fault, type Place } from "../ir/place.ts";
import type { ExpressionSyntax, InnerFunctionSyntax, StatementSyntax } from "../ir/syntax.ts";
import { toExpression } from "./expressions.ts";
import type { ParsedFunction } from "./parse.ts";
import { fromSwitch } from "./switch.ts";

/** What to write in the place of what kernel functions do not have. */
const INSTEAD: Readonly<Record<string, string>> = {
  ForInStatement: "go through a list by for…of, or count",
  ThrowStatement: "return",
  TryStatement: "what cannot be read is 0 or empty, and never throws",
  ClassDeclaration: "write functions",
  DebuggerStatement: "take it away",
};

/** Statements in order. */
export function toStatements(
  parsed: ParsedFunction,
  nodes: readonly (Statement | ModuleDeclaration)[],
): StatementSyntax[] {
  // Functions can be called before they come
  const isFunction = ({ type }: Statement | ModuleDeclaration) => type === "FunctionDeclaration";
  const ordered = [...nodes.filter(isFunction), ...nodes.filter((node) => !isFunction(node))];
  return ordered.flatMap((node) => toStatement(parsed, node));
}

function toStatement(
  parsed: ParsedFunction,
  node: Statement | ModuleDeclaration,
  label?: string,
): StatementSyntax[] {
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
    case "ForStatement":
      return fromFor(parsed, node, label);
    case "ForOfStatement":
      return [each(parsed, node, label)];
    case "LabeledStatement": {
      const { name } = node.label;
      const isLoop = /^(For|While|DoWhile)/.test(node.body.type);
      if (isLoop) return toStatement(parsed, node.body, name);
      return [{ kind: "block", place, body: toStatement(parsed, node.body), label: name }];
    }
    case "FunctionDeclaration": {
      const value = functionSyntax(parsed, node);
      return [{ kind: "declaration", place, name: node.id.name, value, constant: true, changes: false }];
    }
    case "SwitchStatement":
      return [fromSwitch(parsed, node, toStatements)];
    case "WhileStatement":
    case "DoWhileStatement":
      return [{
        kind: "loop",
        place,
        first: [],
        condition: toExpression(parsed, node.test),
        update: undefined,
        body: loopBody(parsed, node.body),
        label,
        bodyFirst: node.type === "DoWhileStatement",
      }];
    case "BreakStatement":
      return [{ kind: "break", place, label: node.label?.name ?? parsed.breaks }];
    case "ContinueStatement":
      return [{ kind: "continue", place, label: node.label?.name }];
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

/** In a loop, break leaves the loop. */
function loopBody(parsed: ParsedFunction, body: Statement): StatementSyntax[] {
  return toStatement({ ...parsed, breaks: undefined }, body);
}

function fromFor(parsed: ParsedFunction, node: ForStatement, label: string | undefined): StatementSyntax[] {
  const place = parsed.placeOf(node);
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
    body: loopBody(parsed, body),
    label,
    bodyFirst: false,
  };
  return isWide ? [...first, loop] : [loop];
}

function each(parsed: ParsedFunction, node: ForOfStatement, label: string | undefined): StatementSyntax {
  const place = parsed.placeOf(node);
  const [declaration] = node.left.type === "VariableDeclaration" ? node.left.declarations : [];
  if (!declaration || node.await) {
    throw new Fault(place, "for…of declares the name of the element", "write for (const port of ports)");
  }
  const name = declaration.id.type === "Identifier" ? declaration.id.name : `element ${node.start}`;
  const value: ExpressionSyntax = { kind: "name", place, name };
  const parts = declaration.id.type === "Identifier" ? [] : declared(parsed, declaration.id, value, true);
  const body = [...parts, ...loopBody(parsed, node.body)];
  return { kind: "each", place, name, of: toExpression(parsed, node.right), body, label };
}

/** A function that is called by the one that it is in. */
export function functionSyntax(parsed: ParsedFunction, node: Function): InnerFunctionSyntax {
  const place: Place = parsed.placeOf(node);
  if (node.async || node.generator) {
    throw new Fault(place, "the kernel waits for nothing", "take away async and *");
  }
  const inside: ParsedFunction = { ...parsed, breaks: undefined };
  const first: StatementSyntax[] = [];
  const parameters = node.params.map((pattern) => {
    if (pattern.type === "Identifier" && !parsed.assigned.has(pattern.name)) return pattern.name;
    const at = parsed.placeOf(pattern);
    const name = `parameter ${pattern.start}`;
    first.push(
      ...declared(parsed, pattern, { kind: "name", place: at, name }, false),
    );
    return name;
  });
  const body: StatementSyntax[] = node.body.type === "BlockStatement"
    ? toStatements(inside, node.body.body)
    : [{ kind: "return", place: parsed.placeOf(node.body), value: toExpression(inside, node.body) }];
  return { kind: "function", place, parameters, body: [...first, ...body] };
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

/** One declaration a name; `const { a, b } = c.args` is one each, of a member of the value, and so is `const [a, b] = list`. */
function declared(
  parsed: ParsedFunction,
  pattern: Pattern,
  value: ExpressionSyntax | undefined,
  constant: boolean,
): StatementSyntax[] {
  const place = parsed.placeOf(pattern);
  if (pattern.type === "Identifier") {
    const { name } = pattern;
    return [{ kind: "declaration", place, name, value, constant, changes: parsed.assigned.has(name) }];
  }
  if (pattern.type === "ArrayPattern" && value !== undefined) {
    return pattern.elements.flatMap((element, i) => {
      if (!element) return [];
      const at = parsed.placeOf(element);
      const index: ExpressionSyntax = { kind: "number", place: at, value: BigInt(i) };
      const item = value.kind === "list" ? value.items[i] : undefined;
      return declared(parsed, element, item ?? { kind: "index", place: at, of: value, index }, constant);
    });
  }
  if (pattern.type !== "ObjectPattern" || value === undefined) {
    throw new Fault(place, "a declaration has a name, or names in braces or brackets, without defaults");
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
