/** The classes of maps do the same on maps in memory as on those of the kernel. */
import { assertEquals, assertThrows } from "@std/assert";
import { ipv4Prefix, u32, u64 } from "../../src/codec/mod.ts";
import { possibleCpus } from "../../src/kernel/mod.ts";
import {
  array,
  bloomFilter,
  type BpfMap,
  createMap,
  type CreateMapOptions,
  hash,
  lpmTrie,
  type MapKind,
  perCpuArray,
  perCpuHash,
  queue,
  stack,
} from "../../src/map/mod.ts";
import { TestKernel } from "../../src/testing/mod.ts";
import { test } from "../_harness.ts";

type Create = <M extends BpfMap>(kind: MapKind<M>, options: CreateMapOptions) => M;

/** What comes of something that may throw. */
function outcome(body: () => unknown): unknown {
  try {
    const result = body();
    return result instanceof Object && Symbol.iterator in result ? [...result as Iterable<unknown>] : result;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : error;
  }
}

/** Runs the same steps on a map of each. */
function same(name: string, steps: (create: Create) => readonly unknown[]): void {
  test(name, { needs: ["bpf"] }, () => {
    const kernel = new TestKernel({ cpus: possibleCpus() });
    assertEquals(steps((kind, options) => kernel.createMap(kind, options)), steps(createMap));
  });
}

same("hash maps do what those of the kernel do", (create) => {
  using map = create(hash(u32, u64), { name: "map", maxEntries: 3 });
  return [
    outcome(() => map.get(1)),
    outcome(() => map.set(1, 10n).set(2, 20n).size),
    outcome(() => map.set(1, 11n, { mode: "noexist" })),
    outcome(() => map.set(9, 11n, { mode: "exist" })),
    outcome(() => map.set(3, 30n).set(4, 40n)),
    outcome(() => map.setAll([[1, 12n], [3, 31n]])),
    outcome(() => new Map([...map].sort())),
    outcome(() => [map.has(2), map.delete(2), map.delete(2), map.has(2)]),
    outcome(() => map.deleteAll([1, 7, 3])),
    outcome(() => [map.size, [...map.keys()]]),
    outcome(() => map.set(-1, 1n)),
    outcome(() => map.set(1, 1 as unknown as bigint)),
    outcome(() => map.set(5, 50n).take(5)),
    outcome(() => map.take(5)),
    outcome(() => {
      map.close();
      map.get(1);
    }),
  ];
});

same("arrays do what those of the kernel do", (create) => {
  using map = create(array(u64), { name: "map", maxEntries: 3 });
  return [
    outcome(() => map.set(1, 5n).get(1)),
    outcome(() => map.get(3)),
    outcome(() => map.set(7, 1n)),
    outcome(() => [...map]),
    outcome(() => [...map.batches({ size: 2 })].flat()),
  ];
});

same("per-CPU maps do what those of the kernel do", (create) => {
  using counts = create(perCpuHash(u32, u64), { name: "counts", maxEntries: 2 });
  using totals = create(perCpuArray(u64), { name: "totals", maxEntries: 2 });
  const values = Array.from({ length: possibleCpus() }, (_, cpu) => BigInt(cpu * 3 + 1));
  return [
    outcome(() => counts.set(7, values).get(7)),
    outcome(() => [counts.sum(7), counts.sum(8), counts.getCpu(7, 1)]),
    outcome(() => counts.getCpu(7, 1000)),
    outcome(() => counts.fill(7, 2n).sum(7)),
    outcome(() => counts.set(8, [1n])),
    outcome(() => [...counts]),
    outcome(() => totals.set(1, values).sum(1)),
    outcome(() => totals.fill(1, 0n).sum(1)),
  ];
});

same("tables of prefixes do what those of the kernel do", (create) => {
  using map = create(lpmTrie(ipv4Prefix, u32), { name: "map", maxEntries: 4 });
  return [
    outcome(() => map.set("10.0.0.0/8", 1).set("10.1.0.0/16", 2).get("10.1.2.3")),
    outcome(() => [map.get("10.9.9.9"), map.get("192.0.2.1")]),
    outcome(() => [...map.keys()].sort()),
    outcome(() => [map.delete("10.1.0.0/16"), map.get("10.1.2.3"), map.delete("10.2.0.0/16")]),
    outcome(() => map.size),
  ];
});

same("maps without keys do what those of the kernel do", (create) => {
  using first = create(queue(u32), { name: "first", maxEntries: 2 });
  using last = create(stack(u32), { name: "last", maxEntries: 2 });
  using filter = create(bloomFilter(u32), { name: "filter", maxEntries: 10 });
  return [
    outcome(() => [first.peek(), first.pop()]),
    outcome(() => first.push(1).push(2).push(3)),
    outcome(() => [...first.push(4, { replace: true }).drain()]),
    outcome(() => [...last.push(1).push(2).drain()]),
    outcome(() => [filter.add(7).has(7)]),
  ];
});

same("maps that no kernel makes are refused in the same words", (create) => [
  outcome(() => create(hash(u32, u64), { name: "map", maxEntries: 0 })),
  outcome(() =>
    create(hash(u32, u64), { name: "map", maxEntries: 1, flags: ["no_preallok" as "no_prealloc"] })
  ),
]);

test("all elements are listed while they are removed, and taken in batches", () => {
  const map = new TestKernel().createMap(hash(u32, u64), { name: "map", maxEntries: 5000 });
  for (let key = 0; key < 5000; key++) map.set(key, BigInt(key));
  let sum = 0n;
  for (const [key, value] of map) {
    sum += value;
    map.delete(key);
  }
  assertEquals([sum, map.size], [4999n * 2500n, 0]);
  map.setAll([[1, 1n], [2, 2n], [3, 3n]]);
  using other = map.clone();
  assertEquals([...other.keys()], [1, 2, 3]);
  assertThrows(() => map.info, Error, 'map "map": it is in the memory of a test');
});
