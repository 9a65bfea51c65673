/**
 * What is printed of an object.
 *
 * @module
 */
/** What is asked for. */
export interface Wanted {
  /** A number, a name or a path. */
  readonly what: string;
  /** Names of types. */
  readonly names: readonly string[];
  readonly json: boolean;
}

/** Gives lines of text, or with `json` what is to become a line each. */
export type Dump = (wanted: Wanted) => Iterable<string | object>;
