/**
 * The text of a function, as `toString()` gives it, as a syntax tree of JavaScript.
 *
 * @module
 */
import {
  type ArrowFunctionExpression,
  type Function,
  type FunctionExpression,
  parseExpressionAt,
} from "acorn";
import { Fault, type Place, START } from "../ir/place.ts";
import type { ExpressionSyntax } from "../ir/syntax.ts";

/** A function of any form. */
export type FunctionNode = ArrowFunctionExpression | FunctionExpression;

/** A part of the text. */
export interface Span {
  readonly start: number;
}

/** A function and where the parts of its tree are in its text. */
export interface ParsedFunction {
  readonly node: FunctionNode;
  /** The variables that something assigns to: minifiers write let for const. */
  readonly assigned: ReadonlySet<string>;
  /** The label of the switch that break leaves; `undefined` in loops, which it leaves by itself. */
  readonly breaks: string | undefined;
  placeOf(span: Span): Place;
  /** Reads a function that is in it. */
  readonly inner: ReadInner;
}

/** Reads a function that is in another. */
export type ReadInner = (parsed: ParsedFunction, node: Function) => ExpressionSyntax;

/** What comes before the text of a method, `name(c) {…}`, for it to be an expression. */
const BEFORE_METHOD = "({";

/**
 * Parses the text of a function: an arrow, a function, or a method.
 *
 * @throws {Fault} It is none, or not written in JavaScript.
 */
export function parseFunction(text: string, inner: ReadInner): ParsedFunction {
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    throw new Fault(
      START,
      "it has no source, as bound and built-in functions do not",
      "pass the function itself",
    );
  }
  const arrow = attempt(`(${text}\n)`, 1, inner);
  if (!("problem" in arrow)) return arrow;
  const method = attempt(`${BEFORE_METHOD}${text}\n})`, BEFORE_METHOD.length, inner);
  if (!("problem" in method)) return method;
  throw arrow.problem;
}

function attempt(
  source: string,
  shift: number,
  inner: ReadInner,
): ParsedFunction | { readonly problem: Fault } {
  const placeOf = ({ start }: Span) => placeAt(source.slice(shift), start - shift);
  try {
    let node = parseExpressionAt(source, 0, { ecmaVersion: "latest", sourceType: "module" });
    if (node.type === "ParenthesizedExpression") node = node.expression;
    if (node.type === "ObjectExpression") {
      const [property] = node.properties;
      if (property?.type === "Property" && property.kind === "init") node = property.value;
    }
    if (node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression") {
      return { node, assigned: assignedIn(node), breaks: undefined, placeOf, inner };
    }
    return { problem: new Fault(placeOf(node), "this is not a function") };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at = "pos" in error && typeof error.pos === "number" ? error.pos : shift;
    const state = `it cannot be parsed: ${error.message.replace(/ \(\d+:\d+\)$/, "")}`;
    return { problem: new Fault(placeOf({ start: at }), state) };
  }
}

/** The names that something in a tree assigns to. */
function assignedIn(root: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const left: unknown[] = [root];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (typeof node !== "object" || node === null) continue;
    const { type, left: target, argument }: Partial<Record<"type" | "left" | "argument", unknown>> = node;
    const changed = type === "UpdateExpression"
      ? argument
      : type === "AssignmentExpression"
      ? target
      : undefined;
    const { type: kind, name }: { type?: unknown; name?: unknown } = Object(changed);
    if (kind === "Identifier" && typeof name === "string") names.add(name);
    left.push(...Object.values(node).filter((value) => typeof value === "object" && value !== null));
  }
  return names;
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf("\n");
  return { offset, line: before.split("\n").length, column: offset - lastBreak };
}
