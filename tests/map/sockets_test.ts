import { assertEquals, assertThrows } from "@std/assert";
import { u32 } from "../../src/codec/mod.ts";
import { ClosedError, MapFullError, NotFoundError, SyscallError } from "../../src/errors.ts";
import { createMap, type MapKind, type SocketMap, sockHash, sockMap } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { progAttach, progDetach } from "../../src/sys/mod.ts";
import { BPF_ATTACH_TYPE } from "../../src/uapi/mod.ts";
import { eventually, fixture } from "../_bpf.ts";
import { Cgroup } from "../_cgroup.ts";
import { test } from "../_harness.ts";
import { AF_INET, Connection, Socket, STREAM, udpSocket } from "./_sockets.ts";

const KINDS: Readonly<Record<string, MapKind<SocketMap<number>>>> = {
  sockMap: sockMap(),
  sockHash: sockHash(u32),
};

for (const [name, kind] of Object.entries(KINDS)) {
  const create = () => createMap(kind, { name: "subject", maxEntries: 4 });

  test(`${name}() tells the cookies that getsockopt(2) tells`, { needs: ["bpf"] }, () => {
    using map = create();
    using tcp = new Connection();
    using udp = udpSocket();
    map.set(0, tcp.client.fd).set(1, tcp.server.fd).set(2, tcp.listener.fd).set(3, udp.fd);
    const cookies = [tcp.client, tcp.server, tcp.listener, udp].map(({ cookie }) => cookie);
    assertEquals([0, 1, 2, 3].map((key) => map.get(key)), cookies);
    assertEquals(new Map(map), new Map(cookies.entries()));
    assertEquals(map.size, 4);
    map.set(0, udp.fd);
    assertEquals(map.get(0), udp.cookie);
  });

  test(`${name}() has what was set and not deleted`, { needs: ["bpf"] }, () => {
    using map = create();
    using udp = udpSocket();
    assertEquals([map.get(1), map.has(1), map.delete(1), [...map.keys()]], [undefined, false, false, []]);
    map.set(1, udp.fd).set(3, udp.fd);
    assertEquals([map.has(1), map.has(2), [...map.keys()].toSorted()], [true, false, [1, 3]]);
    assertEquals([map.delete(1), map.delete(1), map.has(1)], [true, false, false]);
    map.set(2, udp.fd);
    assertEquals([map.deleteAll([1, 2]), [...map.keys()]], [1, [3]]);
    map.clear();
    assertEquals(map.size, 0);
  });

  test(`a socket leaves ${name}() when it is closed`, { needs: ["bpf"] }, async () => {
    using map = create();
    using stays = udpSocket();
    {
      using goes = new Connection();
      map.set(0, goes.client.fd).set(1, stays.fd);
      assertEquals(map.size, 2);
    }
    assertEquals(await eventually(() => !map.has(0)), true);
    assertEquals([...map], [[1, stays.cookie]]);
  });

  test(`set() of ${name}() heeds its mode`, { needs: ["bpf"] }, () => {
    using map = create();
    using udp = udpSocket();
    assertThrows(() => map.set(1, udp.fd, { mode: "exist" }), NotFoundError, "there is none with this key");
    map.set(1, udp.fd, { mode: "noexist" });
    const again = () => map.set(1, udp.fd, { mode: "noexist" });
    assertEquals(assertThrows(again, SyscallError, "there is one with this key already").code, "EEXIST");
    assertEquals(map.set(1, udp.fd, { mode: "exist" }).get(1), udp.cookie);
  });

  test(`${name}() says why it does not take a socket`, { needs: ["bpf"] }, () => {
    using map = create();
    using unbound = new Socket(AF_INET, STREAM);
    const refused = (socket: number, code: string, message: string) => {
      const error = assertThrows(
        () => map.set(1, socket),
        SyscallError,
        `Cannot put socket ${socket} in map "subject": `,
      );
      assertEquals([error.code, error.message.endsWith(message)], [code, true], error.message);
    };
    refused(map.descriptor.fd, "ENOTSOCK", "the descriptor stands for something else");
    refused(0x7fff_ffff, "EBADF", "nothing is open under this number");
    refused(unbound.fd, "EOPNOTSUPP", "of Unix domains and vsock");
    for (const none of [NaN, -1, 1.5, 2 ** 31]) {
      assertThrows(() => map.set(1, none), RangeError, `Cannot use ${none} as a socket: it is no descriptor`);
    }
  });

  test(`${name}() refuses keys that are none, and any once closed`, { needs: ["bpf"] }, () => {
    const map = create();
    using udp = udpSocket();
    for (const key of [NaN, -1, 1.5, 2 ** 32]) {
      assertThrows(() => map.get(key), RangeError, `${key}`);
      assertThrows(() => map.set(key, udp.fd), RangeError, `${key}`);
      assertThrows(() => map.delete(key), RangeError, `${key}`);
    }
    map.close();
    assertThrows(() => map.get(1), ClosedError, 'Cannot use map "subject": it is closed');
    assertThrows(() => map.set(1, udp.fd), ClosedError, 'Cannot use map "subject": it is closed');
    assertThrows(() => map.delete(1), ClosedError);
  });
}

