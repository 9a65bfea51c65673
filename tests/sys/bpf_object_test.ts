import { assertEquals, assertIsError, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import process from "node:process";
import { SyscallError } from "../../src/errors.ts";
import {
  type Descriptor,
  ERRNO,
  mapBatch,
  mapCreate,
  MapElement,
  mapFreeze,
  nextId,
  objectName,
  objGet,
  objInfo,
  objPin,
  openById,
} from "../../src/sys/mod.ts";
import { BPF_MAP_TYPE, MAP_INFO } from "../../src/uapi/mod.ts";
import { idsOf } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";

function create(): Descriptor {
  return mapCreate('map "kept"', {
    ...{ map_type: BPF_MAP_TYPE.ARRAY, key_size: 4, value_size: 8, max_entries: 4 },
    map_name: objectName("kept"),
  });
}

/** The id that the kernel shows for a descriptor. */
function idOf(object: Descriptor): number {
  const text = readFileSync(`/proc/self/fdinfo/${object.fd}`, "utf8");
  return Number(/^map_id:\s*(\d+)/m.exec(text)?.[1]);
}

test("objInfo() describes what was created", { needs: ["linux", "bpf"] }, () => {
  using map = create();
  const info = objInfo(map, MAP_INFO, {});
  const { type, key_size, value_size, max_entries } = MAP_INFO.fields;
  const words = new DataView(info.bytes.buffer);
  const values = [type, key_size, value_size, max_entries].map(([at]) => words.getUint32(at, true));
  assertEquals(values, [BPF_MAP_TYPE.ARRAY, 4, 8, 4]);
  assertEquals([info.get("id"), info.text("name")], [idOf(map), "kept"]);
});

test("nextId() lists what bpftool lists", { needs: ["linux", "bpf", "bpftool"] }, () => {
  using map = create();
  const ids = [];
  for (let id = nextId("MAP", 0); id !== undefined; id = nextId("MAP", id)) ids.push(id);
  // Other tests make and close maps meanwhile.
  assertEquals([ids.includes(idOf(map)), idsOf("map").includes(idOf(map))], [true, true]);
  assertEquals(ids, ids.toSorted((a, b) => a - b));
});

test("openById() opens the same object", { needs: ["linux", "bpf"] }, () => {
  using map = create();
  using again = openById("MAP", idOf(map));
  assertEquals([idOf(again), again.what], [idOf(map), `MAP object ${idOf(map)}`]);
  assertThrows(() => openById("MAP", 0x7fffffff), SyscallError, "Cannot open MAP object 2147483647: no such");
});

test("objPin() and objGet() keep an object by name", { needs: ["linux", "bpf", "bpffs", "root"] }, () => {
  const path = `/sys/fs/bpf/waggle_${process.pid}`;
  using map = create();
  try {
    objPin(map, path);
    using again = objGet(path);
    assertEquals(idOf(again), idOf(map));
    const error = assertThrows(() => objPin(map, path));
    const refusal = `Cannot pin map "kept" to "${path}": exists already (EEXIST from bpf(OBJ_PIN))`;
    assertIsError(error, SyscallError, refusal);
  } finally {
    run("rm", ["-f", path]);
  }
  assertThrows(() => objGet(path), SyscallError, `Cannot open pin "${path}": no such`);
});

test("mapFreeze() ends writing", { needs: ["linux", "bpf"] }, () => {
  using map = create();
  const element = new MapElement(map, 4, 8);
  assertEquals(element.update(), 0);
  mapFreeze(map);
  assertEquals([element.update(), element.lookup()], [-ERRNO.EPERM, 0]);
});

test("mapBatch() writes and reads many elements", { needs: ["linux", "bpf"] }, () => {
  using map = create();
  const values = new Uint8Array(BigUint64Array.of(10n, 11n, 12n, 13n).buffer);
  const batch = { map_fd: map.fd, keys: new Uint8Array(Uint32Array.of(0, 1, 2, 3).buffer), count: 4 };
  assertEquals(mapBatch("MAP_UPDATE_BATCH", { ...batch, values }), { result: 0, count: 4 });
  const read = {
    ...batch,
    keys: new Uint8Array(new ArrayBuffer(16)),
    values: new Uint8Array(new ArrayBuffer(32)),
  };
  const out = new Uint8Array(new ArrayBuffer(4));
  const first = mapBatch("MAP_LOOKUP_BATCH", { ...read, out_batch: out, count: 3 });
  assertEquals([first, [...new BigUint64Array(read.values.buffer)]], [
    { result: 0, count: 3 },
    [10n, 11n, 12n, 0n],
  ]);
  const last = mapBatch("MAP_LOOKUP_BATCH", { ...read, in_batch: out, out_batch: out, count: 3 });
  assertEquals([last, new BigUint64Array(read.values.buffer)[0]], [{ result: -ERRNO.ENOENT, count: 1 }, 13n]);
});
