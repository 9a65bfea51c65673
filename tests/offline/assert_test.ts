/** What our tests take for granted of `@std/assert`, whether it is the real one or the stand-in. */
import {
  assertAlmostEquals,
  assertEquals,
  AssertionError,
  assertNotEquals,
  assertObjectMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { test } from "../_harness.ts";

test("assertEquals() compares deeply, by class, without regard to the sign of zero", () => {
  assertEquals({ a: [1n, { b: new Uint8Array([1, 2]) }] }, { a: [1n, { b: new Uint8Array([1, 2]) }] });
  assertEquals(0, -0);
  assertEquals([NaN], [NaN]);
  assertEquals(Object.assign(Object.create(null), { a: 1 }), { a: 1 });
  assertEquals(new Map([["a", [1]], ["b", [2]]]), new Map([["b", [2]], ["a", [1]]]));
  assertNotEquals<unknown>(1, 1n);
  assertNotEquals<unknown>({ a: undefined }, {});
  assertNotEquals<unknown>(new Uint8Array([1]), new Int8Array([1]));
  assertNotEquals<unknown>(new RangeError("a"), new TypeError("a"));
  assertNotEquals(new Set([1, 2]), new Set([1, 3]));
});

test("assertEquals() ends on values that hold themselves", () => {
  const cycle = () => {
    const value: { self?: unknown } = {};
    return Object.assign(value, { self: value });
  };
  assertEquals(cycle(), cycle());
});

test("assertThrows() checks class and text, and returns the error", () => {
  const thrower = () => {
    throw new RangeError("out of reach");
  };
  assertEquals(assertThrows(thrower, RangeError, "reach").message, "out of reach");
  assertThrows(() => assertThrows(thrower, TypeError), AssertionError);
  assertThrows(() => assertThrows(thrower, RangeError, "in reach"), AssertionError);
  assertThrows(() => assertThrows(() => {}), AssertionError);
});

test("assertRejects() takes no throw for a rejection", async () => {
  await assertRejects(() => Promise.reject(new TypeError("no")), TypeError, "no");
  const thrower = (): Promise<void> => {
    throw new TypeError("no");
  };
  await assertRejects(() => assertRejects(thrower, TypeError), AssertionError);
  await assertRejects(() => assertRejects(() => Promise.resolve()), AssertionError);
});

test("assertObjectMatch() looks at what is expected only", () => {
  assertObjectMatch({ a: 1, b: { c: 2, d: 3 } }, { b: { c: 2 } });
  assertThrows(() => assertObjectMatch({ a: 1 }, { b: 1 }), AssertionError);
});

test("assertAlmostEquals() allows a ten-millionth", () => {
  assertAlmostEquals(1, 1 + 1e-9);
  assertThrows(() => assertAlmostEquals(1, 1 + 1e-6), AssertionError);
  assertAlmostEquals(10, 11, 1);
});
