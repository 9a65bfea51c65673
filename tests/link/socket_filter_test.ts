import { assertEquals, assertThrows } from "@std/assert";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { PermissionError, SyscallError } from "../../src/errors.ts";
import { attachReuseport, attachSocketFilter, packetSocket } from "../../src/link/mod.ts";
import { reuseportArray } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { openFile } from "../../src/sys/mod.ts";
import { eventually, fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { SO_REUSEPORT, SOL_SOCKET, udpSocket } from "../map/_sockets.ts";
import { counter, hitsOf } from "./_contract.ts";
import { Network } from "./_network.ts";

const NEEDS = ["bpf", "btf"] as const;
const SO_LOCK_FILTER = 44;

const drop = () => loadProgram({ name: "drop", type: "socket_filter", instructions: [mov(r0, 0), exit()] });

test(
  "attachSocketFilter() filters what a socket receives, until it is closed",
  { needs: NEEDS },
  async () => {
    const { object, hits } = await counter("network", "on_datagram");
    await using _object = object;
    using receiver = udpSocket();
    using sender = udpSocket();
    const { port } = receiver;
    const filter = attachSocketFilter(object.programs.get("on_datagram"), receiver.fd);
    object.programs.close();
    for (const byte of [1, 2, 3]) sender.send([byte], port);
    assertEquals(await eventually(() => hitsOf(hits, [port]) === 3), true);
    assertEquals([receiver.receive(), receiver.receive(), receiver.receive()], [[1], [2], [3]]);
    {
      using program = drop();
      using _instead = attachSocketFilter(program, receiver);
      sender.send([4], port);
      assertEquals([receiver.receive(), hitsOf(hits, [port])], [undefined, 3]);
    }
    filter.close(); // another took its place, and is gone
    filter.close();
    sender.send([5], port);
    assertEquals([receiver.receive(), hitsOf(hits, [port])], [[5], 3]);
  },
);

test("attachSocketFilter() says what it cannot attach to what", { needs: NEEDS }, () => {
  using program = drop();
  using socket = udpSocket();
  using xdp = loadProgram({ name: "pass", type: "xdp", instructions: [mov(r0, 2), exit()] });
  using file = openFile("/dev/null");
  assertThrows(() => attachSocketFilter(xdp, socket), TypeError, "of type xdp, not socket_filter");
  assertThrows(
    () => attachSocketFilter(program, file.fd),
    SyscallError,
    "the descriptor stands for something else",
  );
  assertThrows(() => attachSocketFilter(program, -1), RangeError, "-1 is no descriptor");
  assertThrows(() => attachReuseport(xdp, socket), TypeError, "of type xdp, not sk_reuseport");
  socket.setOption(SOL_SOCKET, SO_LOCK_FILTER, 1);
  assertThrows(
    () => attachSocketFilter(program, socket),
    PermissionError,
    "the filter of the socket is locked",
  );
});

test(
  "packetSocket() reads the frames that a filter lets through",
  { needs: [...NEEDS, "network"] },
  async () => {
    await using object = await load(fixture("network"), { only: ["only_udp"] });
    using network = new Network();
    using socket = packetSocket(network.device);
    using _filter = attachSocketFilter(object.programs.get("only_udp"), socket);
    // What came before the filter
    while (socket.read());
    network.send(7001, 1);
    network.sendBack(7002, 1);
    const seen: unknown[] = [];
    for await (const { data, outgoing } of socket) {
      const view = new DataView(data.buffer);
      seen.push([view.getUint16(12), view.getUint16(36), data.length, outgoing]);
      if (seen.length === 2) break;
    }
    assertEquals(seen, [[0x0800, 7001, 44, false], [0x0800, 7002, 44, true]]);
    const rest = Array.fromAsync(socket);
    setTimeout(() => socket.close(), 20);
    assertEquals(await rest, []);
  },
);

test("attachReuseport() selects sockets until it is closed", { needs: NEEDS }, async () => {
  await using object = await load(fixture("sockets"), { only: ["select_socket"] });
  using first = udpSocket(0, [SO_REUSEPORT]);
  using second = udpSocket(first.port, [SO_REUSEPORT]);
  using alone = udpSocket();
  using sender = udpSocket();
  object.maps.get("group", reuseportArray()).set(0, first.fd).set(1, second.fd);
  const program = object.programs.get("select_socket");
  const selection = attachReuseport(program, first);
  for (const to of [[0, 1], [1, 2], [1, 3], [3, 4]]) sender.send(to, first.port);
  assertEquals([first.receive(), first.receive()], [[0, 1], undefined]);
  assertEquals([second.receive(), second.receive(), second.receive()], [[1, 2], [1, 3], undefined]);
  selection.close();
  selection.close();
  sender.send([3, 5], first.port); // the program would drop it
  assertEquals(first.receive() ?? second.receive(), [3, 5]);
  assertThrows(() => attachReuseport(program, alone), SyscallError, "set SO_REUSEPORT on the socket");
});
