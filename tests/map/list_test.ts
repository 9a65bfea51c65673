/** Lists of maps that change meanwhile, on kernels with and without batches. */
import { assertEquals, assertThrows } from "@std/assert";
import { native, useNative } from "../../ffi/mod.ts";
import { struct, u32, u64, u8 } from "../../src/codec/mod.ts";
import { ClosedError, IterationError } from "../../src/errors.ts";
import {
  type BpfMap,
  createMap,
  hash,
  type KeyedMap,
  lpmTrie,
  lruHash,
  type MapKind,
} from "../../src/map/mod.ts";
import { BPF_CMD } from "../../src/uapi/mod.ts";
import { test } from "../_harness.ts";
import { countingCommands, withoutBatches } from "./_old_kernel.ts";

const BPF = { needs: ["bpf"] } as const;

/** `struct bpf_lpm_trie_key` with one number for an address. */
const Prefix = struct({ length: u32, address: u32 });
type Prefix = { length: number; address: number };

/** Kinds whose maps go on after a bucket and after a key. */
const HASH = { name: "hash", kind: hash(u32, u64), key: (i: number) => i, number: (key: number) => key };
const TRIE = {
  name: "lpmTrie",
  kind: lpmTrie(Prefix, u64),
  key: (i: number): Prefix => ({ length: 32, address: i }),
  number: ({ address }: Prefix) => address,
};

/** A map with the keys from 0 to `count` - 1, each with itself as value. */
function filled<K, M extends KeyedMap<K, bigint>>(
  { kind, key }: { kind: MapKind<M & BpfMap>; key: (i: number) => K },
  count: number,
): M {
  const map = createMap(kind, { name: "filled", maxEntries: 2 * count });
  map.setAll(Array.from({ length: count }, (_, i): [K, bigint] => [key(i), BigInt(i)]));
  return map;
}

