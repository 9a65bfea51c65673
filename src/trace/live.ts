/**
 * How shared things are shown while they change.
 *
 * @module
 */
import type { Interval } from "./_interval.ts";

/** Options of `live()`: redrawn in place on a terminal, one drawing after the other elsewhere. */
export interface LiveOptions {
  /** From one drawing to the next; `1s` by default. */
  readonly every?: Interval;
  /** How many keys are shown, the largest; 20 by default, and no more than a terminal has lines for. */
  readonly top?: number;
  /** A line above. */
  readonly title?: string;
  /** Ends it after so long. */
  readonly duration?: Interval;
  /** Ends it. */
  readonly signal?: AbortSignal;
}
