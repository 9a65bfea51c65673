/**
 * Elements that are removed one by one.
 *
 * @module
 */
import { Elements } from "./elements.ts";

/** Elements whose class knows better than the kernel tells whether a removal did something. */
export abstract class SingleElements<K, V> extends Elements<K, V> {
  /** Removes all these keys. Returns how many were there. */
  override deleteAll(keys: Iterable<K>): number {
    let removed = 0;
    for (const key of keys) if (this.delete(key)) removed++;
    return removed;
  }
}
