import { assertEquals, assertThrows } from "@std/assert";
import { u32, u64 } from "../../src/codec/mod.ts";
import { ClosedError, NotFoundError, SyscallError } from "../../src/errors.ts";
import { possibleCpus } from "../../src/kernel/mod.ts";
import {
  cgroupStorage,
  type CgroupStorageMap,
  createMap,
  type MapKind,
  perCpuCgroupStorage,
} from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { bpftool, eventually, type Facts, fixture } from "../_bpf.ts";
import { Cgroup } from "../_cgroup.ts";
import { test } from "../_harness.ts";
import { type Socket, udpSocket } from "./_sockets.ts";

const NEEDS = ["bpf", "btf", "cgroup"] as const;

/** Of the headers of IPv4 and UDP, in bytes. */
const HEADERS = 20 + 8;

/** Two sockets whose traffic is that of the cgroup. */
function socketsIn(cgroup: Cgroup): [Socket, Socket] {
  using _inside = cgroup.enter();
  return [udpSocket(), udpSocket()];
}

const sum = (values: readonly number[] = []) => values.reduce((total, one) => total + one, 0);

test("cgroupStorage() shows what programs counted at each attachment", { needs: NEEDS }, async () => {
  await using object = await load(fixture("cgroup_storage"), { only: ["on_egress", "on_ingress"] });
  const packets = object.maps.get("packets", cgroupStorage(u64));
  const bytes = object.maps.get("bytes", perCpuCgroupStorage(u32));
  assertEquals([[...packets], [...bytes]], [[], []]);
  using cgroup = new Cgroup();
  using _egress = cgroup.attach(object.programs.get("on_egress"), "CGROUP_INET_EGRESS");
  using _ingress = cgroup.attach(object.programs.get("on_ingress"), "CGROUP_INET_INGRESS");
  const out = { cgroup: cgroup.path, attachType: "cgroup_inet_egress" } as const;
  const into = { cgroup: cgroup.path, attachType: "cgroup_inet_ingress" } as const;
  assertEquals([packets.get(out), packets.has(into)], [0n, true]);
  const [from, to] = socketsIn(cgroup);
  using _from = from;
  using _to = to;
  using outside = udpSocket();
  for (const payload of [[1], [1, 2], [1, 2, 3]]) from.send(payload, to.port);
  from.send([9], outside.port);
  outside.send([9, 9], to.port);

  assertEquals([packets.get(out), packets.get(into)], [4n, 4n]);
  assertEquals([sum(bytes.get(out)), sum(bytes.get(into))], [4 * HEADERS + 7, 4 * HEADERS + 8]);
  assertEquals(bytes.get(out)?.length, possibleCpus());
  // By id, as the keys are read
  const keys = [{ ...out, cgroup: cgroup.id }, { ...into, cgroup: cgroup.id }];
  assertEquals(keys.map((key) => packets.get(key)), [4n, 4n]);
  assertEquals(new Set(packets.keys()), new Set(keys));
  assertEquals(new Set(bytes.keys()), new Set(keys));
  assertEquals(packets.size, 2);

  packets.set(out, 100n);
  bytes.set(into, Array.from({ length: possibleCpus() }, () => 1000));
  from.send([1], to.port);
  assertEquals([packets.get(out), packets.get(into)], [101n, 5n]);
  assertEquals(sum(bytes.get(into)), 1000 * possibleCpus() + HEADERS + 1);
});

test("values of a cgroupStorage() go with the cgroup", { needs: NEEDS }, async () => {
  await using object = await load(fixture("cgroup_storage"), { only: ["on_egress"] });
  const map = object.maps.get("packets", cgroupStorage(u64));
  const program = object.programs.get("on_egress");
  const attachType = "cgroup_inet_egress";
  using stays = new Cgroup();
  using _link = stays.attach(program, "CGROUP_INET_EGRESS");
  {
    using goes = new Cgroup();
    const key = { cgroup: goes.path, attachType } as const;
    {
      using _link = goes.attach(program, "CGROUP_INET_EGRESS");
      assertEquals(map.set(key, 5n).size, 2);
    }
    // Linux before 5.9 frees them with the attachment
    assertEquals(map.get(key), 5n);
  }
  assertEquals(await eventually(() => map.size === 1), true);
  assertEquals([...map], [[{ cgroup: stays.id, attachType }, 0n]]);
});

