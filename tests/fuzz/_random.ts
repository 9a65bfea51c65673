/** Numbers that look random and are the same in every run. */

/** Gives an integer from 0 up to `limit`, which it does not reach. */
export type Random = (limit: number) => number;

/** The numbers of one case, which do not depend on the cases before it (xorshift32 from a mixed start). */
export function randomOf(seed: number, number: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35);
  state ^= state >>> 15;
  state = Math.imul(state, 0x2c1b3c6d) ^ seed;
  if (state === 0) state = 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** One of several, which must not be none. */
export function pick<T>(random: Random, all: readonly T[]): T {
  const found = all[random(all.length)];
  if (found === undefined) throw new RangeError("Cannot pick one of none");
  return found;
}
