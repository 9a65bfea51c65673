import { assertEquals, assertThrows } from "@std/assert";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { native, useNative } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { bytes, struct, u32, u64 } from "../../src/codec/mod.ts";
import {
  KindError,
  LayoutError,
  NotFoundError,
  NotSupportedError,
  PermissionError,
} from "../../src/errors.ts";
import { array, createMap, hash, listMaps, openMap } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { objPin } from "../../src/sys/mod.ts";
import { bpftool, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { withFolder } from "../_run.ts";
import { withPins } from "./_pins.ts";

const BPF = { needs: ["bpf"] } as const;
const PINS = { needs: ["bpf", "bpffs"] } as const;

test("openMap() says that there is no such map", PINS, () => {
  const free = Math.max(0, ...listMaps().map(({ id }) => id)) + 100_000;
  assertThrows(
    () => openMap({ id: free }),
    NotFoundError,
    `Cannot open map ${free}: there is none with this id`,
  );
  assertThrows(
    () => openMap({ pin: "/sys/fs/bpf/waggle-none" }),
    NotFoundError,
    'Cannot open pin "/sys/fs/bpf/waggle-none": there is no such file',
  );
  assertThrows(
    () => openMap({ fd: 1_000_000 }),
    NotFoundError,
    "Cannot open descriptor 1000000 as a map: the process has none of that number",
  );
});

test("openMap() refuses what is no id and no descriptor", BPF, () => {
  for (const id of [0, -1, 1.5, NaN, 2 ** 32]) assertThrows(() => openMap({ id }), RangeError, `${id}`);
  for (const fd of [-1, 1.5, NaN, 2 ** 31]) assertThrows(() => openMap({ fd }), RangeError, `${fd}`);
});

test("openMap() says what a descriptor is that is no map", BPF, () => {
  const fd = openSync("/dev/null", "r");
  try {
    assertThrows(
      () => openMap({ fd }, hash(u32, u32)),
      KindError,
      `Cannot open descriptor ${fd} as a map: it is no object of bpf(2)`,
    );
  } finally {
    closeSync(fd);
  }
  using program = loadProgram({ name: "pass", type: "xdp", instructions: [mov(r0, 2), exit()] });
  assertThrows(() => openMap({ fd: program.descriptor.fd }), KindError, "as a map: it is a program");
});

test("openMap() says what is pinned where no map is", PINS, () => {
  withPins((folder) => {
    using program = loadProgram({ name: "pass", type: "xdp", instructions: [mov(r0, 2), exit()] });
    objPin(program.descriptor, `${folder}/pass`);
    assertThrows(
      () => openMap({ pin: `${folder}/pass` }),
      KindError,
      `Cannot open pin "${folder}/pass" as a map: it is a program`,
    );
  });
});

test("openMap() says that a file is no pin", PINS, () => {
  withFolder((folder) => {
    writeFileSync(`${folder}/file`, "");
    assertThrows(
      () => openMap({ pin: `${folder}/file` }),
      PermissionError,
      `Cannot open pin "${folder}/file": it is not in a BPF file system`,
    );
  });
});

test("pin() says that a folder is not in a BPF file system", BPF, () => {
  using map = createMap(array(u32), { name: "lost", maxEntries: 1 });
  withFolder((folder) => {
    assertThrows(
      () => map.pin(`${folder}/lost`),
      NotSupportedError,
      `Cannot pin map "lost" to "${folder}/lost": the path is not in a BPF file system: mount -t bpf`,
    );
  });
  assertEquals(map.pinPath, undefined);
});

test("openMap() names the capability that opening by id needs", BPF, () => {
  using map = createMap(array(u32), { maxEntries: 1 });
  const { id } = map.info;
  const real = native();
  const BPF_MAP_GET_FD_BY_ID = 14;
  using _ = useNative({
    ...real,
    bpf: (command, attr, size) => command === BPF_MAP_GET_FD_BY_ID ? -1 : real.bpf(command, attr, size),
  });
  assertThrows(() => openMap({ id }), PermissionError, `Cannot open map ${id}: not permitted`);
  assertThrows(() => listMaps(), PermissionError, "Cannot list the maps of the kernel: not permitted");
});

test("a descriptor given to openMap() stays the caller's", BPF, () => {
  using map = createMap(array(u32), { maxEntries: 1 });
  openMap({ fd: map.descriptor.fd }).close();
  map.set(0, 7);
  assertEquals(map.get(0), 7);
});

test("maps without a name go by their id", BPF, () => {
  using map = createMap(array(u32), { maxEntries: 1 });
  using same = openMap({ id: map.info.id });
  assertEquals(same.name, `map ${map.info.id}`);
});

test("a kind without codecs has keys and values as BTF has them, or bytes", {
  needs: ["bpf", "btf", "bpftool"],
}, async () => {
  await using object = await load(fixture("typed"));
  const typed = object.maps.get("typed", hash());
  typed.set({ port: 443, protocol: 6 }, { packets: 3n, comm: "curl" });
  const [dumped] = bpftool("map", "dump", "id", typed.info.id) as { formatted: unknown }[];
  assertEquals(dumped?.formatted, {
    key: { port: 443, protocol: 6 },
    value: { packets: 3, comm: "curl" },
  });
  using byId = openMap({ id: typed.info.id }, hash());
  assertEquals([...byId], [[{ port: 443, protocol: 6 }, { packets: 3n, comm: "curl" }]]);

  using untyped = createMap(hash(u32, u64), { maxEntries: 1 });
  untyped.set(1, 0x0807_0605_0403_0201n);
  using raw = openMap({ id: untyped.info.id }, hash());
  assertEquals([...raw], [[Uint8Array.of(1, 0, 0, 0), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)]]);
});

const Flow = struct({ port: u32, protocol: u32 });

test("codecs whose fields are elsewhere than in BTF are refused", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("typed"));
  const Value = struct({ packets: u64, comm: bytes(16) });
  object.maps.get("typed", hash(Flow, Value));
  const Swapped = struct({ comm: bytes(16), packets: u64 });
  const message = 'Cannot use map "typed": field "comm" is at byte 0 here, at byte 8 in struct traffic';
  assertThrows(() => object.maps.get("typed", hash(Flow, Swapped)), LayoutError, message);
  const { id } = object.maps.get("typed").info;
  assertThrows(
    () => openMap({ id }, hash(Flow, Swapped)),
    LayoutError,
    'field "comm" is at byte 0 here, at byte 8',
  );
  assertThrows(
    () => object.maps.get("typed", hash(struct({ protocol: u32, port: u32 }), Value)),
    LayoutError,
    'field "protocol" is at byte 0 here, at byte 4 in struct flow',
  );
});
