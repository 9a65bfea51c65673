/**
 * What every type of map fulfils.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { native, useNative } from "../../ffi/mod.ts";
import { fakeNative } from "../../ffi/fake.ts";
import { add, atomicAdd, call, exit, type Instruction, jeq, label, ldMap, mov } from "../../src/asm/mod.ts";
import { r0, r1, r10, r2, r3, r4, st } from "../../src/asm/mod.ts";
import {
  ClosedError,
  LayoutError,
  NotSupportedError,
  PermissionError,
  type SyscallError,
} from "../../src/errors.ts";
import { type BpfMap, createMap, type MapKind, openMap } from "../../src/map/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { mapFreeze } from "../../src/sys/mod.ts";
import { bpftool, type Facts, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";

/** What maps with numbers for keys have in common. */
export interface NumberMap<V> extends BpfMap {
  get(key: number): V | undefined;
  set(key: number, value: V): unknown;
}

/** A type of map under test: keys are `u32`, values (of one CPU) `u64`. */
export interface Subject<V, M extends NumberMap<V>> {
  /** The function that makes the kind. */
  readonly name: string;
  /** What bpftool calls the type. */
  readonly type: string;
  readonly kind: MapKind<M>;
  /** The Linux version that brought it. */
  readonly since: string;
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

/** Registers the tests of what a type of map has in common with all others. */
export function testMap<V, M extends NumberMap<V>>(subject: Subject<V, M>): void {
  const { name, type, kind, since, value, numbers } = subject;
  const create = () => createMap(kind, { name: "subject", maxEntries: ENTRIES });

  test(`createMap() of ${name}() makes the map that bpftool shows`, BPF, () => {
    using map = createMap(kind, { name: "a-long name.of a map", maxEntries: ENTRIES });
    const { id, keySize, valueSize, maxEntries, flags } = map.info;
    const facts = shown("map", id);
    assertEquals(
      [facts.type, facts.name, facts.bytes_key, facts.bytes_value, facts.max_entries, facts.flags],
      [type, "a_long_name.of_", keySize, valueSize, maxEntries, flags],
    );
    assertEquals([keySize, valueSize, maxEntries], [4, 8, ENTRIES]);
    assertEquals(map.info.name, facts.name);
    assertEquals(map.name, "a-long name.of a map");
  });

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
    map.set(1, value(7n));
    mapFreeze(map.descriptor);
    assertThrows(
      () => map.set(1, value(8n)),
      PermissionError,
      'Cannot set an element of map "subject": the map is read-only or frozen',
    );
    assertEquals(map.get(1), value(7n));
    assertEquals(shown("map", map.info.id).frozen, 1);
  });

  test(`createMap() of ${name}() says which size is impossible`, BPF, () => {
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

  test(`createMap() of ${name}() says since when there are such maps`, () => {
    using _ = useNative(fakeNative(({ name }) => name === "bpf" ? -22 : -38));
    const error = assertThrows(create, NotSupportedError, `came with Linux ${since}`);
    assertEquals((error.cause as SyscallError).code, "EINVAL");
  });

  test(`createMap() of ${name}() names the missing capability`, () => {
    using _ = useNative(fakeNative(unprivileged()));
    assertThrows(
      create,
      PermissionError,
      `Cannot create map "subject" (${type}): not permitted: the process lacks CAP_BPF: run it as root`,
    );
  });

  test(`createMap() of ${name}() tells a refusal that no capability cures`, BPF, () => {
    using _ = useNative({ ...native(), bpf: () => -1 });
    assertThrows(
      create,
      PermissionError,
      "it has CAP_BPF: a security module, lockdown or seccomp may refuse",
    );
  });

  test(`openMap() opens a map of ${name}() as what it is only`, BPF, () => {
    using map = create();
    map.set(2, value(9n));
    using same = openMap(kind, map.descriptor.clone(), "same");
    assertEquals(same.get(2), value(9n));
    for (
      const [other, problem] of [
        [{ ...kind, types: ["lpm_trie"] as const }, `it is of type ${type}, not lpm_trie`],
        [{ ...kind, keySize: 8 }, "its keys have 4 bytes, the codec has 8"],
        [{ ...kind, valueSize: 4 }, "its values have 8 bytes, the codec has 4"],
      ] as const
    ) {
      using descriptor = map.descriptor.clone();
      assertThrows(() => openMap(other, descriptor, "other"), LayoutError, problem);
    }
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

/** A kernel that refuses bpf(2), and shows a process without capabilities. */
function unprivileged(): Parameters<typeof fakeNative>[0] {
  let status = new TextEncoder().encode("CapEff:\t0000000000000000\n");
  return ({ name, args, memory }) => {
    if (name === "bpf") return -1;
    if (name === "openat") return 9;
    if (name !== "read") return 0;
    const [, address = 0, size = 0] = args;
    const part = status.subarray(0, Number(size));
    memory(address, part.length).set(part);
    status = status.subarray(part.length);
    return part.length;
  };
}
