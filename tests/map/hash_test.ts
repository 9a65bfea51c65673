import { assertEquals, assertThrows } from "@std/assert";
import { native, useNative } from "../../ffi/mod.ts";
import { cstr, struct, u16, u32, u64 } from "../../src/codec/mod.ts";
import { MapFullError, NotFoundError, NotSupportedError, SyscallError } from "../../src/errors.ts";
import { possibleCpus } from "../../src/kernel/mod.ts";
import { createMap, hash, type HashMap, lruHash, perCpuHash } from "../../src/map/mod.ts";
import { bpftool, type Facts } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { type Subject, testNumberMap } from "./_number_contract.ts";

type HashSubject<V> = Subject<V, HashMap<number, V>>;

const HASH: HashSubject<bigint> = {
  name: "hash",
  kind: hash(u32, u64),
  value: (seed) => seed,
  numbers: (value) => value === undefined ? [] : [value],
};
const LRU_HASH: HashSubject<bigint> = {
  ...HASH,
  name: "lruHash",
  kind: lruHash(u32, u64),
};
const PER_CPU_HASH: HashSubject<bigint[]> = {
  name: "perCpuHash",
  kind: perCpuHash(u32, u64),
  value: (seed) => Array.from({ length: possibleCpus() }, (_, cpu) => seed + BigInt(cpu)),
  numbers: (value) => value ?? [],
};

for (const subject of [HASH, LRU_HASH]) testHash(subject);
testHash(PER_CPU_HASH);

/** What all maps with keys of the script's own fulfil. */
function testHash<V>(subject: HashSubject<V>): void {
  const { name, kind, value } = subject;
  const create = () => createMap(kind, { name: "subject", maxEntries: 8 });
  testNumberMap(subject);

  test(`${name}() has what was set and not deleted`, { needs: ["bpf"] }, () => {
    using map = create();
    assertEquals([map.get(1), map.has(1), map.delete(1), map.take(1)], [undefined, false, false, undefined]);
    map.set(1, value(5n)).set(2, value(6n));
    assertEquals([map.has(1), map.has(2), map.has(3)], [true, true, false]);
    assertEquals([map.delete(1), map.has(1), map.delete(1)], [true, false, false]);
    assertEquals([map.take(2), map.has(2)], [value(6n), false]);
  });

  test(`${name}() lists keys, values and entries`, { needs: ["bpf", "bpftool"] }, () => {
    using map = create();
    assertEquals([[...map.keys()], [...map.values()], [...map]], [[], [], []]);
    for (const key of [0, 7, 4294967295]) map.set(key, value(BigInt(key)));
    const elements = bpftool("map", "dump", "id", map.info.id) as Facts[];
    const keys = elements.map(({ key }) =>
      (key as string[]).reduceRight((sum, byte) => sum * 256 + Number(byte), 0)
    );
    assertEquals(keys.toSorted(), [0, 4294967295, 7]);
    assertEquals([...map.keys()], keys);
    assertEquals([...map.values()], keys.map((key) => value(BigInt(key))));
    assertEquals([...map], keys.map((key) => [key, value(BigInt(key))]));
    assertEquals([...map.entries()], [...map]);
  });

  test(`${name}() can be emptied while it is listed`, { needs: ["bpf"] }, () => {
    using map = create();
    for (let key = 0; key < 6; key++) map.set(key, value(0n));
    for (const key of map.keys()) map.delete(key);
    assertEquals([...map.keys()], []);
  });

  test(`set() of ${name}() heeds its mode`, { needs: ["bpf"] }, () => {
    using map = create();
    assertThrows(
      () => map.set(1, value(1n), { mode: "exist" }),
      NotFoundError,
      "there is none with this key",
    );
    map.set(1, value(1n), { mode: "noexist" });
    const error = assertThrows(
      () => map.set(1, value(2n), { mode: "noexist" }),
      SyscallError,
      'Cannot set an element of map "subject": there is one with this key already',
    );
    assertEquals(error.code, "EEXIST");
    assertEquals(map.get(1), value(1n));
    map.set(1, value(3n), { mode: "exist" });
    assertEquals(map.get(1), value(3n));
  });
}

testFull(HASH);
testFull(PER_CPU_HASH);

/** What maps fulfil that do not drop elements by themselves. */
function testFull<V>(subject: HashSubject<V>): void {
  test(`${subject.name}() with no room left refuses new keys only`, { needs: ["bpf"] }, () => {
    using map = createMap(subject.kind, { name: "small", maxEntries: 2 });
    map.set(1, subject.value(1n)).set(2, subject.value(2n));
    assertThrows(
      () => map.set(3, subject.value(3n)),
      MapFullError,
      'element of map "small": the map is full',
    );
    map.set(2, subject.value(4n)).delete(1);
    map.set(3, subject.value(5n));
    assertEquals([...map.keys()].toSorted(), [2, 3]);
  });
}

test("lruHash() with no room left drops others", { needs: ["bpf"] }, () => {
  using map = createMap(lruHash(u32, u64), { maxEntries: 64 });
  for (let key = 0; key < 1000; key++) map.set(key, BigInt(key));
  assertEquals(map.get(999), 999n);
  const keys = [...map.keys()];
  assertEquals([keys.length > 0, keys.length <= 64], [true, true], `${keys.length}`);
});

test("perCpuHash() wants a value for each possible CPU", { needs: ["bpf"] }, () => {
  using map = createMap(perCpuHash(u32, u16), { maxEntries: 1 });
  const values = Array.from({ length: possibleCpus() }, (_, cpu) => cpu + 1);
  map.set(1, values);
  assertEquals(map.get(1), values);
  assertThrows(
    () => map.set(1, [...values, 0]),
    RangeError,
    `${values.length + 1} values: the machine has ${values.length} possible CPUs`,
  );
});

test("hash() takes structs as keys and values", { needs: ["bpf", "bpftool"] }, () => {
  const key = struct({ port: u16, protocol: u32 });
  using map = createMap(hash(key, struct({ comm: cstr(5), count: u64 })), { maxEntries: 4 });
  map.set({ port: 443, protocol: 6 }, { comm: "curl", count: 3n });
  assertEquals(map.get({ port: 443, protocol: 6 }), { comm: "curl", count: 3n });
  assertEquals(map.get({ port: 443, protocol: 17 }), undefined);
  // struct { u16; u32 } has 2 bytes of padding, struct { char[5]; u64 } has 3
  assertEquals(bpftool("map", "dump", "id", map.info.id), [{
    key: hex("bb01 0000 06000000"),
    value: hex("6375726c00 000000 0300000000000000"),
  }]);
});

test("take() of a hash() on an old kernel says what is missing", { needs: ["bpf"] }, () => {
  using map = createMap(hash(u32, u64), { name: "old", maxEntries: 4 });
  using _ = useNative({ ...native(), bpf: () => -524 });
  using old = map.clone(); // by the door to the kernel that is in place now
  assertThrows(
    () => old.take(1),
    NotSupportedError,
    'Cannot take an element of map "old": this kernel cannot',
  );
});

function hex(text: string): string[] {
  return (text.replaceAll(" ", "").match(/../g) ?? []).map((byte) => `0x${byte}`);
}
