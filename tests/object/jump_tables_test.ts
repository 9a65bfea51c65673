import { assertEquals, assertThrows } from "@std/assert";
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import { NotSupportedError } from "../../src/errors.ts";
import { createJumpTable } from "../../src/object/jump_tables.ts";
import { test } from "../_harness.ts";

// Command numbers and layouts of union bpf_attr: include/uapi/linux/bpf.h. The kernel here has no such maps.
const MAP_CREATE = 0;
const MAP_UPDATE_ELEM = 2;
const MAP_FREEZE = 22;

test("createJumpTable() fills a map of instructions and freezes it", () => {
  const seen: unknown[] = [];
  const native = fakeNative(({ name, args: [command = 0, attr = 0], memory }) => {
    if (name !== "bpf") return 0;
    const words = new Uint32Array(memory(attr, 32).slice().buffer);
    const pointer = (index: number) => new BigUint64Array(words.buffer)[index] ?? 0n;
    if (command === MAP_CREATE) seen.push(["create", ...words.subarray(0, 5)]);
    if (command === MAP_UPDATE_ELEM) {
      const value = new Uint32Array(memory(pointer(2), 16).slice().buffer);
      seen.push(["set", new Uint32Array(memory(pointer(1), 4).slice().buffer)[0], ...value]);
    }
    if (command === MAP_FREEZE) seen.push(["freeze", words[0]]);
    return command === MAP_CREATE ? 9 : 0;
  });
  using _native = useNative(native);
  using table = createJumpTable({ name: ".jumptables+0", slots: [3, 8] }, "switcher");
  assertEquals(table.fd, 9);
  assertEquals(seen, [
    ["create", 34, 4, 16, 2, 0],
    ["set", 0, 3, 0, 0, 0],
    ["set", 1, 8, 0, 0, 0],
    ["freeze", 9],
  ]);
});

test("createJumpTable() says so where the kernel has no such maps", () => {
  using _native = useNative(fakeNative(({ name }) => name === "bpf" ? -22 : 0));
  assertThrows(
    () => createJumpTable({ name: ".jumptables+0", slots: [0] }, "switcher"),
    NotSupportedError,
    'Cannot load program "switcher": this kernel has no jump tables',
  );
});
