import { assertEquals, assertThrows } from "@std/assert";
import { ClosedError, SyscallError } from "../../src/errors.ts";
import { createMap, reuseportArray } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { eventually, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import {
  AF_INET,
  DATAGRAM,
  SO_ATTACH_REUSEPORT_EBPF,
  SO_REUSEPORT,
  Socket,
  SOL_SOCKET,
  udpSocket,
} from "./_sockets.ts";

const create = () => createMap(reuseportArray(), { name: "subject", maxEntries: 4 });

test("reuseportArray() tells the cookies that getsockopt(2) tells", { needs: ["bpf"] }, () => {
  using map = create();
  using first = udpSocket(0, [SO_REUSEPORT]);
  using second = udpSocket(first.port, [SO_REUSEPORT]);
  assertEquals([map.get(1), map.has(1), map.delete(1), [...map.keys()]], [undefined, false, false, []]);
  map.set(0, first.fd).set(2, second.fd);
  assertEquals([...map], [[0, first.cookie], [2, second.cookie]]);
  assertEquals([map.has(0), map.has(1), map.size], [true, false, 2]);
  assertEquals([map.delete(0), map.delete(0), map.get(0)], [true, false, undefined]);
  map.set(0, first.fd, { mode: "noexist" });
  map.clear();
  assertEquals(map.size, 0);
});

test("a socket leaves reuseportArray() when it is closed", { needs: ["bpf"] }, async () => {
  using map = create();
  using stays = udpSocket(0, [SO_REUSEPORT]);
  {
    using goes = udpSocket(stays.port, [SO_REUSEPORT]);
    map.set(1, stays.fd).set(3, goes.fd);
    assertEquals(map.size, 2);
  }
  assertEquals(await eventually(() => !map.has(3)), true);
  assertEquals([...map], [[1, stays.cookie]]);
});

test("a program selects the socket of a reuseportArray()", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(fixture("sockets"), { only: ["select_socket"] });
  using first = udpSocket(0, [SO_REUSEPORT]);
  using second = udpSocket(first.port, [SO_REUSEPORT]);
  using sender = udpSocket();
  const map = object.maps.get("group", reuseportArray()).set(0, first.fd).set(2, second.fd);
  assertEquals([...map], [[0, first.cookie], [2, second.cookie]]);
  first.setOption(SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, object.programs.get("select_socket").descriptor.fd);
  for (const to of [[0, 7], [2, 8], [1, 9], [2, 10]]) sender.send(to, first.port);
  const received = [first, second].map((socket) => [socket.receive(), socket.receive(), socket.receive()]);
  assertEquals(received, [[[0, 7], undefined, undefined], [[2, 8], [2, 10], undefined]]);
});

test("reuseportArray() says why it does not take a socket", { needs: ["bpf"] }, () => {
  using map = create();
  using bound = udpSocket(0, [SO_REUSEPORT]);
  using alone = udpSocket();
  using unbound = new Socket(AF_INET, DATAGRAM).setOption(SOL_SOCKET, SO_REUSEPORT, 1);
  map.set(0, bound.fd);
  const refused = (socket: number, code: string, message: string) => {
    const error = assertThrows(
      () => map.set(1, socket),
      SyscallError,
      `Cannot put socket ${socket} in map "subject": `,
    );
    assertEquals([error.code, error.message.endsWith(message)], [code, true], error.message);
  };
  refused(alone.fd, "EINVAL", "set SO_REUSEPORT on the socket and bind it first");
  refused(unbound.fd, "EINVAL", "set SO_REUSEPORT on the socket and bind it first");
  refused(
    bound.fd,
    "EBUSY",
    "it is in a map already, or used by the kernel in another way: remove it there first",
  );
  refused(map.descriptor.fd, "ENOTSOCK", "the descriptor stands for something else");
  assertThrows(() => map.set(1, NaN), RangeError, "Cannot use NaN as a socket: it is no descriptor");
  assertThrows(() => map.set(4, bound.fd), RangeError, "it has 4 elements");
  assertThrows(() => map.get(-1), RangeError, 'Cannot access element -1 of map "subject": not an index');
  map.close();
  assertThrows(() => map.set(1, bound.fd), ClosedError, 'Cannot use map "subject": it is closed');
});
