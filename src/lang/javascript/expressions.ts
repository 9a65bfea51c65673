/**
 * JavaScript's expressions, in every form that runtimes, bundlers and minifiers give them.
 *
 * @module
 */
import type {
  AssignmentExpression,
  BinaryExpression,
  Expression,
  ObjectExpression,
  PrivateIdentifier,
  SpreadElement,
  Super,
  UnaryExpression,
} from "acorn";
import { Fault, type Place } from "../ir/place.ts";
import type { Arithmetic, Comparison, ExpressionSyntax, FieldSyntax } from "../ir/syntax.ts";
import { literal } from "./literals.ts";
import type { ParsedFunction } from "./parse.ts";

const ARITHMETIC: ReadonlySet<string> = new Set<Arithmetic>([
  "+",
  "-",
  "*",
  "/",
  "%",
  "&",
  "|",
  "^",
  "<<",
  ">>",
  ">>>",
]);

/** Without types there is one kind of equality. */
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  "==": "==",
  "===": "==",
  "!=": "!=",
  "!==": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};

/** What to write in the place of what kernel functions do not have. */
const INSTEAD: Readonly<Record<string, string>> = {
  TemplateLiteral: "send the parts in an event, and put them together in the script",
  AwaitExpression: "the kernel waits for nothing: take await away",
  NewExpression: "write a record: { a, b }",
  ClassExpression: "write functions",
  ThisExpression: "all that it needs is in its two arguments",
  TaggedTemplateExpression: "write a plain text in quotes",
};

type Node = Expression | PrivateIdentifier | Super | SpreadElement;

/** An expression. */
export function toExpression(parsed: ParsedFunction, node: Node): ExpressionSyntax {
  const place = parsed.placeOf(node);
  const to = (part: Node) => toExpression(parsed, part);
  switch (node.type) {
    case "ParenthesizedExpression":
    case "ChainExpression":
      return to(node.expression);
    case "Literal":
      return literal(parsed, node);
    case "TemplateLiteral": {
      const [only, ...more] = node.quasis;
      if (only === undefined || more.length > 0) throw unsupported(parsed, node);
      return { kind: "text", place, value: only.value.cooked ?? only.value.raw };
    }
    case "Identifier":
      return node.name === "undefined"
        ? { kind: "undefined", place }
        : { kind: "name", place, name: node.name };
    case "MemberExpression": {
      const of = to(node.object);
      if (!node.computed && node.property.type === "Identifier") {
        const { name } = node.property;
        return { kind: "member", place: parsed.placeOf(node.property), of, name };
      }
      const index = to(node.property);
      if (index.kind === "text") return { kind: "member", place: index.place, of, name: index.value };
      return { kind: "index", place, of, index };
    }
    case "CallExpression":
      return { kind: "call", place, callee: to(node.callee), arguments: node.arguments.map(to) };
    case "UnaryExpression":
      return unary(parsed, node);
    case "UpdateExpression": {
      const value: ExpressionSyntax = { kind: "number", place, value: 1n };
      const operator = node.operator === "++" ? "+" : "-";
      const target = to(node.argument);
      return {
        kind: "assignment",
        place,
        target,
        operator,
        value,
        ...(!node.prefix && { before: true as const }),
      };
    }
    case "BinaryExpression":
      return binary(parsed, node);
    case "LogicalExpression":
      return { kind: "logic", place, operator: node.operator, left: to(node.left), right: to(node.right) };
    case "ConditionalExpression":
      return {
        kind: "choice",
        place,
        condition: to(node.test),
        then: to(node.consequent),
        otherwise: to(node.alternate),
      };
    case "SequenceExpression":
      return { kind: "sequence", place, parts: node.expressions.map(to) };
    case "AssignmentExpression":
      return assignment(parsed, node);
    case "ObjectExpression":
      return record(parsed, node);
    case "ArrayExpression":
      return { kind: "list", place, items: node.elements.map((item) => listItem(parsed, item, place)) };
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return parsed.inner(parsed, node);
    default:
      throw unsupported(parsed, node);
  }
}

function listItem(parsed: ParsedFunction, item: Node | null, place: Place): ExpressionSyntax {
  if (item && item.type !== "SpreadElement") return toExpression(parsed, item);
  throw new Fault(place, "lists have neither holes nor others spread in them", "write each element");
}