function ascending(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function sorted(numbers: Iterable<number>): number[] {
  return [...numbers].sort((a, b) => a - b);
}

testLists(HASH);
testLists(TRIE);

function testLists<K, M extends KeyedMap<K, bigint>>(
  subject: { name: string; kind: MapKind<M & BpfMap>; key: (i: number) => K; number: (key: K) => number },
): void {
  const { name, number, key } = subject;

  for (const old of [false, true]) {
    const kernel = old ? "a kernel without batches" : "this kernel";
    const on = () => old ? withoutBatches() : new DisposableStack();

    test(`${name}() lists 3000 elements on ${kernel}, each once`, BPF, () => {
      using _ = on();
      using map = filled(subject, 3000);
      assertEquals(sorted([...map.keys()].map(number)), ascending(3000));
      assertEquals(sorted([...map.values()].map(Number)), ascending(3000));
      for (const [key, value] of map) assertEquals(BigInt(number(key)), value);
      assertEquals(map.size, 3000);
    });

    test(`${name}() can be emptied while it is listed on ${kernel}`, BPF, () => {
      using _ = on();
      using map = filled(subject, 2000);
      const seen: number[] = [];
      for (const key of map.keys()) {
        seen.push(number(key));
        map.delete(key);
      }
      assertEquals(sorted(seen), ascending(2000));
      assertEquals(map.size, 0);
    });

    test(`${name}() lists what stays once where others go meanwhile, on ${kernel}`, BPF, () => {
      using _ = on();
      using map = filled(subject, 1000);
      const seen: number[] = [];
      for (const batch of map.batches({ size: 64 })) {
        for (const [key] of batch) {
          seen.push(number(key));
          map.delete(key);
        }
      }
      assertEquals(sorted(seen), ascending(1000));
      map.setAll(ascending(1000).map((i): [K, bigint] => [key(i), 0n]));
      const again: number[] = [];
      for (const batch of map.batches({ size: 64 })) {
        for (const [key] of batch) again.push(number(key));
        const last = batch.at(-1);
        if (last) map.delete(last[0]); // what the kernel is to go on after
      }
      assertEquals(sorted(again), ascending(1000));
    });

    test(`${name}() with keys that come as fast as others go ends on ${kernel}`, BPF, () => {
      using _ = on();
      using map = filled(subject, 4);
      let next = 100;
      let steps = 0;
      try {
        for (const key of map.keys()) {
          map.delete(key);
          map.set(key0(next++), 0n);
          if (++steps > 10_000) throw new Error("without end");
        }
      } catch (error) {
        if (!(error instanceof IterationError)) throw error;
        assertEquals(error.message.includes('Cannot list all of map "filled"'), true);
      }
      function key0(i: number): K {
        return key(i);
      }
    });

    test(`clear() and deleteAll() of ${name}() remove what is there on ${kernel}`, BPF, () => {
      using _ = on();
      using map = filled(subject, 1500);
      assertEquals(map.deleteAll(ascending(3000).filter((i) => i % 2 === 0).map(key)), 750);
      assertEquals(sorted([...map.keys()].map(number)), ascending(1500).filter((i) => i % 2 === 1));
      map.clear();
      assertEquals([map.size, map.deleteAll([key(1)])], [0, 0]);
      assertEquals(map.setAll([]), 0);
    });
  }
}

test("a list that is given up in the end says so", BPF, () => {
  using map = createMap(lpmTrie(Prefix, u8), { name: "restless", maxEntries: 8 });
  const real = native();
  let next = 0;
  // A kernel where the key to go on after is always gone and another one is there
  using _ = useNative({
    ...real,
    bpf(command, attr, size) {
      if (command === BPF_CMD.MAP_LOOKUP_BATCH) return -22;
      if (command === BPF_CMD.MAP_GET_NEXT_KEY) {
        if (next > 10_000) throw new Error("without end");
        next++;
      }
      return command === BPF_CMD.MAP_GET_NEXT_KEY || command === BPF_CMD.MAP_LOOKUP_ELEM
        ? 0
        : real.bpf(command, attr, size);
    },
  });
  using restless = map.clone();
  assertThrows(
    () => [...restless.keys()],
    IterationError,
    'Cannot list all of map "restless": elements are removed and added faster than they can be listed',
  );
});

test("lists of hash() take one system call for hundreds of elements", BPF, () => {
  using map = filled(HASH, 3000);
  using commands = countingCommands();
  using counted = map.clone();
  assertEquals([...counted].length, 3000);
  const batches = commands.calls.filter((command) => command === BPF_CMD.MAP_LOOKUP_BATCH).length;
  assertEquals(batches <= 3, true, `${batches}`);
  assertEquals(commands.calls.includes(BPF_CMD.MAP_LOOKUP_ELEM), false);
});

test("a batch that is smaller than a bucket grows", BPF, () => {
  // 4096 keys in a map for 4096 are in 4096 buckets: some have several
  using map = createMap(hash(u32, u64), { maxEntries: 4096 });
  map.setAll(ascending(4096).map((i): [number, bigint] => [i, 0n]));
  const seen = [...map.batches({ size: 1 })].flat().map(([key]) => key);
  assertEquals(sorted(seen), ascending(4096));
});

test("takeBatches() of hash() leaves in the map what was not taken", BPF, () => {
  using map = filled(HASH, 1000);
  const taken: number[] = [];
  for (const batch of map.takeBatches({ size: 100 })) {
    assertEquals(batch.every(([key, value]) => BigInt(key) === value), true);
    taken.push(...batch.map(([key]) => key));
    if (taken.length >= 300) break;
  }
  const left = [...map.keys()];
  assertEquals(taken.length >= 300 && taken.length < 1000, true);
  assertEquals(sorted([...taken, ...left]), ascending(1000));
  assertEquals(sorted([...map.takeBatches()].flat().map(([key]) => key)), sorted(left));
  assertEquals([map.size, [...map.takeBatches()]], [0, []]);
});

test("a list of a closed map ends with an error", BPF, () => {
  const map = filled(HASH, 3000);
  const batches = map.batches({ size: 100 });
  batches.next();
  map.close();
  assertThrows(() => [...batches], ClosedError, 'Cannot use map "filled": it is closed');
});

test("lists of lruHash() may be left and begun anew", BPF, () => {
  using map = createMap(lruHash(u32, u64), { maxEntries: 1000 });
  map.setAll(ascending(500).map((i): [number, bigint] => [i, BigInt(i)]));
  const cursor = map.batches({ size: 100 });
  const first = cursor.next().value ?? [];
  const rest = [...cursor].flat();
  assertEquals(sorted([...first, ...rest].map(([key]) => key)), ascending(500));
});
