import { assertEquals, assertThrows } from "@std/assert";
import { add, call, exit, type Instruction, jeq, label, ldMap, ldx, mov } from "../../src/asm/mod.ts";
import { r0, r1, r10, r2, st } from "../../src/asm/mod.ts";
import { MapFullError, WaggleError } from "../../src/errors.ts";
import { BPF_MAP_TYPE } from "../../src/uapi/mod.ts";
import { Vm, VmMap } from "../../src/vm/mod.ts";
import { test } from "../_harness.ts";

const HASH = { type: BPF_MAP_TYPE.HASH, keySize: 4, valueSize: 2, maxEntries: 2 };

test("VmMap keeps elements of bytes and numbers", () => {
  const map = new VmMap("pairs", HASH);
  map.set(1, 0x0102);
  map.set(Uint8Array.of(2, 0, 0, 0), Uint8Array.of(7, 8));
  assertEquals(map.get(Uint8Array.of(1, 0, 0, 0)), Uint8Array.of(2, 1));
  assertEquals(map.get(2n), Uint8Array.of(7, 8));
  assertEquals(map.get(3), undefined);
  assertEquals([...map.entries()], [
    [Uint8Array.of(1, 0, 0, 0), Uint8Array.of(2, 1)],
    [Uint8Array.of(2, 0, 0, 0), Uint8Array.of(7, 8)],
  ]);
  assertEquals([map.delete(1), map.delete(1), map.size], [true, false, 1]);
  map.set(-1, -1);
  assertEquals(map.get(0xffff_ffff), Uint8Array.of(255, 255));
});

test("VmMap says what does not fit", () => {
  const map = new VmMap("pairs", HASH);
  map.set(1, 1);
  map.set(2, 2);
  assertThrows(() => map.set(3, 3), MapFullError, 'Cannot set an element of map "pairs": 2 elements fit');
  assertThrows(() => map.set(1, 1, { only: "new" }), WaggleError, "it has that element already");
  map.delete(2);
  assertThrows(() => map.set(2, 1, { only: "existing" }), WaggleError, "it has no such element");
  assertThrows(
    () => map.set(1, 65536),
    RangeError,
    'Cannot use 65536 as a value of map "pairs": it has 2 bytes',
  );
  assertThrows(
    () => map.get(new Uint8Array(3)),
    RangeError,
    'Cannot use a key of 3 bytes in map "pairs": it has 4',
  );
  assertThrows(() => map.set(1, "name"), TypeError, "it holds bytes");
  assertThrows(() => map.push(1), TypeError, "it has keys");
  assertThrows(() => map.take(), TypeError, "it is no ring or perf buffer");
  const array = new VmMap("array", { ...HASH, type: BPF_MAP_TYPE.ARRAY });
  assertThrows(() => array.set(2, 1), MapFullError, "2 elements fit");
  assertThrows(() => array.delete(0), WaggleError, "maps of this kind cannot do that");
  assertThrows(
    () => new VmMap("vast", { ...HASH, type: BPF_MAP_TYPE.ARRAY, maxEntries: 1 << 30 }),
    RangeError,
    'Cannot make map "vast": its 8589934592 bytes are more than 1073741824',
  );
  assertThrows(
    () => new VmMap("odd", { ...HASH, type: BPF_MAP_TYPE.ARRAY, keySize: 2 }),
    RangeError,
    'Cannot make map "odd": arrays have keys of 4 bytes, not 2',
  );
  const programs = new VmMap("programs", {
    type: BPF_MAP_TYPE.PROG_ARRAY,
    keySize: 4,
    valueSize: 4,
    maxEntries: 1,
  });
  assertThrows(() => programs.set(0, 1), TypeError, "it holds maps or names of programs");
  assertThrows(() => programs.set(1, "one"), MapFullError, "1 elements fit");
});

test("VmMap drops what programs used least recently", () => {
  const recent = new VmMap("recent", { ...HASH, type: BPF_MAP_TYPE.LRU_HASH });
  const there = () => [1, 2, 3, 4].filter((key) => recent.get(key) !== undefined);
  recent.set(1, 1);
  recent.set(2, 2);
  recent.get(1); // user space looks without a trace (htab_lru_map_lookup_elem_sys)
  recent.set(3, 3);
  assertEquals(there(), [2, 3]);
  new Vm({
    type: "xdp",
    maps: { recent },
    instructions: [
      st("u32", [r10, -4], 2),
      mov(r2, r10),
      add(r2, -4),
      ldMap(r1, "recent"),
      call("bpf_map_lookup_elem"),
      exit(),
    ],
  }).run({ data: new Uint8Array(64) });
  recent.set(4, 4);
  assertEquals(there(), [2, 4]);
});

test("VmMap is a queue, a stack or a filter", () => {
  const spec = { valueSize: 1, maxEntries: 2 };
  const queue = new VmMap("queue", { ...spec, type: BPF_MAP_TYPE.QUEUE });
  const stack = new VmMap("stack", { ...spec, type: BPF_MAP_TYPE.STACK });
  for (const map of [queue, stack]) {
    map.push(1);
    map.push(2);
    assertThrows(
      () => map.push(3),
      MapFullError,
      `Cannot push an element of map "${map.name}": 2 elements fit`,
    );
  }
  assertEquals([queue.pop(), queue.pop(), queue.pop()], [Uint8Array.of(1), Uint8Array.of(2), undefined]);
  assertEquals([stack.pop(), stack.pop(), stack.pop()], [Uint8Array.of(2), Uint8Array.of(1), undefined]);
});

test("maps that the test puts into a map of maps are found run after run", () => {
  const inner = (name: string, value: number) => {
    const map = new VmMap(name, { type: BPF_MAP_TYPE.ARRAY, keySize: 4, valueSize: 8, maxEntries: 1 });
    map.set(0, value);
    return map;
  };
  const outer = { type: BPF_MAP_TYPE.ARRAY_OF_MAPS, keySize: 4, valueSize: 4, maxEntries: 2 };
  const lookup = (map: Instruction[]) => [mov(r2, r10), add(r2, -4), ...map, call("bpf_map_lookup_elem")];
  const vm = new Vm({
    type: "xdp",
    maps: { outer },
    instructions: [
      st("u32", [r10, -4], 0),
      ...lookup([ldMap(r1, "outer")]),
      jeq(r0, 0, "out"),
      ...lookup([mov(r1, r0)]),
      jeq(r0, 0, "out"),
      ldx("u64", r0, [r0, 0]),
      label("out", exit()),
    ],
  });
  const run = () => vm.run({ data: new Uint8Array(64) }).returnValue;
  assertEquals(run(), 0);
  vm.maps["outer"]?.set(0, inner("first", 7));
  assertEquals([run(), run()], [7, 7]);
  vm.maps["outer"]?.set(0, inner("second", 8));
  assertEquals([run(), run()], [8, 8]);
});
