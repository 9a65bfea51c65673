import { assertEquals, assertThrows } from "@std/assert";
import { u32, u64 } from "../../src/codec/mod.ts";
import { MapFullError, NotFoundError, NotSupportedError, SyscallError } from "../../src/errors.ts";
import { array, createMap, hash } from "../../src/map/mod.ts";
import { BPF_CMD } from "../../src/uapi/mod.ts";
import { bpftool } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { countingCommands, withoutBatches } from "./_old_kernel.ts";

const BPF = { needs: ["bpf"] } as const;

function pairs(count: number): [number, bigint][] {
  return Array.from({ length: count }, (_, i) => [i, BigInt(i) << 32n]);
}

test("setAll() takes one system call for hundreds of elements", { needs: ["bpf", "bpftool"] }, () => {
  using map = createMap(hash(u32, u64), { maxEntries: 5000 });
  using commands = countingCommands();
  using counted = map.clone();
  assertEquals(counted.setAll(pairs(5000)), 5000);
  assertEquals(commands.calls.every((command) => command !== BPF_CMD.MAP_UPDATE_ELEM), true);
  assertEquals(commands.calls.filter((command) => command === BPF_CMD.MAP_UPDATE_BATCH).length <= 2, true);
  assertEquals((bpftool("map", "dump", "id", map.info.id) as unknown[]).length, 5000);
  assertEquals(counted.get(4999), 4999n << 32n);
});

for (const old of [false, true]) {
  const kernel = old ? "a kernel without batches" : "this kernel";

  test(`setAll() of too many elements says how many were set on ${kernel}`, BPF, () => {
    using _ = old ? withoutBatches() : new DisposableStack();
    using map = createMap(hash(u32, u64), { name: "small", maxEntries: 100 });
    assertThrows(
      () => map.setAll(pairs(150)),
      MapFullError,
      'Cannot set element 101 of map "small": the map is full',
    );
    assertEquals(map.size, 100);
  });

  test(`setAll() heeds its mode on ${kernel}`, BPF, () => {
    using _ = old ? withoutBatches() : new DisposableStack();
    using map = createMap(hash(u32, u64), { name: "modes", maxEntries: 100 });
    map.set(2, 5n);
    const error = assertThrows(
      () => map.setAll(pairs(4), { mode: "noexist" }),
      SyscallError,
      'Cannot set element 3 of map "modes": there is one with this key already',
    );
    assertEquals(error.code, "EEXIST");
    assertEquals([...map.keys()].sort(), [0, 1, 2]);
    assertEquals(map.get(2), 5n);
    assertThrows(() => map.setAll(pairs(4), { mode: "exist" }), NotFoundError, "Cannot set element 4 of map");
  });

  test(`takeBatches() ${old ? "says what it lacks" : "works"} on ${kernel}`, BPF, () => {
    using _ = old ? withoutBatches() : new DisposableStack();
    using map = createMap(hash(u32, u64), { name: "taken", maxEntries: 100 });
    map.setAll(pairs(10));
    if (!old) return assertEquals([...map.takeBatches()].flat().length, 10);
    assertThrows(() => [...map.takeBatches()], NotSupportedError, "they came with Linux 5.6");
    assertEquals(map.size, 10);
  });
}

test("setAll() of array() refuses indices beyond its end before it sets any", BPF, () => {
  using map = createMap(array(u64), { name: "short", maxEntries: 3 });
  assertThrows(() => map.setAll([[0, 1n], [3, 1n]]), RangeError, 'Cannot access element 3 of map "short"');
  assertEquals([...map], [0n, 0n, 0n]);
});

test("setAll() takes any iterable, once", BPF, () => {
  using map = createMap(hash(u32, u64), { maxEntries: 10 });
  assertEquals(map.setAll(new Map([[1, 1n], [2, 2n]])), 2);
  assertEquals(
    map.setAll((function* () {
      yield [3, 3n] as const;
    })()),
    1,
  );
  assertEquals(new Map(map), new Map([[1, 1n], [2, 2n], [3, 3n]]));
});
