import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { cstr, u32, u64 } from "../../src/codec/mod.ts";
import { ClosedError, LayoutError, PermissionError } from "../../src/errors.ts";
import { type BloomFilter, bloomFilter, createMap, openMap } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";

const BPF = { needs: ["bpf"] } as const;
const ENOENT = -2;
/** What XDP programs are run with; these read nothing of it. */
const PACKET = new Uint8Array(14);
const MEMBERS = 1000n;

function create(hashes?: number): BloomFilter<bigint> {
  const kind = bloomFilter(u64, hashes === undefined ? {} : { hashes });
  return createMap(kind, { name: "subject", maxEntries: Number(MEMBERS) });
}

/** How many of a thousand values that are none pass for members. */
function mistakes(filter: BloomFilter<bigint>): number {
  let sum = 0;
  for (let value = MEMBERS; value < 2n * MEMBERS; value++) if (filter.has(value)) sum++;
  return sum;
}

function fill(filter: BloomFilter<bigint>): void {
  for (let value = 0n; value < MEMBERS; value++) filter.add(value);
}

test("bloomFilter() knows all its members", BPF, () => {
  using filter = create();
  assertEquals([filter.has(0n), mistakes(filter)], [false, 0]);
  fill(filter);
  for (let value = 0n; value < MEMBERS; value++) assertEquals(filter.has(value), true, `${value}`);
  filter.add(0n);
  assertEquals(filter.has(0n), true);
});

test("the kernel uses as many hash functions as bloomFilter() is told, 5 by default", BPF, () => {
  for (const hashes of [undefined, 1, 15]) {
    using filter = create(hashes);
    const fdinfo = readFileSync(`/proc/self/fdinfo/${filter.descriptor.fd}`, "utf8");
    assertEquals(Number(/^map_extra:\s*(\w+)/m.exec(fdinfo)?.[1]), hashes ?? 5);
    assertEquals(filter.info.extra, BigInt(hashes ?? 5));
  }
});

test("more hash functions make fewer mistakes", BPF, () => {
  // bloom_map_alloc() takes the power of two from n * k * 7 / 5 bits on, so that 1 - e^(-k n / bits), to the k, are mistakes
  for (const [hashes, least, most] of [[1, 250, 520], [5, 1, 80], [15, 0, 5]] as const) {
    using filter = create(hashes);
    fill(filter);
    const count = mistakes(filter);
    assertEquals(count >= least && count <= most, true, `${hashes} hash functions: ${count} mistakes`);
  }
});

test("bloomFilter() refuses numbers of hash functions that there are not", () => {
  for (const hashes of [0, 16, -1, 1.5, NaN]) {
    assertThrows(
      () => bloomFilter(u64, { hashes }),
      RangeError,
      `Cannot use a Bloom filter of ${hashes} hash functions: it takes 1 to 15`,
    );
  }
});

test("a program and a script share a bloomFilter()", BPF, async () => {
  using filter = create(15);
  await using object = await load(fixture("queue"), { maps: { values: filter }, only: ["push", "peek"] });
  const value = object.variables.get("value", u64);
  const run = (program: string, number: bigint) => {
    value.set(number);
    return object.programs.get(program).run({ data: PACKET }).returnValue | 0;
  };
  assertEquals(run("peek", 7n), ENOENT);
  assertEquals(run("push", 7n), 0);
  filter.add(2n ** 64n - 1n);
  assertEquals([run("peek", 7n), run("peek", 2n ** 64n - 1n), run("peek", 8n)], [0, 0, ENOENT]);
  assertEquals([filter.has(7n), filter.has(2n ** 64n - 1n), filter.has(8n)], [true, true, false]);
});

test("bloomFilter() takes values of any size", BPF, () => {
  using names = createMap(bloomFilter(cstr(16), { hashes: 15 }), { maxEntries: 100 });
  names.add("sshd").add("bash");
  assertEquals(["sshd", "bash", "ssh", ""].map((name) => names.has(name)), [true, true, false, false]);
  using untyped = openMap({ id: names.info.id }, bloomFilter());
  const bash = Uint8Array.of(98, 97, 115, 104, ...new Array(12).fill(0));
  assertEquals([untyped.has(bash), untyped.has(bash.with(0, 99))], [true, false]);
  assertThrows(
    () => openMap({ id: names.info.id }, bloomFilter(u32)),
    LayoutError,
    "its values have 16 bytes, the codec has 4",
  );
});

test("bloomFilter() refuses values that do not fit, and adds none when frozen or closed", BPF, () => {
  using filter = create();
  assertThrows(() => filter.add(-1n), RangeError);
  assertThrows(() => filter.has(1n << 64n), RangeError);
  filter.add(1n).freeze();
  assertThrows(
    () => filter.add(2n),
    PermissionError,
    'Cannot add an element of map "subject": the map is read-only or frozen',
  );
  assertEquals(filter.has(1n), true);
  filter.close();
  assertThrows(() => filter.has(1n), ClosedError, 'Cannot use map "subject": it is closed');
  assertThrows(() => filter.add(1n), ClosedError);
});
