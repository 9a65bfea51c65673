import { assertEquals, assertThrows } from "@std/assert";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import process from "node:process";
import { addressOf, allocate, keepAlive } from "../../ffi/mod.ts";
import { u32, u64 } from "../../src/codec/mod.ts";
import { CompileError, NotFoundError, SyscallError } from "../../src/errors.ts";
import { cgroup, counter, events, hash } from "../../src/trace/mod.ts";
import { Cgroup } from "../_cgroup.ts";
import { test } from "../_harness.ts";
import { AF_INET, DATAGRAM, Socket, SOL_SOCKET, STREAM, udpSocket } from "../map/_sockets.ts";
import { sentTo } from "./_sent.ts";

const NEEDS = ["bpf", "btf", "cgroup"] as const;
const SO_TYPE = 3;
const SO_SNDBUF = 7;
const SO_PRIORITY = 12;
const SO_MARK = 36;

/** Connects, and tells the peer's address and port. */
async function peerOf(address: string, port: number): Promise<string> {
  const socket = connect(port, address);
  await once(socket, "connect");
  const { remoteAddress, remotePort } = socket;
  socket.destroy();
  return `${remoteAddress}:${remotePort}`;
}

/** `struct sockaddr_in` */
function socketAddress(address: string, port: number): Uint8Array<ArrayBuffer> {
  const bytes = allocate(16);
  bytes.set([AF_INET, 0, port >> 8, port & 0xff, ...address.split(".").map(Number)]);
  return bytes;
}

function textOf(bytes: Uint8Array): string {
  return `${bytes.subarray(4, 8).join(".")}:${(bytes[2] ?? 0) << 8 | (bytes[3] ?? 0)}`;
}

/** What a call on a socket fills in as an address. */
function told(socket: Socket, name: "getsockname"): string {
  const [address, length] = [allocate(16), allocate(4)];
  length[0] = 16;
  socket.call(name, addressOf(address), addressOf(length));
  keepAlive(address, length);
  return textOf(address);
}

/** The number of the error that something fails with; 0 where it does not. */
function errnoOf(act: () => unknown): number {
  try {
    act();
    return 0;
  } catch (error) {
    return error instanceof SyscallError ? error.errno : (error as { errno?: number }).errno ?? -1;
  }
}

const EPERM = 1;

test("cgroup() sends connections elsewhere, denies some and sees all", { needs: NEEDS }, async () => {
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: PORT } = server.address() as AddressInfo;
  using group = new Cgroup();
  using sent = events();
  using probe = cgroup("connect4", group.path, { sent, PORT }, (c, { sent, PORT }) => {
    sent.emit({ address: c.address, port: c.port, type: c.type, protocol: c.protocol, pid: c.pid });
    if (c.address === "192.0.2.9") return "deny";
    if (c.address !== "192.0.2.7" || c.port !== 4433) return "allow";
    c.address = "127.0.0.1";
    c.port = PORT;
  });
  {
    using _ = group.enter();
    // What connect() was told is what the process still takes for the peer; getpeername() knows better
    assertEquals(await peerOf("192.0.2.7", 4433), `127.0.0.1:${PORT}`);
    assertEquals(await peerOf("127.0.0.1", PORT), `127.0.0.1:${PORT}`);
    using socket = new Socket(AF_INET, STREAM);
    const address = socketAddress("192.0.2.9", 80);
    assertEquals(errnoOf(() => socket.call("connect", addressOf(address), address.length)), EPERM);
    keepAlive(address);
  }
  const all = await sentTo(sent);
  const rest = { type: STREAM, protocol: 6, pid: process.pid };
  assertEquals(all, [
    { address: "192.0.2.7", port: 4433, ...rest },
    { address: "127.0.0.1", port: PORT, ...rest },
    { address: "192.0.2.9", port: 80, ...rest },
  ]);
  probe.close();
  server.close();
});

