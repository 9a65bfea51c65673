import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { struct, u16, u32, u64, u8 } from "../../src/codec/mod.ts";
import { possibleCpus } from "../../src/kernel/mod.ts";
import { array, type ArrayMap, createMap, perCpuArray } from "../../src/map/mod.ts";
import { bpftool, type Facts } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { type Subject, testNumberMap } from "./_number_contract.ts";

type ArraySubject<V> = Subject<V, ArrayMap<V>>;

const ARRAY: ArraySubject<bigint> = {
  name: "array",
  kind: array(u64),
  value: (seed) => seed,
  numbers: (value) => value === undefined ? [] : [value],
};
const PER_CPU_ARRAY: ArraySubject<bigint[]> = {
  name: "perCpuArray",
  kind: perCpuArray(u64),
  value: (seed) => Array.from({ length: possibleCpus() }, (_, cpu) => seed + BigInt(cpu)),
  numbers: (value) => value ?? [],
};

testArray(ARRAY);
testArray(PER_CPU_ARRAY);

/** What all arrays fulfil. */
function testArray<V>(subject: ArraySubject<V>): void {
  const { name, kind, value, numbers } = subject;
  testNumberMap(subject);

  test(`${name}() has all of its elements from the start`, { needs: ["bpf"] }, () => {
    using map = createMap(kind, { maxEntries: 3 });
    assertEquals(map.length, 3);
    assertEquals([...map].flatMap(numbers).filter((number) => number !== 0n), []);
    map.set(2, value(5n)).set(0, value(4n));
    assertEquals([...map].map((element) => numbers(element)[0]), [4n, 0n, 5n]);
  });

  test(`${name}() has no elements after the last`, { needs: ["bpf"] }, () => {
    using map = createMap(kind, { name: "three", maxEntries: 3 });
    const message = 'Cannot access element 3 of map "three": it has 3 elements';
    assertThrows(() => map.get(3), RangeError, message);
    assertThrows(() => map.set(3, value(0n)), RangeError, message);
    assertThrows(() => map.get(2 ** 32 - 1), RangeError, "it has 3 elements");
  });
}

test("perCpuArray() has a value for each possible CPU", { needs: ["bpf", "bpftool"] }, () => {
  using map = createMap(perCpuArray(struct({ a: u8, b: u16 })), { maxEntries: 1 });
  const online = readFileSync("/sys/devices/system/cpu/possible", "utf8").trim();
  const cpus = Number(online.split("-").at(-1)) + 1;
  const values = Array.from({ length: cpus }, (_, cpu) => ({ a: cpu, b: 0x1234 }));
  map.set(0, values);
  assertEquals(map.get(0), values);
  const [{ values: shown }] = bpftool("map", "dump", "id", map.info.id) as [{ values: Facts[] }];
  assertEquals(
    shown,
    values.map(({ a }) => ({ cpu: a, value: [`0x0${a}`, "0x00", "0x34", "0x12"] })),
  );
});

test("a frozen array() can still be listed", { needs: ["bpf", "bpftool"] }, () => {
  using map = createMap(array(u32), { maxEntries: 2 });
  map.set(1, 8);
  bpftool("map", "freeze", "id", map.info.id);
  assertEquals([...map], [0, 8]);
});
