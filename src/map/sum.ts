/**
 * Sums of values that are more than numbers.
 *
 * @module
 */

/**
 * The sum of values of one shape: of numbers and bigints as it is, of arrays and objects element by element.
 *
 * @throws {TypeError} A part of the values has no sum, as text.
 */
export function sum<V>(values: readonly V[]): V {
  return values.reduce((a, b) => add(a, b) as V);
}

function add(a: unknown, b: unknown): unknown {
  if (typeof a === "bigint" && typeof b === "bigint") return a + b;
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (Array.isArray(a) && Array.isArray(b)) return a.map((one, i) => add(one, b[i]));
  if (isPlain(a) && isPlain(b)) {
    return Object.fromEntries(Object.keys(a).map((name) => [name, add(a[name], b[name])]));
  }
  throw new TypeError(
    `Cannot sum up values: a ${typeof a} has no sum: add up the values of each CPU yourself`,
  );
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
