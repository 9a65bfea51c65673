/**
 * Names and what they stand for.
 *
 * @module
 */
import { closest } from "../../names.ts";
import { Fault, type Place } from "../ir/place.ts";
import type { Variable } from "../ir/tree.ts";
import type { Thing } from "./thing.ts";

/** What a name stands for. */
export interface Entry {
  readonly thing: Thing;
  /** The variable that an assignment changes; `undefined` for what cannot be assigned to. */
  readonly variable?: Variable;
}

/** Names of a block, and of those around it. */
export class Scope {
  readonly #outer: Scope | undefined;
  readonly #entries: Map<string, Entry> = new Map();

  /** A scope in another, or the outermost. */
  constructor(outer?: Scope) {
    this.#outer = outer;
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
    throw new Fault(
      place,
      `"${name}" is not of this function, and the kernel sees nothing around it${
        closest(name, this.#names())
      }`,
      `pass it in the second argument: { ${name} }, (c, { ${name} }) => …`,
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