test("cgroupStorage() has the values that bpftool dumps", { needs: [...NEEDS, "bpftool"] }, async () => {
  await using object = await load(fixture("cgroup_storage"), { only: ["on_egress"] });
  const map = object.maps.get("packets", cgroupStorage(u64));
  using cgroup = new Cgroup();
  using _link = cgroup.attach(object.programs.get("on_egress"), "CGROUP_INET_EGRESS");
  map.set({ cgroup: cgroup.id, attachType: "cgroup_inet_egress" }, 77n);
  const [{ formatted }] = bpftool("map", "dump", "id", map.info.id) as [{ formatted: Facts }];
  assertEquals(formatted, {
    key: { cgroup_inode_id: Number(cgroup.id), attach_type: 1 }, // BPF_CGROUP_INET_EGRESS
    value: 77,
  });
});

test("cgroupStorage() with cgroups alone for keys is shared by attachments", { needs: NEEDS }, async () => {
  await using object = await load(fixture("cgroup_storage"), { only: ["share_egress", "share_ingress"] });
  const map = object.maps.get("shared", cgroupStorage(u64));
  using cgroup = new Cgroup();
  using _egress = cgroup.attach(object.programs.get("share_egress"), "CGROUP_INET_EGRESS");
  using _ingress = cgroup.attach(object.programs.get("share_ingress"), "CGROUP_INET_INGRESS");
  const [from, to] = socketsIn(cgroup);
  using _from = from;
  using _to = to;
  for (let i = 0; i < 3; i++) from.send([i], to.port);
  assertEquals([...map], [[{ cgroup: cgroup.id }, 6n]]);
  assertEquals(map.set({ cgroup: cgroup.path }, 1n).get({ cgroup: cgroup.path }), 1n);
});

testRefusals("cgroupStorage", cgroupStorage(u64), 1n);
testRefusals(
  "perCpuCgroupStorage",
  perCpuCgroupStorage(u32),
  Array.from({ length: possibleCpus() }, () => 1),
);

function testRefusals<V>(name: string, kind: MapKind<CgroupStorageMap<V>>, value: V): void {
  test(`${name}() refuses attachments that are none`, { needs: ["bpf", "cgroup"] }, () => {
    const attachType = "cgroup_inet_egress";
    using cgroup = new Cgroup();
    using map = createMap(kind, { name: "subject" });
    const here = { cgroup: cgroup.path, attachType } as const;
    assertEquals([map.get(here), map.has(here), [...map]], [undefined, false, []]);
    assertThrows(() => map.set(here, value), NotFoundError, 'of map "subject": there is none with this key');
    const nowhere = { cgroup: "/no/such", attachType } as const;
    assertThrows(() => map.get(nowhere), SyscallError, 'Cannot find the inode of "/no/such": no such file');
    assertThrows(() => map.set(nowhere, value), SyscallError, '"/no/such"');
    for (const id of [-1n, 1n << 64n]) {
      assertThrows(() => map.get({ cgroup: id, attachType }), RangeError, `${id}`);
    }
    assertThrows(() => map.get({ cgroup: 1n }), TypeError, "its attachType is missing");
    const nonsense = { cgroup: 1n, attachType: "nonsense" as typeof attachType };
    assertThrows(
      () => map.get(nonsense),
      TypeError,
      'Cannot use attach type "nonsense": there is no such type',
    );
    map.close();
    assertThrows(() => map.get(here), ClosedError, 'Cannot use map "subject": it is closed');
    assertThrows(() => map.set(here, value), ClosedError);
  });
}
