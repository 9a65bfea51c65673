/**
 * What maps of numbers by numbers fulfil.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { add, atomicAdd, call, exit, type Instruction, jeq, label, ldMap, mov } from "../../src/asm/mod.ts";
import { r0, r1, r10, r2, r3, r4, st } from "../../src/asm/mod.ts";
import { ClosedError, PermissionError } from "../../src/errors.ts";
import { type BpfMap, createMap, type MapKind, openMap } from "../../src/map/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { bpftool, type Facts } from "../_bpf.ts";
import { test } from "../_harness.ts";

/** What maps with numbers for keys have in common. */
export interface NumberMap<V> extends BpfMap {
  get(key: number): V | undefined;
  set(key: number, value: V): this;
  setAll(entries: Iterable<readonly [number, V]>): number;
  batches(options: { readonly size: number }): Iterable<[number, V][]>;
  watch(options: { readonly every: number }): AsyncIterable<{ entries(): Iterable<[number, V]> }>;
}

/** A type of map under test: keys are `u32`, values (of one CPU) `u64`. */
export interface Subject<V, M extends NumberMap<V>> {
  /** The function that makes the kind. */
  readonly name: string;
  readonly kind: MapKind<M>;
  /** A value made of a number. */
  value(seed: bigint): V;
  /** The values of all CPUs, or the one there is. */
  numbers(value: V | undefined): bigint[];
}

const ENTRIES = 8;
const BPF: { readonly needs: readonly ["bpf", "bpftool"] } = { needs: ["bpf", "bpftool"] };

/** A program that adds 1 to the value of the key 3, which it sets where there is none. */
export const COUNT: readonly Instruction[] = [
  st("u32", [r10, -4], 3),
  ldMap(r1, "map"),
  mov(r2, r10),
  add(r2, -4),
  call("bpf_map_lookup_elem"),
  jeq(r0, 0, "new"),
  mov(r1, 1),
  atomicAdd("u64", [r0, 0], r1),
  mov(r0, 2),
  exit(),
  label("new", st("u64", [r10, -16], 1)),
  ldMap(r1, "map"),
  mov(r2, r10),
  add(r2, -4),
  mov(r3, r10),
  add(r3, -16),
  mov(r4, 0),
  call("bpf_map_update_elem"),
  mov(r0, 2),
  exit(),
];

