import { assertEquals, assertThrows } from "@std/assert";
import { readdirSync } from "node:fs";
import { ClosedError } from "../../src/errors.ts";
import { type Descriptor, ERRNO, mapCreate, MapElement } from "../../src/sys/mod.ts";
import { BPF_ELEMENT_FLAG, BPF_MAP_TYPE } from "../../src/uapi/mod.ts";
import { test } from "../_harness.ts";

function create(type: number, entries: number): Descriptor {
  return mapCreate('map "m"', { map_type: type, key_size: 4, value_size: 8, max_entries: entries });
}

function set(element: MapElement, key: number, value: bigint, flags: number = BPF_ELEMENT_FLAG.ANY): number {
  element.key.setUint32(0, key, true);
  element.value.setBigUint64(0, value, true);
  return element.update(BigInt(flags));
}

function get(element: MapElement, key: number): bigint | number {
  element.key.setUint32(0, key, true);
  element.value.setBigUint64(0, 0n, true);
  return element.lookup() || element.value.getBigUint64(0, true);
}

test("MapElement stores, finds and deletes", { needs: ["linux", "bpf"] }, () => {
  using map = create(BPF_MAP_TYPE.HASH, 2);
  const element = new MapElement(map, 4, 8);
  assertEquals([set(element, 5, 50n), set(element, 6, 2n ** 64n - 1n)], [0, 0]);
  assertEquals([get(element, 5), get(element, 6), get(element, 7)], [50n, 2n ** 64n - 1n, -ERRNO.ENOENT]);
  assertEquals(set(element, 5, 51n, BPF_ELEMENT_FLAG.NOEXIST), -ERRNO.EEXIST);
  assertEquals(set(element, 7, 70n, BPF_ELEMENT_FLAG.EXIST), -ERRNO.ENOENT);
  assertEquals(set(element, 7, 70n), -ERRNO.E2BIG);
  element.key.setUint32(0, 5, true);
  assertEquals([element.delete(), element.delete(), get(element, 5)], [0, -ERRNO.ENOENT, -ERRNO.ENOENT]);
});

test("MapElement.take() removes what it finds", { needs: ["linux", "bpf"] }, () => {
  using map = create(BPF_MAP_TYPE.HASH, 2);
  const element = new MapElement(map, 4, 8);
  set(element, 5, 50n);
  element.value.setBigUint64(0, 0n, true);
  assertEquals([element.take(), element.value.getBigUint64(0, true)], [0, 50n]);
  assertEquals(element.take(), -ERRNO.ENOENT);
});

test("MapElement.nextKey() goes through all keys", { needs: ["linux", "bpf"] }, () => {
  using map = create(BPF_MAP_TYPE.ARRAY, 5);
  const element = new MapElement(map, 4, 8);
  element.key.setUint32(0, 3, true); // not where it starts
  const keys = [];
  for (let first = true; element.nextKey(first) === 0; first = false) {
    keys.push(element.key.getUint32(0, true));
  }
  assertEquals(keys, [0, 1, 2, 3, 4]);
  assertEquals(element.nextKey(false), -ERRNO.ENOENT);
});

test("MapElement refuses a map that is closed", { needs: ["linux", "bpf"] }, () => {
  using map = create(BPF_MAP_TYPE.ARRAY, 1);
  const element = new MapElement(map, 4, 8);
  map.close();
  for (const use of [() => element.lookup(), () => element.update(), () => element.nextKey(true)]) {
    assertThrows(use, ClosedError, 'Cannot use map "m": it is closed');
  }
});

test("10 000 maps created and closed leave nothing", { needs: ["linux", "bpf"] }, () => {
  const count = () => readdirSync("/proc/self/fd").length;
  const before = count();
  let highest = 0;
  for (let i = 0; i < 10_000; i++) {
    using map = create(BPF_MAP_TYPE.ARRAY, 1);
    highest = Math.max(highest, map.fd);
  }
  assertEquals([count(), highest < before + 200], [before, true]);
});
