/**
 * Stand-in for `@std/assert` where JSR cannot be reached: the functions our tests use, over `node:assert`.
 *
 * Never published. deno.offline.json maps `@std/assert` here for Deno, tests/tsconfig.json for Bun.
 *
 * @module
 */

import { deepStrictEqual } from "node:assert";
import { inspect } from "node:util";
import { equal } from "./equal.ts";

export { equal };

/** What every assertion throws. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

// deno-lint-ignore no-explicit-any -- any class, whatever its constructor takes
type Constructor<T = unknown> = new (...args: any[]) => T;
// deno-lint-ignore no-explicit-any
type AbstractConstructor<T = unknown> = abstract new (...args: any[]) => T;

function raise(state: string, message?: string): never {
  throw new AssertionError(message === undefined ? state : `${state}: ${message}`);
}

/** Both values as text; `deepStrictEqual` shows the lines that differ where it, too, finds them unequal. */
function difference(actual: unknown, expected: unknown): string {
  try {
    deepStrictEqual(actual, expected);
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  return `Expected ${inspect(expected)}, got ${inspect(actual)}`;
}

/** Fails always. */
export function fail(message?: string): never {
  raise("Failed assertion", message);
}

/** Fails when control reaches it. */
export function unreachable(message?: string): never {
  raise("Unreachable", message);
}

/** Fails unless `condition` is truthy. */
export function assert(condition: unknown, message = ""): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Fails when `condition` is truthy. */
export function assertFalse(condition: unknown, message?: string): asserts condition is false {
  if (condition) raise(`Expected a falsy value, got ${inspect(condition)}`, message);
}

/** Fails when `value` is `null` or `undefined`. */
export function assertExists<T>(value: T, message?: string): asserts value is NonNullable<T> {
  if (value === undefined || value === null) raise(`Expected a value, got ${value}`, message);
}

/** Fails unless the values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  if (!equal(actual, expected)) raise(difference(actual, expected), message);
}

/** Fails when the values are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  if (equal(actual, expected)) {
    raise(`Expected a value other than ${inspect(expected)}`, message);
  }
}

/** Fails unless the values are the same by `Object.is`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T {
  if (!Object.is(actual, expected)) raise(`Expected ${inspect(expected)}, got ${inspect(actual)}`, message);
}

/** Fails when the values are the same by `Object.is`. */
export function assertNotStrictEquals<T>(actual: T, expected: T, message?: string): void {
  if (Object.is(actual, expected)) raise(`Expected a value other than ${inspect(expected)}`, message);
}

/** Fails unless the numbers are within `tolerance`, by default a ten-millionth of `expected`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (!(Math.abs(actual - expected) <= allowed)) {
    raise(`Expected ${expected} ± ${allowed}, got ${actual}`, message);
  }
}

/** Fails unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, message?: string): void {
  if (!(actual > expected)) raise(`Expected ${inspect(actual)} > ${inspect(expected)}`, message);
}

/** Fails unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void {
  if (!(actual >= expected)) raise(`Expected ${inspect(actual)} >= ${inspect(expected)}`, message);
}

/** Fails unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, message?: string): void {
  if (!(actual < expected)) raise(`Expected ${inspect(actual)} < ${inspect(expected)}`, message);
}

/** Fails unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void {
  if (!(actual <= expected)) raise(`Expected ${inspect(actual)} <= ${inspect(expected)}`, message);
}

/** Fails unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  if (!actual.includes(expected)) {
    raise(`Expected ${inspect(actual)} to contain ${inspect(expected)}`, message);
  }
}

/** Fails unless `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  if (!expected.test(actual)) raise(`Expected ${inspect(actual)} to match ${expected}`, message);
}

/** Fails when `actual` matches `expected`. */
export function assertNotMatch(actual: string, expected: RegExp, message?: string): void {
  if (expected.test(actual)) raise(`Expected ${inspect(actual)} not to match ${expected}`, message);
}

/** Fails unless `actual` deeply contains each of `expected`. */
export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, message?: string): void {
  const present = Array.from(actual);
  const missing = Array.from(expected).filter((wanted) => !present.some((value) => equal(value, wanted)));
  if (missing.length > 0) raise(`Expected ${inspect(actual)} to include ${inspect(missing)}`, message);
}

