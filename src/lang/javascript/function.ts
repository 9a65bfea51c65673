/**
 * JavaScript functions as kernel functions.
 *
 * @module
 */
import type { Pattern } from "acorn";
import { Fault } from "../ir/place.ts";
import type { BindingSyntax, FunctionSyntax, InnerFunctionSyntax, StatementSyntax } from "../ir/syntax.ts";
import { toExpression } from "./expressions.ts";
import { type ParsedFunction, parseFunction } from "./parse.ts";
import { functionSyntax, toStatements } from "./statements.ts";

/** What instrumentation for coverage puts into functions: Istanbul's counters. */
const COVERAGE = /\bcov_\w+\(\)/;

/**
 * Reads a kernel function from its source text in JavaScript, as `toString()` gives it.
 *
 * @throws {Fault} It is not JavaScript, or says what kernel functions cannot.
 */
export function fromJavaScript(text: string): FunctionSyntax {
  const parsed = parsedOf(text);
  const { node, placeOf } = parsed;
  const place = placeOf(node);
  if (node.async || node.generator) {
    throw new Fault(place, "the kernel waits for nothing", "take away async and *");
  }
  const [context, shared, ...more] = node.params;
  const third = more[0];
  if (third) throw new Fault(placeOf(third), "it has two parameters: the context, and what is shared");
  const bindings = [
    ...context ? bindingsOf(parsed, context, ["context"]) : [],
    ...shared ? bindingsOf(parsed, shared, ["shared"]) : [],
  ];
  const body: readonly StatementSyntax[] = node.body.type === "BlockStatement"
    ? toStatements(parsed, node.body.body)
    : [{ kind: "return", place: placeOf(node.body), value: toExpression(parsed, node.body) }];
  return { place, bindings, body };
}

/**
 * Reads a function that a kernel function is handed.
 *
 * @throws {Fault} It is not JavaScript, or says what kernel functions cannot.
 */
export function handedFromJavaScript(text: string): InnerFunctionSyntax {
  const parsed = parsedOf(text);
  return functionSyntax(parsed, parsed.node);
}

function parsedOf(text: string): ParsedFunction {
  const parsed = parseFunction(text, functionSyntax);
  if (!COVERAGE.test(text)) return parsed;
  throw new Fault(
    parsed.placeOf(parsed.node),
    "a tool for coverage wrote its counters into it",
    "leave this file out of coverage",
  );
}

/** The names in a pattern, and what they stand for. */
function bindingsOf(parsed: ParsedFunction, pattern: Pattern, path: BindingSyntax["path"]): BindingSyntax[] {
  const place = parsed.placeOf(pattern);
  if (pattern.type === "Identifier") return [{ name: pattern.name, path, place }];
  if (pattern.type !== "ObjectPattern") {
    throw new Fault(place, "parameters are names, or names in braces, without defaults");
  }
  return pattern.properties.flatMap((property) => {
    const at = parsed.placeOf(property);
    if (property.type === "RestElement") {
      throw new Fault(at, "the kernel has no rest of an object: name what you need");
    }
    const { key } = property;
    const name = key.type === "Identifier" && !property.computed
      ? key.name
      : key.type === "Literal" && typeof key.value === "string"
      ? key.value
      : undefined;
    if (name === undefined) throw new Fault(at, "names in braces are written as they are, not computed");
    return bindingsOf(parsed, property.value, [...path, name]);
  });
}
