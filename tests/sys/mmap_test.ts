import { assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { ClosedError, SyscallError } from "../../src/errors.ts";
import {
  acquireLoad,
  fileSize,
  mapCreate,
  MapElement,
  Mapping,
  openFile,
  pageSize,
} from "../../src/sys/mod.ts";
import { BPF_MAP_FLAG, BPF_MAP_TYPE } from "../../src/uapi/mod.ts";
import { test } from "../_harness.ts";
import { withFile } from "../_run.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";

test("pageSize() is what getconf prints", { needs: ["linux"] }, () => {
  assertEquals(pageSize(), Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" })));
});

test("Mapping with copy shows a file of sysfs", { needs: ["linux", "btf"] }, () => {
  using file = openFile(VMLINUX);
  using mapping = new Mapping(file, { length: fileSize(file), copy: true });
  assertEquals(Buffer.compare(new Uint8Array(mapping.buffer), readFileSync(VMLINUX)), 0);
});

test("Mapping starts at the offset", { needs: ["linux"] }, () => {
  const bytes = new Uint8Array(2 * pageSize());
  bytes.set([1, 2, 3], pageSize());
  withFile(bytes, (path) => {
    using file = openFile(path);
    using mapping = new Mapping(file, { length: 4, offset: pageSize() });
    assertEquals([...new Uint8Array(mapping.buffer)], [1, 2, 3, 0]);
  });
});

test("Mapping leaves empty views when it is disposed of", { needs: ["linux", "btf"] }, () => {
  using file = openFile(VMLINUX);
  const mapping = new Mapping(file, { length: 4096, copy: true });
  const { buffer } = mapping;
  const [bytes, view, words] = [new Uint8Array(buffer), new DataView(buffer), new Int32Array(buffer)];
  const part = bytes.subarray(100, 200);
  assertEquals(bytes[0], 0x9f); // the magic of BTF
  mapping[Symbol.dispose]();
  assertEquals([buffer.byteLength, bytes.length, words.length, part.length], [0, 0, 0, 0]);
  assertEquals([bytes[0], part[0], acquireLoad()(words, 0)], [undefined, undefined, 0]);
  assertThrows(() => view.getUint8(0), TypeError);
  assertThrows(() => mapping.buffer, ClosedError, `Cannot access the memory of "${VMLINUX}": it is closed`);
  mapping[Symbol.dispose]();
});

test("Mapping shares memory with the kernel", { needs: ["linux", "bpf"] }, () => {
  using map = mapCreate('map "shared"', {
    ...{ map_type: BPF_MAP_TYPE.ARRAY, key_size: 4, value_size: 8, max_entries: 512 },
    map_flags: BPF_MAP_FLAG.MMAPABLE,
  });
  using mapping = new Mapping(map, { length: pageSize(), writable: true });
  const element = new MapElement(map, 4, 8);
  element.key.setUint32(0, 3, true);
  element.value.setBigUint64(0, 77n, true);
  assertEquals(element.update(), 0);
  const words = new BigUint64Array(mapping.buffer);
  assertEquals(words[3], 77n);
  words[3] = 78n;
  assertEquals([element.lookup(), element.value.getBigUint64(0, true)], [0, 78n]);
});

test("Mapping says what cannot be mapped", { needs: ["linux"] }, () => {
  using file = openFile("/proc/self/status");
  assertThrows(
    () => new Mapping(file, { length: 4096 }),
    SyscallError,
    'Cannot map "/proc/self/status": no such device (ENODEV from mmap)',
  );
  assertThrows(() => new Mapping(file, { length: 0 }), SyscallError, "EINVAL from mmap");
});
