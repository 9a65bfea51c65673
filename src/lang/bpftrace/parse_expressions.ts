/**
 * Expressions.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { BinaryOperator, Expression, MapNode, VariableNode } from "./ast.ts";
import type { Token } from "./lexer.ts";
import { parseTypeName, startsType } from "./parse_types.ts";
import { describe, type Tokens } from "./tokens.ts";

/** How tightly operators bind, as in C. */
const PRECEDENCE: Readonly<Record<BinaryOperator, number>> = {
  "||": 1,
  "&&": 2,
  "|": 3,
  "^": 4,
  "&": 5,
  "==": 6,
  "!=": 6,
  "<": 7,
  "<=": 7,
  ">": 7,
  ">=": 7,
  "<<": 8,
  ">>": 8,
  "+": 9,
  "-": 9,
  "*": 10,
  "/": 10,
  "%": 10,
};

/** How deep expressions may be nested. */
const DEEPEST = 100;

/** Reads expressions. In a predicate, a slash at the end of an operand is its end, not a division. */
export class ExpressionParser {
  readonly #tokens: Tokens;
  readonly #isPredicate: boolean;
  #depth = 0;

  /** Reads from the tokens. */
  constructor(tokens: Tokens, isPredicate = false) {
    this.#tokens = tokens;
    this.#isPredicate = isPredicate;
  }

  /** An expression. */
  expression(): Expression {
    const place = this.#tokens.place;
    if (++this.#depth > DEEPEST) throw new Fault(place, "this is nested too deeply");
    const condition = this.#binary(1);
    if (this.#tokens.accept("?")) {
      const then = this.expression();
      this.#tokens.expect(":");
      const otherwise = this.expression();
      this.#depth--;
      return { kind: "ternary", place: condition.place, condition, then, otherwise };
    }
    this.#depth--;
    return condition;
  }

  #binary(least: number): Expression {
    let left = this.#unary();
    for (;;) {
      const { kind, text, place } = this.#tokens.peek();
      const precedence = kind === "punctuation" ? PRECEDENCE[text as BinaryOperator] : undefined;
      if (precedence === undefined || precedence < least) return left;
      if (this.#isPredicate && text === "/" && this.#tokens.peek(1).text === "{") return left;
      this.#tokens.next();
      const right = this.#binary(precedence + 1);
      left = { kind: "binary", place, operator: text as BinaryOperator, left, right };
    }
  }

  #unary(): Expression {
    const { kind, text, place } = this.#tokens.peek();
    if (kind !== "punctuation") return this.#postfix();
    if (text === "-" || text === "~" || text === "!" || text === "*") {
      this.#tokens.next();
      if (++this.#depth > DEEPEST) throw new Fault(place, "this is nested too deeply");
      const of = this.#unary();
      this.#depth--;
      return { kind: "unary", place, operator: text, of };
    }
    if (text === "++" || text === "--") {
      this.#tokens.next();
      const target = targetOf(this.#unary(), place);
      return { kind: "step", place, target, by: text === "++" ? 1 : -1, before: false };
    }
    if (text === "(" && startsType(this.#tokens, 1)) {
      this.#tokens.next();
      const type = parseTypeName(this.#tokens);
      this.#tokens.expect(")");
      return { kind: "cast", place, type, of: this.#unary() };
    }
    return this.#postfix();
  }

  #postfix(): Expression {
    let of = this.#primary();
    for (;;) {
      const { kind, text, place } = this.#tokens.peek();
      if (kind !== "punctuation") return of;
      if (text === "->" || text === ".") {
        this.#tokens.next();
        const name = this.#tokens.next();
        if (name.kind !== "name" && !(name.kind === "integer" && text === ".")) {
          throw new Fault(name.place, `there is ${describe(name)} where a field must be`);
        }
        of = { kind: "field", place: name.place, of, name: name.text, arrow: text === "->" };
      } else if (text === "[") {
        this.#tokens.next();
        const index = this.expression();
        this.#tokens.expect("]");
        of = { kind: "index", place, of, index };
      } else if (text === "++" || text === "--") {
        if (of.kind !== "map" && of.kind !== "variable") return of;
        this.#tokens.next();
        of = { kind: "step", place, target: of, by: text === "++" ? 1 : -1, before: true };
      } else return of;
    }
  }

  #primary(): Expression {
    const token = this.#tokens.next();
    const { kind, text, place } = token;
    switch (kind) {
      case "integer":
        return { kind: "integer", place, value: token.value };
      case "string":
        return { kind: "string", place, value: text };
      case "positional":
        return { kind: "positional", place, index: Number(token.value) };
      case "variable":
        return { kind: "variable", place, name: text };
      case "map":
        return { kind: "map", place, name: text, key: this.#list("[", "]") ?? [] };
      case "name":
        return this.#named(token);
    }
    if (text !== "(") throw new Fault(place, `there is ${describe(token)} where a value must be`);
    const first = this.expression();
    if (!this.#tokens.is(",")) {
      this.#tokens.expect(")");
      return first;
    }
    const parts = [first];
    while (this.#tokens.accept(",")) if (!this.#tokens.is(")")) parts.push(this.expression());
    this.#tokens.expect(")");
    return { kind: "tuple", place, parts };
  }

  #named({ text, place }: Token): Expression {
    if (!this.#tokens.is("(")) return { kind: "name", place, name: text };
    if (text === "sizeof" || text === "offsetof") return this.#size(text, place);
    return { kind: "call", place, name: text, args: this.#list("(", ")") ?? [] };
  }

  #size(name: "sizeof" | "offsetof", place: Place): Expression {
    this.#tokens.expect("(");
    const type = startsType(this.#tokens, 0) ? parseTypeName(this.#tokens) : undefined;
    if (name === "offsetof") {
      if (!type) throw new Fault(place, "offsetof() is of a type and a field");
      this.#tokens.expect(",");
      const field = this.#tokens.expectKind("name", "a field").text;
      this.#tokens.expect(")");
      return { kind: "offsetof", place, type, field };
    }
    const of = type ? undefined : this.expression();
    this.#tokens.expect(")");
    return { kind: "sizeof", place, type, of };
  }

  /** Values between commas and such brackets; `undefined` where there are none. */
  #list(open: string, close: string): Expression[] | undefined {
    if (!this.#tokens.accept(open)) return undefined;
    const parts: Expression[] = [];
    while (!this.#tokens.is(close)) {
      parts.push(this.expression());
      if (!this.#tokens.accept(",")) break;
    }
    this.#tokens.expect(close);
    return parts;
  }
}

function targetOf(of: Expression, place: Place): MapNode | VariableNode {
  if (of.kind === "map" || of.kind === "variable") return of;
  throw new Fault(place, "only maps and variables are counted up and down");
}