/** Registers the tests of what such a type of map has in common with the others. */
export function testNumberMap<V, M extends NumberMap<V>>(subject: Subject<V, M>): void {
  const { name, kind, value, numbers } = subject;
  const create = () => createMap(kind, { name: "subject", maxEntries: ENTRIES });

  test(`${name}() stores what bpftool reads`, BPF, () => {
    using map = create();
    map.set(3, value(0x0102_0304_0506_0708n));
    assertEquals(dumped(map.info.id, 3), numbers(value(0x0102_0304_0506_0708n)));
  });

  test(`${name}() reads what bpftool stores`, BPF, () => {
    using map = create();
    // bpftool takes one value for all CPUs
    bpftool("map", "update", "id", map.info.id, "key", 5, 0, 0, 0, "value", 1, 2, 3, 4, 5, 6, 7, 255);
    assertEquals(numbers(map.get(5)), numbers(value(0n)).map(() => 0xff07_0605_0403_0201n));
  });

  test(`${name}() shows what a program did`, BPF, () => {
    using map = create();
    using program = loadProgram({ name: "count", type: "xdp", instructions: COUNT, maps: { map } });
    const { returnValue } = program.run({ data: new Uint8Array(64), repeat: 5 });
    assertEquals(returnValue, 2);
    assertEquals(numbers(map.get(3)).reduce((sum, one) => sum + one), 5n);
    assertEquals(numbers(map.get(3)), dumped(map.info.id, 3));
  });

  test(`${name}() refuses keys that are none`, BPF, () => {
    using map = create();
    for (const key of [NaN, -1, 1.5, 2 ** 32, Infinity]) {
      assertThrows(() => map.get(key), RangeError, `${key}`);
      assertThrows(() => map.set(key, value(1n)), RangeError, `${key}`);
    }
  });

  test(`${name}() refuses values that do not fit`, BPF, () => {
    using map = create();
    assertThrows(() => map.set(1, value(1n << 64n)), RangeError);
    assertThrows(() => map.set(1, value(-1n)), RangeError);
  });

  test(`a closed map of ${name}() cannot be used`, BPF, () => {
    const map = create();
    map.set(1, value(1n));
    map.close();
    map.close();
    assertThrows(() => map.get(1), ClosedError, 'Cannot use map "subject": it is closed');
    assertThrows(() => map.set(1, value(1n)), ClosedError);
    assertThrows(() => map.info, ClosedError);
  });

  test(`a frozen map of ${name}() can be read alone`, BPF, () => {
    using map = create();
    map.set(1, value(7n)).freeze();
    assertThrows(
      () => map.set(1, value(8n)),
      PermissionError,
      'Cannot set an element of map "subject": the map is read-only or frozen',
    );
    assertEquals(map.get(1), value(7n));
  });

  test(
    `a map of ${name}() that was opened for reading cannot be written, and the other way round`,
    BPF,
    () => {
      using map = create();
      map.set(1, value(7n));
      using reader = openMap({ id: map.info.id, access: "read" }, kind);
      assertEquals(reader.get(1), value(7n));
      assertThrows(() => reader.set(1, value(8n)), PermissionError, "or was opened so");
      using writer = openMap({ id: map.info.id, access: "write" }, kind);
      writer.set(1, value(9n));
      assertThrows(() => writer.get(1), PermissionError, "or was opened so");
      assertEquals(map.get(1), value(9n));
    },
  );

  test(`createMap() of ${name}() says which size is impossible`, BPF, () => {
    assertThrows(() => createMap(kind), RangeError, "maxEntries is 0");
    assertThrows(() => createMap(kind, { maxEntries: 0 }), RangeError, "maxEntries is 0");
    assertThrows(() => createMap(kind, { maxEntries: -1 }), RangeError, "maxEntries -1");
    assertThrows(() => createMap(kind, { maxEntries: NaN }), RangeError, "maxEntries NaN");
    assertThrows(() => createMap(kind, { maxEntries: 2 ** 32 }), RangeError, "maxEntries 4294967296");
    assertThrows(
      () => createMap(kind, { maxEntries: 2 ** 32 - 1 }),
      RangeError,
      "4294967295 elements of 4 + 8 bytes are too much for the kernel",
    );
  });

  test(`${name}() sets many elements at once`, BPF, () => {
    using map = create();
    const entries = Array.from({ length: 5 }, (_, i): [number, V] => [i, value(BigInt(i * i))]);
    assertEquals(map.setAll(entries), 5);
    for (const [key] of entries) assertEquals(dumped(map.info.id, key), numbers(value(BigInt(key * key))));
  });

  test(`${name}() lists its elements in batches of any size`, BPF, () => {
    using map = create();
    map.setAll(Array.from({ length: ENTRIES }, (_, i): [number, V] => [i, value(BigInt(i))]));
    for (const size of [1, 3, ENTRIES, 100]) {
      const batches = [...map.batches({ size })];
      const elements = batches.flat().sort(([a], [b]) => a - b);
      assertEquals(
        elements.map(([key, value]) => [key, numbers(value)]),
        elements.map((_, i) => [i, numbers(value(BigInt(i)))]),
      );
      assertEquals(elements.length, ENTRIES);
    }
    for (const size of [0, -1, 1.5, NaN]) {
      assertThrows(() => [...map.batches({ size })], RangeError, `${size}`);
    }
  });

  test(`watch() of ${name}() shows what programs do meanwhile`, BPF, async () => {
    using map = create();
    using program = loadProgram({ name: "count", type: "xdp", instructions: COUNT, maps: { map } });
    const sums: bigint[] = [];
    for await (const snapshot of map.watch({ every: 1 })) {
      const found = [...snapshot.entries()].find(([key]) => key === 3)?.[1];
      sums.push(numbers(found).reduce((sum, one) => sum + one, 0n));
      if (sums.length === 3) break;
      program.run({ data: new Uint8Array(64), repeat: 2 });
    }
    assertEquals(sums, [0n, 2n, 4n]);
  });
}

/** The value of a key as bpftool dumps it, of each CPU where there are several. */
function dumped(id: number, key: number): bigint[] | undefined {
  const elements = bpftool("map", "dump", "id", id) as Facts[];
  const element = elements.find((one) => number(one.key) === BigInt(key));
  if (element === undefined) return undefined;
  if (!("values" in element)) return [number(element.value)];
  return (element.values as Facts[]).map(({ value }) => number(value));
}

/** A little-endian number of bytes such as `["0x01", "0x00"]`. */
function number(bytes: unknown): bigint {
  return (bytes as string[]).reduceRight((sum, byte) => sum << 8n | BigInt(byte), 0n);
}
