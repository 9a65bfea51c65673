import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { ClosedError, SyscallError } from "../../src/errors.ts";
import { attachXdp } from "../../src/link/mod.ts";
import { createMap, xskMap } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { eventually, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { Network } from "../link/_network.ts";
import { packetTo, portOf, XDP_DROP, XDP_REDIRECT } from "./_redirect.ts";
import { udpSocket } from "./_sockets.ts";
import { XdpSocket } from "./_xsk.ts";

const NEEDS = ["bpf", "btf", "xdp"] as const;

function xdpSocket(network: Network): XdpSocket {
  return new XdpSocket(Number(readFileSync(`/sys/class/net/${network.device}/ifindex`, "utf8")));
}

test("a program redirects to the sockets of an xskMap()", { needs: NEEDS }, async () => {
  await using object = await load(fixture("redirect"), { only: ["to_socket"] });
  const program = object.programs.get("to_socket");
  const result = (key: number) => program.run({ data: packetTo(key) }).returnValue;
  using network = new Network();
  using socket = xdpSocket(network);
  const map = object.maps.get("sockets", xskMap());
  assertEquals([3, 4].map(result), [XDP_DROP, XDP_DROP]);
  map.set(3, socket.fd);
  assertEquals([3, 4].map(result), [XDP_REDIRECT, XDP_DROP]);
  map.delete(3);
  assertEquals(result(3), XDP_DROP);
});

test("the packets arrive at the socket of an xskMap()", { needs: NEEDS }, async () => {
  await using object = await load(fixture("redirect"), { only: ["to_socket"] });
  using network = new Network();
  using socket = xdpSocket(network);
  object.maps.get("sockets", xskMap()).set(5, socket.fd);
  using _link = attachXdp(object.programs.get("to_socket"), network.device);
  network.send(portOf(6), 2); // nothing there
  network.send(portOf(5), 3);
  await eventually(() => socket.packets().length === 3);
  // Ethernet, IPv4 and UDP, then the two bytes that are sent
  const seen = socket.packets().map((packet) => {
    const view = new DataView(packet.buffer);
    return {
      port: view.getUint16(14 + 20 + 2),
      text: new TextDecoder().decode(packet.subarray(14 + 20 + 8)),
    };
  });
  assertEquals(seen, Array(3).fill({ port: portOf(5), text: "x\n" }));
});

test("a socket leaves an xskMap() when it is closed", { needs: NEEDS }, async () => {
  await using object = await load(fixture("redirect"), { only: ["to_socket"] });
  const program = object.programs.get("to_socket");
  const result = () => program.run({ data: packetTo(1) }).returnValue;
  const map = object.maps.get("sockets", xskMap());
  using network = new Network();
  {
    using socket = xdpSocket(network);
    map.set(1, socket.fd);
    assertEquals(result(), XDP_REDIRECT);
  }
  assertEquals(await eventually(() => result() === XDP_DROP), true);
});

test("xskMap() takes AF_XDP sockets alone", { needs: NEEDS }, () => {
  using map = createMap(xskMap(), { name: "subject", maxEntries: 4 });
  using network = new Network();
  using socket = xdpSocket(network);
  using udp = udpSocket();
  assertEquals(map.length, 4);
  const refused = (fd: number, code: string, message: string) => {
    const error = assertThrows(
      () => map.set(1, fd),
      SyscallError,
      `Cannot put socket ${fd} in map "subject": `,
    );
    assertEquals([error.code, error.message.endsWith(message)], [code, true], error.message);
  };
  refused(udp.fd, "EOPNOTSUPP", "it is no AF_XDP socket, or has no receive ring and UMEM yet");
  refused(map.descriptor.fd, "ENOTSOCK", "the descriptor stands for something else");
  refused(0x7fff_ffff, "EBADF", "nothing is open under this number, or something else");
  for (const index of [4, NaN, -1]) {
    assertThrows(
      () => map.set(index, socket.fd),
      RangeError,
      `Cannot access element ${index} of map "subject"`,
    );
    assertThrows(() => map.delete(index), RangeError, `Cannot access element ${index} of map "subject"`);
  }
  assertThrows(() => map.set(1, NaN), RangeError, 'socket NaN in map "subject": it is no descriptor');
  map.close();
  assertThrows(() => map.set(1, socket.fd), ClosedError, 'Cannot use map "subject": it is closed');
  assertThrows(() => map.delete(1), ClosedError);
});
