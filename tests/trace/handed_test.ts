/** Functions that kernel functions are handed. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { u32, u64 } from "../../mod.ts";
import { CompileError } from "../../src/errors.ts";
import { TestKernel } from "../../src/testing/mod.ts";
import { hash, type Probe, type SharedHash, xdp } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";

const NEEDS = { needs: ["bpf", "btf", "xdp"] } as const;
const DATA = new Uint8Array(64);

/** Which part of a range a number is in. */
function part(n: number, size: number, most: number): number {
  if (n < size) return 0;
  let found = 0;
  for (let i = 1; i < 8; i++) if (n >= size * i && i <= most) found = i;
  return found;
}
const isEven = (n: number): boolean => n % 2 === 0;
const weigh = (n: number, even: (n: number) => boolean, weight: number) => even(n) ? n * weight : -n;

/** A program that computes with the functions for each of some numbers. */
function computing(numbers: SharedHash<number, bigint>, results: SharedHash<number, bigint>): Probe {
  const shared = { numbers, results, part, isEven, weigh, WEIGHT: 3 };
  return xdp("lo", shared, (_, { numbers, results, part, isEven, weigh: heavy, WEIGHT }) => {
    for (const key of [0, 1, 2, 3, 4]) {
      const n = numbers.get(key);
      if (n !== undefined) results.set(key, part(n, 10, 5) * 1000 + heavy(n, isEven, WEIGHT));
    }
    return isEven(part(0, 1, 1)) ? "pass" : "drop";
  }, { mode: "generic" });
}

const NUMBERS = [0, 9, 10, 47, 1000];
const expected = () => NUMBERS.map((n, key) => [key, part(n, 10, 5) * 1000 + weigh(n, isEven, 3)] as const);

test("functions that are handed over do in the kernel what they do in the script", NEEDS, () => {
  using numbers = hash(u32, u64);
  using results = hash(u32, u64);
  using probe = computing(numbers, results);
  for (const [key, n] of NUMBERS.entries()) numbers.set(key, BigInt(n));
  assertEquals(probe.program.run({ data: DATA }).returnValue, 2); // XDP_PASS
  const found = [...results].map(([key, value]) => [key, Number(BigInt.asIntN(64, BigInt(value)))] as const);
  assertEquals(found.toSorted(([a], [b]) => a - b), expected());
  assert(
    probe.explain().includes("; const isEven") === false && probe.explain().includes("even(n)"),
    probe.explain(),
  );
});

test("functions that are handed over run in a kernel of a test", () => {
  const kernel = new TestKernel();
  const [numbers, results] = [kernel.use(hash(u32, u64)), kernel.use(hash(u32, u64))];
  const program = kernel.program(computing(numbers, results));
  for (const [key, n] of NUMBERS.entries()) numbers.set(key, BigInt(n));
  assertEquals(program.run({ data: DATA }).verdict, "pass");
  const found = [...results].map(([key, value]) => [key, Number(BigInt.asIntN(64, BigInt(value)))] as const);
  assertEquals(found.toSorted(([a], [b]) => a - b), expected());
  kernel.close();
});

// Not constant, or Bun puts the number in its place
let OUTSIDE = 7;
OUTSIDE++;
const captures = (n: number) => n + OUTSIDE;
const again = (n: number, self: (m: number, f: never) => number): number =>
  n < 2 ? 1 : n * self(n - 1, self as never);

test("what is wrong in a function that is handed over is told at its own line", { needs: ["btf"] }, () => {
  const file = fileURLToPath(import.meta.url);
  const source = readFileSync(file, "utf8");
  /** Where a word comes behind the name of a function; not its text, which would be found here, too. */
  const placeOf = (name: string, word: string) => {
    const at = source.indexOf(word, source.indexOf(`const ${name} = `));
    const before = source.slice(0, at);
    return `${file}:${before.split("\n").length}:${at - before.lastIndexOf("\n")}`;
  };
  using results = hash(u32, u64);
  const captured = assertThrows(() => {
    xdp("lo", { results, captures }, (_, { results, captures }) => void results.set(0, captures(1)));
  }, CompileError);
  assertEquals(
    captured.message,
    `Cannot compile the kernel function at ${placeOf("captures", "OUTSIDE")}: ` +
      '"OUTSIDE" is not of this function, and the kernel sees nothing around it: call it with that: give it a parameter "OUTSIDE"',
  );
  const recursive = assertThrows(() => {
    xdp("lo", { results, again }, (_, { results, again }) => void results.set(0, again(5, again as never)));
  }, CompileError);
  assertEquals(
    recursive.message,
    `Cannot compile the kernel function at ${placeOf("again", "self(n")}: ` +
      "it calls itself, and the kernel has 512 bytes of stack: write a loop",
  );
});