test("sockMap() ends where it ends, sockHash() when it is full", { needs: ["bpf"] }, () => {
  using array = createMap(sockMap(), { name: "small", maxEntries: 1 });
  using hash = createMap(sockHash(u32), { name: "small", maxEntries: 1 });
  using udp = udpSocket();
  assertThrows(() => array.set(1, udp.fd), RangeError, 'element 1 of map "small": it has 1 elements');
  hash.set(7, udp.fd);
  assertThrows(() => hash.set(8, udp.fd), MapFullError, 'map "small": the map is full');
});

test("a program finds the sockets of a sockMap()", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("sockets"), { only: ["port_of"] });
  const program = object.programs.get("port_of");
  const portOf = (index: number) => program.run({ data: new Uint8Array(64).fill(index) }).returnValue;
  using udp = udpSocket();
  using tcp = new Connection();
  const map = object.maps.get("array", sockMap()).set(1, udp.fd).set(2, tcp.server.fd);
  assertEquals([0, 1, 2, 9].map(portOf), [0, udp.port, tcp.listener.port, 0]);
  map.delete(1);
  assertEquals([1, 2].map(portOf), [0, tcp.listener.port]);

  // Values of 4 bytes can be written alone
  const narrow = object.maps.get("narrow", sockMap()).set(3, udp.fd);
  assertEquals(portOf(3), udp.port);
  assertThrows(
    () => narrow.get(3),
    SyscallError,
    "values of 4 bytes have no room for the cookies of sockets",
  );
  assertThrows(() => [...narrow], SyscallError, "declare them as __u64");
  assertEquals([narrow.delete(3), narrow.delete(3), portOf(3)], [true, false, 0]);
});

test("sockHash() shows the sockets that a program put in", { needs: ["bpf", "btf", "cgroup"] }, async () => {
  await using object = await load(fixture("sockets"), { only: ["add"] });
  const map = object.maps.get("by_port", sockHash(u32));
  using cgroup = new Cgroup();
  using _link = cgroup.attach(object.programs.get("add"), "CGROUP_SOCK_OPS");
  const connect = () => {
    using _inside = cgroup.enter();
    return new Connection();
  };
  using tcp = connect();
  using _outside = new Connection();
  const cookies = [[tcp.client.port, tcp.client.cookie], [tcp.server.port, tcp.server.cookie]] as const;
  assertEquals(new Map(map), new Map(cookies));
});

test("a program redirects to a socket of a sockHash()", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("sockets"), { only: ["redirect"] });
  const map = object.maps.get("by_port", sockHash(u32));
  const attachment = { target_fd: map.descriptor.fd, attach_type: BPF_ATTACH_TYPE.SK_MSG_VERDICT };
  const program = { attach_bpf_fd: object.programs.get("redirect").descriptor.fd };
  progAttach("redirect", { ...attachment, ...program });
  using undo = new DisposableStack();
  undo.defer(() => progDetach("redirect", { ...attachment, ...program }));
  using from = new Connection();
  using to = new Connection();
  map.set(0, from.client.fd).set(1, to.server.fd);
  from.client.send([4, 5, 6]);
  let received: number[] | undefined;
  await eventually(() => (received = to.server.receive()) !== undefined);
  assertEquals([received, from.server.receive()], [[4, 5, 6], undefined]);
});
