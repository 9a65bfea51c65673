/** A stretch of a section. */
interface Stretch {
  /** In bytes from the start of the section. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
}

/** The stretch that has all of `length` bytes from `at` on; `stretches` are sorted by their offsets. */
export function findContaining<T extends Stretch>(
  stretches: readonly T[],
  at: number,
  length: number,
): T | undefined {
  let [low, high] = [0, stretches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stretches[middle]?.offset ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  const found = stretches[low - 1];
  return found !== undefined && at + length <= found.offset + found.size ? found : undefined;
}
