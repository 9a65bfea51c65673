/**
 * Places in the source of a kernel function.
 *
 * @module
 */

/** Where something is in the text of its function. */
export interface Place {
  /** In characters from the start of the text. */
  readonly offset: number;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
}

/** The start of the text. */
export const START: Place = { offset: 0, line: 1, column: 1 };

/** What is wrong with the source, and where; `compile()` makes a `CompileError` of it, which knows the file. */
export class Fault extends Error {
  /** What the message is about. */
  readonly place: Place;
  /** What to write instead. */
  readonly suggestion: string | undefined;

  /** `state` completes "Cannot compile …: "; the cure comes after it. */
  constructor(place: Place, state: string, suggestion?: string) {
    super(state);
    this.place = place;
    this.suggestion = suggestion;
  }
}
