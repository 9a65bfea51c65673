/**
 * Names and what they stand for.
 *
 * @module
 */
import { closest } from "../../names.ts";
import type { Btf } from "../../btf/core.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { ExpressionSyntax } from "../ir/syntax.ts";
import type { Variable } from "../ir/tree.ts";
import type { Method, Thing } from "./thing.ts";

/** What a name stands for. */
export interface Entry {
  readonly thing: Thing;
  /** The variable that an assignment changes; `undefined` for what cannot be assigned to. */
  readonly variable?: Variable;
  /** Tells a variable without a value what it is given. */
  begin?(first: Thing): void;
}

/** What a function in a function is. */
export type Definition = (
  scope: Scope,
  syntax: Extract<ExpressionSyntax, { kind: "function" }>,
) => Method;

/** What all scopes of a function share. */
export interface Surroundings {
  /** The types of the kernel. */
  readonly types: () => Btf;
  /** What is known everywhere. */
  readonly globals: Readonly<Record<string, Thing>>;
  readonly define: Definition;
  /** What to do about a name that stands for nothing. */
  readonly missing: (name: string) => string;
  readonly check: (scope: Scope, syntax: ExpressionSyntax) => Thing;
}

/** What to write in place of what engines have and cannot be passed. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ["console", "return what is to be printed, and print it in the script"],
  ["Date", "c.nsecs is the clock, in nanoseconds"],
  ["performance", "c.nsecs is the clock, in nanoseconds"],
  ["JSON", "return a record: { a, b }"],
]);

/** Names of a block, and of those around it. */
export class Scope {
  readonly #outer: Scope | undefined;
  readonly #entries: Map<string, Entry> = new Map();
  readonly #surroundings: Surroundings;

  /** A scope in another, or the outermost. */
  constructor(outer: Scope | Surroundings) {
    this.#outer = outer instanceof Scope ? outer : undefined;
    this.#surroundings = outer instanceof Scope ? outer.#surroundings : outer;
  }

  /** The types of the kernel. */
  get types(): () => Btf {
    return this.#surroundings.types;
  }

  /** What a function in the function is. */
  define(syntax: Parameters<Definition>[1]): Method {
    return this.#surroundings.define(this, syntax);
  }

  /** What an expression stands for. */
  check(syntax: ExpressionSyntax): Thing {
    return this.#surroundings.check(this, syntax);
  }

  /** Gives a name a meaning from here on. */
  declare(name: string, entry: Entry, place: Place): void {
    if (this.#entries.has(name)) throw new Fault(place, `"${name}" is declared twice`);
    this.#entries.set(name, entry);
  }

  /** What a name stands for. */
  resolve(name: string, place: Place): Entry {
    const entry = this.#find(name);
    if (entry) return entry;
    const { globals } = this.#surroundings;
    const known = Object.hasOwn(globals, name) ? globals[name] : undefined;
    if (known) return { thing: known };
    const instead = INSTEAD.get(name);
    if (instead) throw new Fault(place, `"${name}" is the script's, and the kernel has none`, instead);
    throw new Fault(
      place,
      `"${name}" is not of this function, and the kernel sees nothing around it${
        closest(name, this.#names())
      }`,
      this.#surroundings.missing(name),
    );
  }

  #find(name: string): Entry | undefined {
    const own = this.#entries.get(name);
    return own || !this.#outer ? own : this.#outer.#find(name);
  }

  *#names(): Generator<string> {
    yield* this.#entries.keys();
    if (this.#outer) yield* this.#outer.#names();
  }
}