function unsupported(parsed: ParsedFunction, node: Node): Fault {
  const name = node.type.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
  return new Fault(parsed.placeOf(node), `kernel functions have no ${name}`, INSTEAD[node.type]);
}

function unary(parsed: ParsedFunction, node: UnaryExpression): ExpressionSyntax {
  const place = parsed.placeOf(node);
  const of = toExpression(parsed, node.argument);
  switch (node.operator) {
    case "void":
      return of.kind === "number" ? { kind: "undefined", place } : {
        kind: "sequence",
        place,
        parts: [of, { kind: "undefined", place }],
      };
    case "+":
      return of;
    case "-":
    case "~":
      return { kind: "unary", place, operator: node.operator, of };
    case "!":
      // What minifiers write for true and false
      if (of.kind === "number") return { kind: "boolean", place, value: of.value === 0n };
      return { kind: "unary", place, operator: "!", of };
    default:
      throw new Fault(place, `kernel functions have no ${node.operator}`, OTHERWISE[node.operator]);
  }
}

function binary(parsed: ParsedFunction, node: BinaryExpression): ExpressionSyntax {
  const place = parsed.placeOf(node);
  const [left, right] = [toExpression(parsed, node.left), toExpression(parsed, node.right)];
  const { operator } = node;
  const comparison = COMPARISONS[operator];
  if (comparison) return { kind: "comparison", place, operator: comparison, left, right };
  if (isArithmetic(operator)) {
    // Bun computes constants as JavaScript does, with 32 bits, before anyone sees them
    if (operator === "<<" && isPlainNumber(node.left) && right.kind === "number" && right.value > 31n) {
      throw new Fault(place, "JavaScript shifts numbers by less than 32 bits", "shift a bigint: 1n << 40n");
    }
    return { kind: "arithmetic", place, operator, left, right };
  }
  throw new Fault(place, `kernel functions have no ${operator}`, OTHERWISE[operator]);
}

/** What to write in the place of operators that kernel functions do not have. */
const OTHERWISE: Readonly<Record<string, string>> = {
  "**": "multiply, or shift 1 for powers of two: 1n << n",
  "**=": "multiply, or shift 1 for powers of two: 1n << n",
  in: "ask a map by has()",
  instanceof: "compare fields",
  typeof: "types are known where the function is written",
  delete: "take keys out of maps by delete()",
};

function isPlainNumber(node: Node): boolean {
  return node.type === "Literal" && typeof node.value === "number";
}

function isArithmetic(operator: string): operator is Arithmetic {
  return ARITHMETIC.has(operator);
}

function assignment(parsed: ParsedFunction, node: AssignmentExpression): ExpressionSyntax {
  const place = parsed.placeOf(node);
  const { left, operator } = node;
  if (left.type !== "Identifier" && left.type !== "MemberExpression") {
    throw new Fault(place, "only variables and members can be assigned to");
  }
  const target = toExpression(parsed, left);
  const value = toExpression(parsed, node.right);
  const own = operator.slice(0, -1);
  if (own === "") return { kind: "assignment", place, target, value };
  if (isArithmetic(own)) return { kind: "assignment", place, target, operator: own, value };
  if (own === "&&" || own === "||" || own === "??") {
    const assign: ExpressionSyntax = { kind: "assignment", place, target, value };
    return { kind: "logic", place, operator: own, left: target, right: assign };
  }
  throw new Fault(place, `kernel functions have no ${operator}`, OTHERWISE[operator]);
}

function record(parsed: ParsedFunction, node: ObjectExpression): ExpressionSyntax {
  const names = new Set<string>();
  const fields = node.properties.map((property): FieldSyntax => {
    const place = parsed.placeOf(property);
    if (property.type === "SpreadElement") {
      throw new Fault(place, "the kernel cannot spread: name each field");
    }
    const { key } = property;
    const name = key.type === "Identifier" && !property.computed
      ? key.name
      : key.type === "Literal"
      ? String(key.value)
      : undefined;
    if (name === undefined || property.kind !== "init") {
      throw new Fault(place, "fields of a record have plain names: { a, b: 1 }");
    }
    if (names.has(name)) throw new Fault(place, `"${name}" is there twice`);
    names.add(name);
    return { name, place, value: toExpression(parsed, property.value) };
  });
  return { kind: "record", place: parsed.placeOf(node), fields };
}
