import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { u32, u64 } from "../../src/codec/mod.ts";
import { ClosedError, MapFullError, NotFoundError, SyscallError } from "../../src/errors.ts";
import { attachXdp } from "../../src/link/mod.ts";
import { createMap, type DeviceMap, devMap, devMapHash, hash, type MapKind } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { eventually, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { Network } from "../link/_network.ts";
import { dumped, packetTo, portOf, XDP_DROP, XDP_REDIRECT } from "./_redirect.ts";

/** The index of a network device, as sysfs has it. */
function indexOf(device: string): number {
  return Number(readFileSync(`/sys/class/net/${device}/ifindex`, "utf8"));
}

const KINDS: Readonly<Record<string, [kind: MapKind<DeviceMap>, map: string, program: string]>> = {
  devMap: [devMap(), "devices", "to_device"],
  devMapHash: [devMapHash(), "devices_by_key", "to_device_by_key"],
};

for (const [name, [kind, mapName, programName]] of Object.entries(KINDS)) {
  const create = () => createMap(kind, { name: "subject", maxEntries: 4 });

  test(`${name}() has what bpftool shows`, { needs: ["bpf", "xdp", "bpftool"] }, () => {
    using network = new Network();
    const device = indexOf(network.device);
    using map = create();
    assertEquals([map.get(1), map.has(1), map.delete(1), [...map.keys()]], [undefined, false, false, []]);
    map.set(1, network.device).set(3, indexOf("lo"));
    assertEquals(dumped(map.info.id), [[1, device, 0], [3, indexOf("lo"), 0]]);
    assertEquals(map.get(1), { device, programId: 0 });
    assertEquals(map.get(3), { device: indexOf("lo"), programId: 0 });
    assertEquals([map.has(1), map.has(2), [...map.keys()].toSorted()], [true, false, [1, 3]]);
    assertEquals([map.delete(1), map.delete(1), map.deleteAll([1, 3])], [true, false, 1]);
    map.set(2, "lo").clear();
    assertEquals(map.size, 0);
  });

  test(`a program redirects to the devices of a ${name}()`, { needs: ["bpf", "btf", "xdp"] }, async () => {
    await using object = await load(fixture("redirect"), { only: [programName] });
    const program = object.programs.get(programName);
    const result = (key: number) => program.run({ data: packetTo(key) }).returnValue;
    const map = object.maps.get(mapName, kind);
    assertEquals([1, 2].map(result), [XDP_DROP, XDP_DROP]);
    map.set(1, "lo");
    assertEquals([1, 2].map(result), [XDP_REDIRECT, XDP_DROP]);
    map.delete(1);
    assertEquals(result(1), XDP_DROP);
  });

  test(`the program of a ${name}() runs`, { needs: ["bpf", "btf", "xdp", "bpftool"] }, async () => {
    await using object = await load(fixture("redirect"), { only: [programName, "on_device"] });
    using network = new Network();
    const device = indexOf(network.device);
    const program = object.programs.get("on_device");
    const map = object.maps.get(mapName, kind).set(5, network.device, { program });
    assertEquals(map.get(5), { device, programId: program.info.id });
    assertEquals(dumped(map.info.id), [[5, device, program.info.id]]);
    // Drivers of pairs of devices (veth) take redirected packets only where there is a program on both sides
    using _link = attachXdp(object.programs.get(programName), network.device, { mode: "generic" });
    network.send(portOf(5), 3);
    network.send(portOf(6), 2); // nothing there
    const hits = object.maps.get("hits", hash(u32, u64));
    await eventually(() => hits.get(device) === 3n);
    assertEquals([...hits], [[device, 3n]]);
  });

  test(`${name}() says why it does not take a device`, { needs: ["bpf", "btf", "xdp"] }, async () => {
    await using object = await load(fixture("redirect"), { only: ["on_cpu", programName] });
    const map = object.maps.get(mapName, kind);
    for (const program of object.programs) {
      const error = assertThrows(() => map.set(1, "lo", { program }), SyscallError, "(EINVAL from bpf(2))");
      const cure = 'or the program was not loaded for such maps (section "xdp/devmap")';
      assertEquals(error.message.endsWith(cure), true, error.message);
    }
    assertThrows(
      () => map.set(1, 0x7fff_ffff),
      SyscallError,
      "there is no device of this index in the network",
    );
    assertThrows(() => map.set(1, "no_such"), NotFoundError, 'Cannot find network device "no_such"');
    for (const none of [0, NaN, -1, 1.5]) {
      const message = `Cannot put device ${none} in map "${mapName}": it is no index of a device`;
      assertThrows(() => map.set(1, none), RangeError, message);
    }
    for (const key of [NaN, -1, 2 ** 32]) assertThrows(() => map.set(key, "lo"), RangeError, `${key}`);
    assertEquals(map.size, 0);
  });

  test(`a closed ${name}() cannot be used`, { needs: ["bpf"] }, () => {
    const map = create();
    map.close();
    assertThrows(() => map.set(1, "lo"), ClosedError, 'Cannot use map "subject": it is closed');
    assertThrows(() => map.get(1), ClosedError);
    assertThrows(() => map.delete(1), ClosedError);
  });
}

test("devMap() ends where it ends, devMapHash() when it is full", { needs: ["bpf"] }, () => {
  using array = createMap(devMap(), { name: "small", maxEntries: 1 });
  using byKey = createMap(devMapHash(), { name: "small", maxEntries: 1 });
  assertThrows(() => array.set(1, "lo"), RangeError, 'element 1 of map "small": it has 1 elements');
  byKey.set(7, "lo");
  assertThrows(
    () => byKey.set(7, "lo", { mode: "noexist" }),
    SyscallError,
    "there is one with this key already",
  );
  assertThrows(() => byKey.set(8, "lo"), MapFullError, 'map "small": the map is full');
  assertEquals(byKey.get(7), { device: indexOf("lo"), programId: 0 });
});

test("devMap() with values of 4 bytes has no programs", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("redirect"), { only: ["to_index", "on_device"] });
  const map = object.maps.get("indices", devMap()).set(1, "lo");
  assertEquals([...map], [[1, { device: indexOf("lo"), programId: 0 }]]);
  const result = object.programs.get("to_index").run({ data: packetTo(1) }).returnValue;
  assertEquals(result, XDP_REDIRECT);
  const program = object.programs.get("on_device");
  assertThrows(
    () => map.set(2, "lo", { program }),
    TypeError,
    "values of 4 bytes have no room for a program",
  );
});
