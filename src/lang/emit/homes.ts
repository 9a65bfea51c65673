/**
 * Where variables are on the stack.
 *
 * @module
 */
import { Fault, type Place } from "../ir/place.ts";
import type { Variable } from "../ir/tree.ts";

/** Where a variable is: its value, and of what may be missing whether it is there. */
export interface Home {
  readonly value: number;
  readonly present: number;
}

/** Where the variables of a function are. */
export class Homes {
  readonly #homes: Map<Variable, Home> = new Map();
  readonly #outer: Homes | undefined;

  /** Those of a function, or of one that runs when the variables of another, `outer`, are gone. */
  constructor(outer?: Homes) {
    this.#outer = outer;
  }

  /** Gives a variable its place. */
  set(variable: Variable, home: Home): void {
    this.#homes.set(variable, home);
  }

  /**
   * Where a variable is; `undefined` where it has no place yet.
   *
   * @throws {Fault} It is gone.
   */
  find(variable: Variable, place: Place): Home | undefined {
    const home = this.#homes.get(variable);
    if (!home && this.#outer?.find(variable, place)) {
      throw new Fault(
        place,
        `"${variable.name}" is gone by the time that the timer goes off`,
        "keep it in a map, by the key of the timer",
      );
    }
    return home;
  }

  /**
   * Where a variable is that has a place.
   *
   * @throws {Fault} It is gone.
   */
  of(variable: Variable, place: Place): Home {
    return this.find(variable, place) ?? { value: 0, present: 0 };
  }
}
