/**
 * Statements.
 *
 * @module
 */
import { Fault } from "../ir/place.ts";
import type { AssignOperator, Statement } from "./ast.ts";
import { ExpressionParser } from "./parse_expressions.ts";
import type { Tokens } from "./tokens.ts";

/** Statements between braces. */
export function parseBlock(tokens: Tokens): Statement[] {
  tokens.expect("{");
  const body: Statement[] = [];
  for (;;) {
    while (tokens.accept(";"));
    if (tokens.accept("}")) return body;
    const statement = parseStatement(tokens);
    body.push(statement);
    if (!isBlock(statement) && !tokens.is("}")) tokens.expect(";");
  }
}

function isBlock({ kind }: Statement): boolean {
  return kind === "if" || kind === "unroll" || kind === "while" || kind === "block";
}

function parseStatement(tokens: Tokens): Statement {
  const { text, kind, place } = tokens.peek();
  const follows = tokens.peek(1).text;
  if (kind === "punctuation" && text === "{") return { kind: "block", place, body: parseBlock(tokens) };
  if (kind === "name") {
    if (text === "if") return parseIf(tokens);
    if ((text === "unroll" || text === "while") && follows === "(") {
      tokens.next();
      const value = parenthesized(tokens);
      const body = parseBlock(tokens);
      return text === "unroll"
        ? { kind: "unroll", place, times: value, body }
        : { kind: "while", place, condition: value, body };
    }
    if (text === "break" || text === "continue" || text === "return") {
      tokens.next();
      return { kind: text, place };
    }
  }
  return parseSimple(tokens);
}

function parseIf(tokens: Tokens): Statement {
  const { place } = tokens.next();
  const condition = parenthesized(tokens);
  const then = parseBlock(tokens);
  let otherwise: readonly Statement[] = [];
  if (tokens.accept("else")) otherwise = tokens.is("if") ? [parseIf(tokens)] : parseBlock(tokens);
  return { kind: "if", place, condition, then, otherwise };
}

function parenthesized(tokens: Tokens) {
  tokens.expect("(");
  const value = new ExpressionParser(tokens).expression();
  tokens.expect(")");
  return value;
}

/** An assignment, or an expression for its effect. */
function parseSimple(tokens: Tokens): Statement {
  const parser = new ExpressionParser(tokens);
  const target = parser.expression();
  const { kind, text, place } = tokens.peek();
  const isAssignment = kind === "punctuation" && /^([-+*/%&|^]|<<|>>)?=$/.test(text);
  if (!isAssignment) return { kind: "expression", place: target.place, expression: target };
  if (target.kind !== "map" && target.kind !== "variable") {
    throw new Fault(place, "only maps and variables are assigned to");
  }
  tokens.next();
  const operator = text === "=" ? undefined : text.slice(0, -1) as AssignOperator;
  return { kind: "assign", place: target.place, target, operator, value: parser.expression() };
}
