/**
 * Expressions of TypeScript as `deno fmt` lays them out.
 *
 * @module
 */
import { property, WIDTH } from "./layout.ts";

/** An expression: text as it is, a call, a literal of an object or an array. */
export type Expression =
  | string
  | { readonly call: string; readonly args: readonly Expression[] }
  | { readonly object: readonly (readonly [name: string, value: Expression])[]; readonly broken?: boolean }
  | { readonly array: readonly Expression[]; readonly broken?: boolean };

/**
 * The text of an expression whose first line begins at column `column`, in lines that begin at column `indent`, with `after`
 * characters behind it: in one line where it fits, or with each part in a line of its own.
 */
export function print(expression: Expression, indent: number, column: number, after: number): string {
  if (typeof expression === "string") return expression;
  const line = inLine(expression);
  if (line !== undefined && column + line.length + after <= WIDTH) return line;
  const [open, close] = "call" in expression
    ? [`${expression.call}(`, ")"]
    : "object" in expression
    ? "{}"
    : "[]";
  const inner = indent + 2;
  const space = " ".repeat(inner);
  const lines = partsOf(expression).map(([head, value]) =>
    `${space}${head}${print(value, inner, inner + head.length, 1)},\n`
  );
  return `${open}\n${lines.join("")}${" ".repeat(indent)}${close}`;
}

type Compound = Exclude<Expression, string>;

function partsOf(expression: Compound): (readonly [head: string, value: Expression])[] {
  if ("object" in expression) return expression.object.map(([name, value]) => [`${key(name)}: `, value]);
  return ("call" in expression ? expression.args : expression.array).map((part) => ["", part]);
}

/** `undefined` where a part is to have lines of its own. */
function inLine(expression: Expression): string | undefined {
  if (typeof expression === "string") return expression;
  if (!("call" in expression) && expression.broken && partsOf(expression).length > 0) return undefined;
  const parts: string[] = [];
  for (const [head, value] of partsOf(expression)) {
    const text = inLine(value);
    if (text === undefined) return undefined;
    parts.push(head + text);
  }
  const list = parts.join(", ");
  if ("call" in expression) return `${expression.call}(${list})`;
  if ("array" in expression) return `[${list}]`;
  return list === "" ? "{}" : `{ ${list} }`;
}

/** In a literal `__proto__: x` sets the prototype; in brackets it is a key as any other. */
function key(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : property(name);
}