test("cgroup() reads, compares and changes addresses of IPv6", { needs: [...NEEDS, "ipv6"] }, async () => {
  const server = createServer((socket) => socket.end()).listen(0, "::1");
  await once(server, "listening");
  const { port: PORT } = server.address() as AddressInfo;
  using group = new Cgroup();
  using sent = events();
  using _probe = cgroup("connect6", group.path, { sent, PORT }, (c, { sent, PORT }) => {
    sent.emit({ address: c.address, port: c.port });
    if (c.address !== "2001:db8::7") return;
    c.address = "::1";
    c.port = PORT;
  });
  using _bound = cgroup("post_bind6", group.path, { sent }, (c, { sent }) => {
    sent.emit({ bound: c.address, port: c.port });
  });
  using _ = group.enter();
  assertEquals(await peerOf("2001:db8::7", 4433), `::1:${PORT}`);
  const other = createServer().listen(0, "::1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  other.close();
  server.close();
  assertEquals(await sentTo(sent), [{ address: "2001:db8::7", port: 4433 }, { bound: "::1", port }]);
});

test(
  "cgroup() at bind() moves and denies ports, and sees them once they are bound",
  { needs: NEEDS },
  async () => {
    using group = new Cgroup();
    using sent = events();
    using _bind = cgroup("bind4", group.path, (c) => {
      if (c.port === 1) return "deny";
      if (c.port === 2) {
        c.port = 0;
        c.address = "127.0.0.1";
      }
    });
    using _bound = cgroup("post_bind4", group.path, { sent }, (c, { sent }) => {
      sent.emit({ address: c.address, port: c.port, family: c.family, type: c.type });
    });
    using _ = group.enter();
    const bind = (port: number) => {
      using socket = new Socket(AF_INET, DATAGRAM);
      const address = socketAddress("0.0.0.0", port);
      socket.call("bind", addressOf(address), address.length);
      keepAlive(address);
      return told(socket, "getsockname");
    };
    assertEquals(errnoOf(() => bind(1)), EPERM);
    const [moved, free] = [bind(2), bind(0)];
    assertEquals([moved, free].map((name) => name.replace(/:\d+$/, "")), ["127.0.0.1", "0.0.0.0"]);
    const seen = await sentTo(sent);
    assertEquals(
      seen,
      [moved, free].map((name) => {
        const [address = "", port] = name.split(":");
        return { address, port: Number(port), family: AF_INET, type: DATAGRAM };
      }),
    );
  },
);

test("cgroup() tells processes other addresses than there are", { needs: NEEDS }, async () => {
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  using group = new Cgroup();
  // Sockets are of the cgroup that they were made in
  using _ = group.enter();
  using receiver = udpSocket();
  using sender = udpSocket();
  sender.send([1], receiver.port);
  using _name = cgroup("getsockname4", group.path, (c) => {
    c.address = "198.51.100.1";
    c.port = 7;
  });
  using _peer = cgroup("getpeername4", group.path, (c) => {
    c.address = "198.51.100.2";
  });
  using _sender = cgroup("recvmsg4", group.path, (c) => {
    c.address = "198.51.100.3";
    c.port = 53;
  });
  assertEquals(told(sender, "getsockname"), "198.51.100.1:7");
  assertEquals(await peerOf("127.0.0.1", port), `198.51.100.2:${port}`);
  const [bytes, from, size] = [allocate(8), allocate(16), allocate(4)];
  size[0] = from.length;
  receiver.call("recvfrom", addressOf(bytes), bytes.length, 0, addressOf(from), addressOf(size));
  keepAlive(bytes, from, size);
  assertEquals(textOf(from), "198.51.100.3:53");
  server.close();
});

test("cgroup() sends datagrams elsewhere", { needs: NEEDS }, async () => {
  using group = new Cgroup();
  using receiver = udpSocket();
  using sent = events();
  const PORT = receiver.port;
  using _probe = cgroup("sendmsg4", group.path, { PORT, sent }, (c, { PORT, sent }) => {
    sent.emit({ source: c.source, to: c.address, port: c.port });
    if (c.port === 9) return "deny";
    c.port = PORT;
  });
  using _ = group.enter();
  using sender = new Socket(AF_INET, DATAGRAM);
  sender.send([1, 2, 3], 53);
  assertEquals(receiver.receive(), [1, 2, 3]);
  assertEquals(errnoOf(() => sender.send([1], 9)), EPERM);
  assertEquals(await sentTo(sent), [53, 9].map((port) => ({ source: "0.0.0.0", to: "127.0.0.1", port })));
});

test("cgroup() marks new sockets and denies some", { needs: NEEDS }, () => {
  using group = new Cgroup();
  using _probe = cgroup("sock_create", group.path, { DATAGRAM }, (c, { DATAGRAM }) => {
    if (c.type !== DATAGRAM) return "deny";
    c.mark = 0x1234;
    c.priority += 3;
  });
  using _ = group.enter();
  using socket = new Socket(AF_INET, DATAGRAM);
  const option = (name: number) => new DataView(socket.option(SOL_SOCKET, name, 4).buffer).getUint32(0, true);
  assertEquals([option(SO_MARK), option(SO_PRIORITY)], [0x1234, 3]);
  assertEquals(errnoOf(() => new Socket(AF_INET, STREAM)), EPERM);
});

test("cgroup() counts packets and drops some", { needs: NEEDS }, () => {
  using group = new Cgroup();
  using receiver = udpSocket();
  using bytes = counter<{ from: number; to: string }>();
  const [PORT, IPV4] = [receiver.port, 0x0800];
  using egress = cgroup("egress", group.path, { bytes, PORT, IPV4 }, (c, { bytes, PORT, IPV4 }) => {
    if (c.protocol !== IPV4 || c.udp()?.dest !== PORT || c.remotePort !== PORT) return;
    bytes.count({ from: c.localPort, to: c.remoteAddress }, c.length);
    if (c.length > 100) return "deny";
  });
  using _ = group.enter();
  using sender = udpSocket();
  const to = socketAddress("127.0.0.1", PORT);
  sender.call("connect", addressOf(to), to.length);
  keepAlive(to);
  sender.send([1, 2]);
  assertEquals(errnoOf(() => sender.send(Array(100).fill(7))), EPERM);
  assertEquals([receiver.receive(), receiver.receive()], [[1, 2], undefined]);
  // With the headers of IP and UDP, 28 bytes
  assertEquals([...bytes], [[{ from: sender.port, to: "127.0.0.1" }, 30 + 128]]);
  egress.close();
  sender.send(Array(60).fill(7));
  assertEquals(receiver.receive()?.length, 60);
});

test("cgroup() finds headers and what packets carry", { needs: NEEDS }, async () => {
  using group = new Cgroup();
  using seen = events<{ from: string; port: number; length: number; data: Uint8Array }>();
  using _probe = cgroup("egress", group.path, { seen }, (c, { seen }) => {
    const ip = c.ipv4();
    const udp = c.udp();
    if (!ip || !udp) return;
    seen.emit({ from: ip.saddr, port: udp.dest, length: udp.len, data: c.payload(16) });
    if (c.load(c.payloadOffset ?? 0) === 3) return "deny";
  });
  using _ = group.enter();
  using receiver = udpSocket();
  using sender = udpSocket();
  sender.send([1, 2, 3], receiver.port);
  assertEquals(errnoOf(() => sender.send([3], receiver.port)), EPERM);
  assertEquals([receiver.receive(), receiver.receive()], [[1, 2, 3], undefined]);
  const got = [];
  for await (const event of seen.events({ timeout: 100 })) got.push(event);
  const known = { from: "127.0.0.1", port: receiver.port };
  assertEquals(got, [
    { ...known, length: 11, data: Uint8Array.of(1, 2, 3) },
    { ...known, length: 9, data: Uint8Array.of(3) },
  ]);
});

test("cgroup() hears packets that come in", { needs: NEEDS }, () => {
  using group = new Cgroup();
  using heard = hash(u32, u64);
  using _probe = cgroup("ingress", group.path, { heard }, (c, { heard }) => {
    heard.count(c.localPort);
    if (c.length === 29) return "deny";
  });
  using _ = group.enter();
  using receiver = udpSocket();
  using sender = udpSocket();
  sender.send([1], receiver.port);
  sender.send([1, 2], receiver.port);
  assertEquals([receiver.receive(), receiver.receive()], [[1, 2], undefined]);
  assertEquals(heard.get(receiver.port), 2n);
});

test("cgroup() watches and overrules options of sockets", { needs: NEEDS }, async () => {
  using group = new Cgroup();
  using sent = events();
  using _asked = cgroup("getsockopt", group.path, { sent, SO_TYPE }, (c, { sent, SO_TYPE }) => {
    sent.emit({ level: c.level, option: c.option, length: c.length, retval: c.retval });
    if (c.option === SO_TYPE) return "deny";
    if (c.retval < 0) c.retval = 0;
  });
  using _given = cgroup(
    "setsockopt",
    group.path,
    { SO_SNDBUF, SO_PRIORITY },
    (c, { SO_SNDBUF, SO_PRIORITY }) => {
      if (c.level === 1 && c.option === SO_SNDBUF && c.length === 4) c.option = SO_PRIORITY;
    },
  );
  using _ = group.enter();
  using socket = new Socket(AF_INET, DATAGRAM);
  const option = (name: number) => new DataView(socket.option(SOL_SOCKET, name, 4).buffer).getUint32(0, true);
  assertEquals(errnoOf(() => option(SO_TYPE)), EPERM);
  socket.setOption(SOL_SOCKET, SO_SNDBUF, 5);
  assertEquals(option(SO_PRIORITY), 5);
  const UNKNOWN = 0x7777;
  assertEquals(errnoOf(() => option(UNKNOWN)), 0);
  const rest = { level: SOL_SOCKET, length: 4, retval: 0 };
  assertEquals(await sentTo(sent), [
    ...[SO_TYPE, SO_PRIORITY].map((option) => ({ ...rest, option })),
    { ...rest, option: UNKNOWN, retval: -92 }, // ENOPROTOOPT
  ]);
});

test("cgroup() names what cannot be", { needs: NEEDS }, () => {
  using group = new Cgroup();
  const { path } = group;
  assertThrows(
    () => cgroup("conect4" as "connect4", path, () => {}),
    NotFoundError,
    'did you mean "connect4" or "connect6"?',
  );
  assertThrows(
    () => cgroup("connect4", "/sys/fs/cgroup/nowhere", () => {}),
    NotFoundError,
    "there is no such",
  );
  const faults: [() => unknown, string][] = [
    [
      () => cgroup("connect4", path, (c) => c.address === "1.2.3" ? "deny" : "allow"),
      '"1.2.3" is no IPv4 address',
    ],
    [
      () => cgroup("connect4", path, (c) => void ((c as { family: number }).family = 1)),
      "a number cannot be assigned to",
    ],
    [
      () => cgroup("dev", path, (c) => c.type === ("chr" as "char") ? "deny" : "allow"),
      'it is never "chr": did you mean "char"?',
    ],
    [() => cgroup("recvmsg4", path, () => "deny"), '"deny" is no verdict: it is one of allow'],
    [
      () => cgroup("sysctl", path, (c) => c.value === "x" ? "denied" as "deny" : "allow"),
      '"denied" is no verdict: it is one of allow, deny',
    ],
  ];
  for (const [act, message] of faults) assertThrows(act, CompileError, message);
});
