/**
 * Tokens, looked at before they are taken.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { Lexer, Token, TokenKind } from "./lexer.ts";

/** What parsers read from. */
export class Tokens {
  readonly #lexer: Lexer;
  readonly #ahead: Token[] = [];

  /** Reads from the lexer where it is. */
  constructor(lexer: Lexer) {
    this.#lexer = lexer;
  }

  /** A token that comes, to look at only. */
  peek(distance = 0): Token {
    while (this.#ahead.length <= distance) this.#ahead.push(this.#lexer.next());
    return this.#ahead[distance] as Token;
  }

  /** The next token. */
  next(): Token {
    const token = this.peek();
    this.#ahead.shift();
    return token;
  }

  /** Whether the next token is this. */
  is(text: string): boolean {
    const { kind, text: found } = this.peek();
    return kind !== "string" && found === text;
  }

  /** Takes the next token where it is this. */
  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.next();
    return true;
  }

  /** Takes the next token, which must be this. */
  expect(text: string): Token {
    if (this.is(text)) return this.next();
    const found = this.peek();
    throw new Fault(found.place, `there is ${describe(found)} where "${text}" must be`);
  }

  /** Takes the next token, which must be of this kind. */
  expectKind(kind: TokenKind, what: string): Token {
    const found = this.peek();
    if (found.kind === kind) return this.next();
    throw new Fault(found.place, `there is ${describe(found)} where ${what} must be`);
  }

  /** Where the next token is. */
  get place(): Place {
    return this.peek().place;
  }
}

/** A token for messages. */
export function describe({ kind, text }: Token): string {
  return kind === "end" ? text : JSON.stringify(text);
}
