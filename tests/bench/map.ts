/**
 * Uses a map in the way that the argument says, which tests/bench/map.c and map.go do too. Prints ns per element of each
 * batch.
 */
import { createMap, hash, perCpuArray, u32, u64 } from "../../mod.ts";

const MANY = 100_000;
const SOME = 1024;
const FEW = 4;

/** The number of elements, of passes over them in a batch, and of batches. */
const SIZES: Readonly<Record<string, readonly [count: number, passes: number, batches: number]>> = {
  lookup: [SOME, 1, 300],
  cpus: [SOME, 1, 300],
  update: [SOME, 1, 300],
  delete: [SOME, 1, 300],
  few: [FEW, 256, 300],
  iterate: [MANY, 1, 15],
  dump: [MANY, 1, 15],
  set: [MANY, 1, 15],
};

const mode = globalThis.process.argv.at(-1) ?? "";
const [count, passes, batches] = SIZES[mode] ?? usage();

// Values are the same numbers as keys.
const entries = Array.from({ length: count }, (_, i): [number, bigint] => [i, BigInt(i)]);
using map = createMap(hash(u32, u64), { name: "bench", maxEntries: count });
using cpus = createMap(perCpuArray(u64), { name: "bench", maxEntries: count });
map.setAll(entries);
for (const [index, value] of entries) cpus.fill(index, value);

/** A pass over all elements. Returns the sum of their values. */
const PASSES: Readonly<Record<string, () => bigint>> = {
  lookup() {
    let sum = 0n;
    for (let key = 0; key < count; key++) sum += map.get(key) ?? 0n;
    return sum;
  },
  cpus() {
    let sum = 0n;
    for (let index = 0; index < count; index++) {
      let largest = 0n;
      for (const value of cpus.get(index)) if (value > largest) largest = value;
      sum += largest;
    }
    return sum;
  },
  update() {
    let sum = 0;
    for (let key = 0; key < count; key++) {
      map.set(key, BigInt(key));
      sum += key;
    }
    return BigInt(sum);
  },
  delete() {
    let sum = 0;
    for (let key = 0; key < count; key++) if (map.delete(key)) sum += key;
    return BigInt(sum);
  },
  few: iterate,
  iterate,
  dump() {
    let sum = 0n;
    let keys = 0;
    for (const batch of map.batches()) {
      for (const [key, value] of batch) {
        keys += key;
        sum += value;
      }
    }
    return (sum + BigInt(keys)) / 2n;
  },
  set() {
    return map.setAll(entries) === count ? expected : 0n;
  },
};

function iterate(): bigint {
  let sum = 0n;
  let keys = 0;
  for (const [key, value] of map) {
    keys += key;
    sum += value;
  }
  return (sum + BigInt(keys)) / 2n;
}

function usage(): never {
  throw new Error(`Cannot measure "${mode}": there are ${Object.keys(SIZES)}`);
}

const expected = BigInt(count * (count - 1) / 2);
const pass = PASSES[mode] ?? usage();
for (let batch = 0; batch < batches; batch++) {
  if (mode === "delete") map.setAll(entries);
  let sum = 0n;
  const start = performance.now();
  for (let i = 0; i < passes; i++) sum += pass();
  console.log((performance.now() - start) * 1e6 / count / passes);
  if (sum !== expected * BigInt(passes)) throw new Error(`the sum is ${sum}`);
}
