import { assertEquals } from "@std/assert";
import { Rates } from "../../src/output/mod.ts";
import { test } from "../_harness.ts";

test("Rates are by second, from one snapshot to the next", () => {
  const rates = new Rates<string>();
  assertEquals(rates.update([["a", 100n], ["b", 5]], 1000), [
    { key: "a", value: 100n, delta: undefined, rate: undefined, history: [] },
    { key: "b", value: 5, delta: undefined, rate: undefined, history: [] },
  ]);
  assertEquals(rates.update([["a", 150n], ["b", 5]], 1500), [
    { key: "a", value: 150n, delta: 50, rate: 100, history: [100] },
    { key: "b", value: 5, delta: 0, rate: 0, history: [0] },
  ]);
  assertEquals(rates.update([["a", 2n ** 64n - 1n]], 2500)[0]?.delta, Number(2n ** 64n - 1n - 150n));
});

test("Rates count new keys and counters that began again from 0, and forget keys that are gone", () => {
  const rates = new Rates<string>();
  rates.update([["a", 10]], 0);
  rates.update([["a", 20]], 1000);
  assertEquals(rates.update([["b", 4n], ["a", 3]], 2000), [
    { key: "b", value: 4n, delta: 4, rate: 4, history: [0, 4] },
    { key: "a", value: 3, delta: 3, rate: 3, history: [10, 3] },
  ]);
  rates.update([["a", 3]], 3000);
  assertEquals(rates.update([["b", 9n]], 4000)[0]?.delta, 9);
});

test("Rates keep the last of each key, and survive two snapshots at once", () => {
  const rates = new Rates<number>(2);
  for (let i = 0; i < 5; i++) rates.update([[7, i * i]], i * 1000);
  assertEquals(rates.update([[7, 36], [8, 1]], 5000).map(({ history }) => history), [[7, 20], [0, 1]]);
  assertEquals(rates.update([[7, 40]], 5000)[0]?.rate, 0);
});
