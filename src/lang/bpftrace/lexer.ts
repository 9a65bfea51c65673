/**
 * Tokens of scripts, with what the preprocessor of C would do to them.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import { preprocess } from "./preprocess.ts";

/** What a token is. */
export type TokenKind =
  | "name"
  | "integer"
  | "string"
  | "map"
  | "variable"
  | "positional"
  | "punctuation"
  | "end";

/** A piece of a script. */
export interface Token {
  readonly kind: TokenKind;
  /** As written; of a string, what it says. */
  readonly text: string;
  /** Of an integer or positional parameter. */
  readonly value: bigint;
  readonly place: Place;
}

/** Longest first. */
const PUNCTUATION = [
  "<<=",
  ">>=",
  "...",
  "->",
  "++",
  "--",
  "<<",
  ">>",
  "<=",
  ">=",
  "==",
  "!=",
  "&&",
  "||",
  "+=",
  "-=",
  "*=",
  "/=",
  "%=",
  "&=",
  "|=",
  "^=",
];
const SINGLE = "{}()[];,.:?=<>!~+-*/%&|^";

const SPACE = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/|#![^\n]*)+/y;
const NAME = /[A-Za-z_][\w]*/y;
const MAP = /@[A-Za-z_]?\w*/y;
const VARIABLE = /\$[A-Za-z_]\w*/y;
const POSITIONAL = /\$(\d+|#)/y;
const INTEGER = /0[xX][0-9a-fA-F_]+|\d[\d_]*(?:e\d+)?/y;
const SUFFIX = /[uUlL]{0,3}/y;
const STRING = /"((?:\\[^]|[^"\\])*)"/y;

/** Goes through a script; what is a token depends on where the parser is. */
export class Lexer {
  readonly #text: string;
  readonly #lines: readonly number[];
  readonly #macros: ReadonlyMap<string, string>;
  #at = 0;
  /** What a macro stands for, which comes before the text goes on. */
  readonly #pending: Token[] = [];

  /** Starts with the text as the preprocessor leaves it: of the same length. */
  constructor(source: string) {
    this.#lines = lineStarts(source);
    const { text, macros } = preprocess(source, (offset) => this.placeOf(offset));
    this.#text = text;
    this.#macros = macros;
  }

  /** The place of an offset in the text. */
  placeOf(offset: number): Place {
    let line = this.#lines.findLastIndex((start) => start <= offset);
    if (line < 0) line = 0;
    return { offset, line: line + 1, column: offset - (this.#lines[line] ?? 0) + 1 };
  }

  /** Leaves out space and comments; the place where the next thing begins. */
  skip(): Place {
    this.#match(SPACE);
    return this.placeOf(this.#at);
  }

  /** Whether nothing is left. */
  get isAtEnd(): boolean {
    this.skip();
    return this.#at >= this.#text.length && this.#pending.length === 0;
  }

  /** What matches here as it is written, without space before it; moves on behind it. */
  take(pattern: RegExp): string | undefined {
    return this.#match(pattern)?.[0];
  }

  /** What is written here, to look at only. */
  ahead(length: number): string {
    return this.#text.slice(this.#at, this.#at + length);
  }

  /** The next token. */
  next(): Token {
    const pending = this.#pending.shift();
    if (pending) return pending;
    const place = this.skip();
    const token = (kind: TokenKind, text: string, value = 0n): Token => ({ kind, text, value, place });
    if (this.#at >= this.#text.length) return token("end", "the end of the script");
    const string = this.#match(STRING);
    if (string) return token("string", unescape(string[1] ?? ""));
    const positional = this.#match(POSITIONAL);
    if (positional) {
      return token("positional", positional[0], positional[1] === "#" ? 0n : BigInt(positional[1] ?? 0));
    }
    const map = this.#match(MAP);
    if (map) return token("map", map[0]);
    const variable = this.#match(VARIABLE);
    if (variable) return token("variable", variable[0]);
    const integer = this.#match(INTEGER);
    if (integer) {
      this.#match(SUFFIX);
      return token("integer", integer[0], integerOf(integer[0], place));
    }
    const name = this.#match(NAME)?.[0];
    if (name !== undefined) return this.#expand(name, place) ?? token("name", name);
    const long = PUNCTUATION.find((one) => this.#text.startsWith(one, this.#at));
    const character = this.#text[this.#at] ?? "";
    if (long === undefined && !SINGLE.includes(character)) {
      throw new Fault(place, `${JSON.stringify(character)} means nothing here`);
    }
    const text = long ?? character;
    this.#at += text.length;
    return token("punctuation", text);
  }

  /** What a macro stands for; macros in macros, too. */
  #expand(name: string, place: Place): Token | undefined {
    const body = this.#macros.get(name);
    if (body === undefined) return undefined;
    const macros = new Map(this.#macros);
    macros.delete(name);
    const inner = new Lexer(body);
    const tokens: Token[] = [];
    for (let token = inner.next(); token.kind !== "end"; token = inner.next()) {
      const nested = token.kind === "name" && macros.has(token.text)
        ? this.#expand(token.text, place)
        : undefined;
      tokens.push({ ...nested ?? token, place });
      if (nested) tokens.push(...this.#pending.splice(0));
    }
    const [first, ...rest] = tokens;
    this.#pending.unshift(...rest);
    return first ?? this.next();
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found || found[0] === "") return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** `1e6` and `1_000` are integers, too. */
function integerOf(text: string, place: Place): bigint {
  const plain = text.replaceAll("_", "");
  const [, digits, zeroes] = /^(\d+)e(\d+)$/.exec(plain) ?? [];
  const value = digits === undefined ? BigInt(octal(plain)) : BigInt(digits) * 10n ** BigInt(zeroes ?? 0);
  if (BigInt.asUintN(64, value) === value) return value;
  throw new Fault(place, `${text} has more than 64 bits`);
}

function octal(text: string): string {
  return /^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\\": "\\", '"': '"' };

/** What a string says. Bytes that are no characters are those of Latin-1, as `\x1b`. */
export function unescape(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|[^])/g, (_, code: string) => {
    if (code.startsWith("x") && code.length > 1) return String.fromCharCode(parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(parseInt(code, 8));
    return Object.hasOwn(ESCAPES, code) ? ESCAPES[code] ?? code : `\\${code}`;
  });
}
