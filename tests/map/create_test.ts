import { assertEquals, assertThrows } from "@std/assert";
import { native, useNative } from "../../ffi/mod.ts";
import { bytes, u16, u32, u64 } from "../../src/codec/mod.ts";
import { SyscallError } from "../../src/errors.ts";
import { array, createMap, createMapDescriptor, hash } from "../../src/map/mod.ts";
import { ring } from "../../src/ring/mod.ts";
import { BPF_MAP_TYPE } from "../../src/uapi/mod.ts";
import { shown } from "../_bpf.ts";
import { test } from "../_harness.ts";

/** `BPF_F_NO_PREALLOC` and `BPF_F_RDONLY_PROG` of `include/uapi/linux/bpf.h`. */
const NO_PREALLOC = 1;
const RDONLY_PROG = 1 << 7;

test("createMap() passes flags on", { needs: ["bpf", "bpftool"] }, () => {
  const flags = NO_PREALLOC | RDONLY_PROG;
  using map = createMap(hash(u32, u64), { maxEntries: 1, flags: ["no_prealloc", "rdonly_prog"] });
  assertEquals(shown("map", map.info.id).flags, flags);
  assertEquals(map.info.flags, flags);
});

test("createMap() refuses flags that the type has not", { needs: ["bpf"] }, () => {
  // arrays are always allocated beforehand: array_map_alloc_check
  const error = assertThrows(
    () => createMap(array(u32), { name: "flat", maxEntries: 1, flags: ["no_prealloc"] }),
    SyscallError,
    'Cannot create map "flat" (array): ',
  );
  assertEquals(error.code, "EINVAL");
  assertEquals(
    error.message.endsWith("maps of this type do not take the flags no_prealloc, or not together"),
    true,
  );
});

test("createMap() says how large a ring buffer can be", { needs: ["bpf"] }, () => {
  for (const maxEntries of [0, 1, 100, 4095, 4097, 12288]) {
    assertThrows(
      () => createMap(ring(), { name: "events", maxEntries }),
      RangeError,
      `Cannot create map "events" (ringbuf): its size, ${maxEntries} bytes, is not a power of two of at least 4096`,
    );
  }
});

test("createMap() refuses keys and values of no or of too many bytes", { needs: ["bpf"] }, () => {
  const map = { name: "odd", maxEntries: 1, flags: 0 };
  const make = (type: number, keySize: number, valueSize: number) => () =>
    createMapDescriptor({ ...map, type, keySize, valueSize });
  assertThrows(make(BPF_MAP_TYPE.ARRAY, 8, 4), RangeError, "keys of such a map have 4 bytes, not 8");
  assertThrows(make(BPF_MAP_TYPE.HASH, 0, 4), RangeError, "keys of 0 bytes");
  assertThrows(make(BPF_MAP_TYPE.HASH, 4, 0), RangeError, "values of 0 bytes");
  assertThrows(make(BPF_MAP_TYPE.HASH, NaN, 4), RangeError, "keySize NaN");
  assertThrows(make(BPF_MAP_TYPE.HASH, 4, 2 ** 31), RangeError, "are too much for the kernel");
});

test("createMap() says how long the keys of an LPM trie are", { needs: ["bpf"] }, () => {
  const make = (keySize: number) => () =>
    createMapDescriptor({
      type: BPF_MAP_TYPE.LPM_TRIE,
      name: "routes",
      keySize,
      valueSize: 4,
      maxEntries: 1,
      flags: NO_PREALLOC,
    });
  for (const size of [1, 4, 261]) {
    assertThrows(
      make(size),
      RangeError,
      `keys of such a map have 5 to 260 bytes, not ${size}: the length of the prefix`,
    );
  }
  for (const size of [5, 260]) make(size)()[Symbol.dispose]();
});

test("createMap() of a type that no kernel has names the number", { needs: ["bpf"] }, () => {
  const map = { type: 999, name: "future", keySize: 4, valueSize: 4, maxEntries: 1, flags: 0 };
  assertThrows(() => createMapDescriptor(map), SyscallError, 'Cannot create map "future" (type 999)');
});

test("createMap() says that the machine has no more descriptors", { needs: ["bpf"] }, () => {
  using _ = useNative({ ...native(), bpf: () => -24 });
  assertThrows(
    () => createMap(hash(u32, u64), { name: "many", maxEntries: 1 }),
    SyscallError,
    "raise the limit with ulimit -n",
  );
});

test("createMap() takes names that the kernel would not", { needs: ["bpf", "bpftool"] }, () => {
  for (
    const [name, shownName] of [["", undefined], ["größe/1", "gr__e_1"], ["x".repeat(40), "x".repeat(15)]]
  ) {
    using map = createMap(hash(u16, bytes(3)), { name: name ?? "", maxEntries: 1 });
    assertEquals(shown("map", map.info.id).name, shownName);
  }
});

test("createMap() names the flag that it does not know", { needs: ["bpf"] }, () => {
  assertThrows(
    // deno-lint-ignore no-explicit-any
    () => createMap(hash(u32, u64), { name: "new", maxEntries: 1, flags: ["no_prealoc" as any] }),
    TypeError,
    'Cannot create map "new": there is no flag "no_prealoc": did you mean "no_prealloc"?',
  );
});

test("createMap() of a kind without codecs says what is missing", { needs: ["bpf"] }, () => {
  assertThrows(() => createMap(hash(), { name: "untyped", maxEntries: 1 }), TypeError, "give them to hash");
});

test("createMap() allocates on the NUMA node that is asked for", { needs: ["bpf"] }, () => {
  using map = createMap(hash(u32, u64), { name: "near", maxEntries: 1, numaNode: 0 });
  assertEquals(map.info.flags, 1 << 2); // BPF_F_NUMA_NODE
  assertThrows(() => createMap(hash(u32, u64), { maxEntries: 1, numaNode: 4000 }), SyscallError, "EINVAL");
});