/** The part of `actual` that `expected` speaks about. */
function narrow(actual: unknown, expected: unknown): unknown {
  if (typeof actual !== "object" || actual === null || typeof expected !== "object" || expected === null) {
    return actual;
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return actual.map((value, i) => narrow(value, expected[i]));
  }
  const prototype = Object.getPrototypeOf(expected);
  if (prototype !== Object.prototype && prototype !== null) return actual;
  const part: Record<PropertyKey, unknown> = Object.create(prototype);
  for (const key of Reflect.ownKeys(expected)) {
    if (key in actual) part[key] = narrow(Reflect.get(actual, key), Reflect.get(expected, key));
  }
  return part;
}

/** Fails unless each property of `expected` is in `actual` and deeply equal. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  message?: string,
): void {
  assertEquals(narrow(actual, expected), expected, message);
}

/** Fails unless `actual` is an instance of `expected`. */
export function assertInstanceOf<T extends AbstractConstructor>(
  actual: unknown,
  expected: T,
  message = "",
): asserts actual is InstanceType<T> {
  if (!(actual instanceof expected)) {
    raise(`Expected an instance of ${expected.name}, got ${inspect(actual)}`, message);
  }
}

/** Fails when `actual` is an instance of `unexpected`. */
export function assertNotInstanceOf<A, T>(
  actual: A,
  unexpected: AbstractConstructor<T>,
  message?: string,
): asserts actual is Exclude<A, T> {
  if (actual instanceof unexpected) raise(`Expected no instance of ${unexpected.name}`, message);
}

/** Fails unless `error` is an error of the class whose message contains `text`. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: AbstractConstructor<E>,
  text?: string | RegExp,
  message?: string,
): asserts error is E {
  if (!(error instanceof Error)) raise(`Expected an Error, got ${inspect(error)}`, message);
  if (ErrorClass && !(error instanceof ErrorClass)) {
    raise(`Expected ${ErrorClass.name}, got ${error.constructor.name} ${inspect(error.message)}`, message);
  }
  const holds = text === undefined ||
    (typeof text === "string" ? error.message.includes(text) : text.test(error.message));
  if (!holds) {
    raise(`Expected an error message with ${inspect(text)}, got ${inspect(error.message)}`, message);
  }
}

type Expectation<E extends Error> = [
  ErrorClass: Constructor<E> | AbstractConstructor<E>,
  text?: string | undefined,
  message?: string | undefined,
];

/** Checks what was thrown: anything for a bare call, an error of the class otherwise. */
function checkThrown<E extends Error>(
  error: unknown,
  expectation: [message?: string | undefined] | Expectation<E>,
): void {
  const [ErrorClass, text, message] = expectation;
  if (typeof ErrorClass === "function") assertIsError(error, ErrorClass, text, message);
}

/** Fails unless `body` throws, and throws an error of the class whose message contains the text. */
export function assertThrows(body: () => unknown, message?: string): unknown;
export function assertThrows<E extends Error = Error>(body: () => unknown, ...expectation: Expectation<E>): E;
export function assertThrows<E extends Error>(
  body: () => unknown,
  ...expectation: [message?: string | undefined] | Expectation<E>
): unknown {
  try {
    body();
  } catch (error) {
    checkThrown(error, expectation);
    return error;
  }
  raise("Expected function to throw", typeof expectation[0] === "string" ? expectation[0] : expectation[2]);
}

/** Fails unless `body` rejects; a throw before the promise exists is a failure too. */
export function assertRejects(body: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  body: () => PromiseLike<unknown>,
  ...expectation: Expectation<E>
): Promise<E>;
export async function assertRejects<E extends Error>(
  body: () => PromiseLike<unknown>,
  ...expectation: [message?: string | undefined] | Expectation<E>
): Promise<unknown> {
  let pending: PromiseLike<unknown>;
  try {
    pending = body();
  } catch {
    raise("Function throws when expected to reject");
  }
  try {
    await pending;
  } catch (error) {
    checkThrown(error, expectation);
    return error;
  }
  raise("Expected function to reject", typeof expectation[0] === "string" ? expectation[0] : expectation[2]);
}
