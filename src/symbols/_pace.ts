/**
 * How often what may have changed is read again.
 *
 * @module
 */

/** The share of time that reading again may take: a twentieth. */
const PATIENCE = 20;

/** Lets something be done again once 20 times as long went by as it took the last time. */
export class Pace {
  #next = 0;

  /** Whether it is time to do it again. */
  get due(): boolean {
    return performance.now() >= this.#next;
  }

  /** Does it. */
  run<T>(work: () => T): T {
    const start = performance.now();
    try {
      return work();
    } finally {
      const end = performance.now();
      this.#next = end + (end - start) * PATIENCE;
    }
  }
}
