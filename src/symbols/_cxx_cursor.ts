/**
 * Reading the characters of a mangled name.
 *
 * @module
 */
import { NotMangled } from "./_demangled.ts";

/** A text of which more and more is read. */
export class Cursor {
  /** Where it stands. */
  at = 0;
  readonly #text: string;

  /** Stands at the start. */
  constructor(text: string) {
    this.#text = text;
  }

  /** What was not read. */
  rest(): string {
    return this.#text.slice(this.at);
  }

  /** Whether a text comes next. */
  peek(text: string): boolean {
    return this.#text.startsWith(text, this.at);
  }

  /** The next character; empty at the end. */
  peekAny(): string {
    return this.#text[this.at] ?? "";
  }

  /** Whether a text came next, which is then read. */
  eat(text: string): boolean {
    const found = this.peek(text);
    if (found) this.at += text.length;
    return found;
  }

  /** Reads a text. */
  expect(text: string): void {
    if (!this.eat(text)) this.fail();
  }

  /** Reads so many characters. */
  take(length: number): string {
    if (this.at + length > this.#text.length) this.fail();
    return this.#text.slice(this.at, this.at += length);
  }

  /** Goes back so many characters. */
  back(length: number): void {
    this.at -= length;
  }

  /** Reads up to a character, and that. */
  until(character: string): string {
    const end = this.#text.indexOf(character, this.at);
    if (end < 0) this.fail();
    const text = this.#text.slice(this.at, end);
    this.at = end + 1;
    return text;
  }

  /** Reads decimal digits, none as well. */
  digits(): string {
    const start = this.at;
    while (/\d/.test(this.peekAny()) && this.at - start < 9) this.at++;
    return this.#text.slice(start, this.at);
  }

  /** Gives up. */
  fail(): never {
    throw new NotMangled(`no name of C++ at ${this.at}`);
  }

  /** The character behind the next; empty at the end. */
  peekSecond(): string {
    return this.#text[this.at + 1] ?? "";
  }

  /** What a pattern that is anchored to the start has of what comes next, which is then read; `undefined` for none. */
  match(pattern: RegExp, longest: number): string | undefined {
    const found = pattern.exec(this.#text.slice(this.at, this.at + longest))?.[0];
    this.at += found?.length ?? 0;
    return found;
  }
}
