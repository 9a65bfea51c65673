import { assertEquals, assertThrows } from "@std/assert";
import { type FakeNative, fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import { NotSupportedError } from "../../src/errors.ts";
import { kernelVersionCode } from "../../src/kernel/mod.ts";
import { createMap, insnArray } from "../../src/map/mod.ts";
import { test } from "../_harness.ts";

const LINUX_6_19 = 0x06_13_00;
const LENGTH = 3;
const EINVAL = 22;

// Command numbers and layouts of union bpf_attr, struct bpf_map_info and struct bpf_insn_array_value: linux/bpf.h of 6.19
const MAP_CREATE = 0;
const MAP_LOOKUP_ELEM = 1;
const MAP_UPDATE_ELEM = 2;
const OBJ_GET_INFO_BY_FD = 15;
const INSN_ARRAY = 34;

/** A kernel that has such maps: what is created and set is seen, and elements read as `element`. */
function newKernel(seen: unknown[], element: readonly number[]): FakeNative {
  return fakeNative(({ name, args: [command = 0, attr = 0], memory }) => {
    if (name !== "bpf") return 0;
    const words = (address: bigint | number, count: number) => {
      const bytes = memory(address, 4 * count);
      return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
    };
    const pointer = (index: number) =>
      new BigUint64Array(words(attr, 2 * index + 2).slice().buffer)[index] ?? 0n;
    switch (command) {
      case MAP_CREATE:
        seen.push(["create", ...words(attr, 5)]);
        return 9;
      case OBJ_GET_INFO_BY_FD: // type, id, key_size, value_size, max_entries
        words(pointer(1), 5).set([INSN_ARRAY, 1, 4, 16, LENGTH]);
        return 0;
      case MAP_UPDATE_ELEM:
        seen.push(["set", words(pointer(1), 1)[0], ...words(pointer(2), 4)]);
        // insn_array_update_elem(): the kernel alone says where an instruction went
        return words(pointer(2), 4)[1] === 0 ? 0 : -EINVAL;
      case MAP_LOOKUP_ELEM:
        words(pointer(2), 4).set(element);
        return 0;
      default:
        return -EINVAL;
    }
  });
}

test("insnArray() hands places to the kernel as it has them", () => {
  const seen: unknown[] = [];
  using _ = useNative(newKernel(seen, [7, 9, 0x123, 0xffff_ffff]));
  using places = createMap(insnArray(), { name: "places", maxEntries: LENGTH });
  assertEquals(places.length, LENGTH);
  places.set(0, { original: 5, translated: 0, machineCode: 0 });
  places.set(2, { original: 0xffff_ffff, translated: 6, machineCode: 7 });
  assertEquals(seen, [
    ["create", INSN_ARRAY, 4, 16, LENGTH, 0],
    ["set", 0, 5, 0, 0, 0],
    ["set", 2, 0xffff_ffff, 0, 0, 0],
  ]);
  assertEquals(places.get(1), { original: 7, translated: 9, machineCode: 0x123 });
  assertThrows(
    () => places.set(LENGTH, places.get(0)),
    RangeError,
    'element 3 of map "places": it has 3 elements',
  );
  assertThrows(() => places.set(0, { original: -1, translated: 0, machineCode: 0 }), RangeError);
  assertEquals(seen.length, 3);
});

test("insnArray() is of Linux 6.19", { needs: ["bpf"] }, () => {
  const create = () => createMap(insnArray(), { name: "places", maxEntries: LENGTH });
  if (kernelVersionCode() < LINUX_6_19) {
    assertThrows(
      create,
      NotSupportedError,
      'Cannot create map "places" (insn_array): this kernel has no such maps: they came with Linux 6.19',
    );
    return;
  }
  using places = create();
  const place = { original: 2, translated: 0, machineCode: 0 };
  assertEquals(places.set(1, place).get(1), place);
});
