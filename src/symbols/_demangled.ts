/**
 * Text under way of a demangled name, within bounds: mangled names may be short and stand for endless ones.
 *
 * @module
 */

/** The longest name that is told, in UTF-16 units. */
const LONGEST = 1 << 14;
/** Steps that a name may take. */
const MOST_STEPS = 1 << 16;
/** How deep a name may be nested. */
const DEEPEST = 200;

/** A name that is not mangled in a way that is known. */
export class NotMangled extends Error {}

/** Counts what a name takes. */
export class Effort {
  #steps = 0;
  #depth = 0;

  /** Does a step that may do others; throws where these become too many or too deep. */
  within<T>(step: () => T): T {
    if (++this.#steps > MOST_STEPS || this.#depth >= DEEPEST) throw new NotMangled("too deep");
    this.#depth++;
    try {
      return step();
    } finally {
      this.#depth--;
    }
  }
}

/** Text that grows. */
export class Output {
  /** What is there. */
  text = "";
  /** The element of packs that is printed; -1 outside of what is repeated for each. */
  packIndex = -1;
  /** How many elements the pack had that was met last; -1 for none. */
  packSize = -1;
  /** Whether parameters of a lambda are printed, which may be `auto`. */
  inLambda = false;
  readonly #effort = new Effort();

  /** Adds text. */
  add(text: string): void {
    if (this.text.length + text.length > LONGEST) throw new NotMangled("too long");
    this.text += text;
  }

  /** Adds what a step adds. */
  within(step: () => void): void {
    this.#effort.within(step);
  }
}
