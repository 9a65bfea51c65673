import { assertEquals } from "@std/assert";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import process from "node:process";
import { events, rawTracepoint } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";

const NEEDS = ["bpf", "btf"] as const;

test("addresses and ports of connections are those of the sockets", { needs: NEEDS }, async () => {
  using connections = events();
  const SYN_SENT = 2; // TCP_SYN_SENT of include/net/tcp_states.h
  const PID = process.pid;
  using _probe = rawTracepoint("inet_sock_set_state", { connections, SYN_SENT, PID }, (c, s) => {
    if (c.args.newstate !== s.SYN_SENT || c.pid !== s.PID) return;
    const sk = c.args.sk.__sk_common;
    s.connections.emit({
      from: sk.skc_rcv_saddr,
      to: sk.skc_daddr,
      port: sk.skc_dport,
      isIpv4: sk.skc_family === 2,
      before: c.args.oldstate,
    });
  });
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const { localAddress, remoteAddress } = socket;
  socket.destroy();
  server.close();
  for await (const event of connections.events({ timeout: 5000 })) {
    // 7 is TCP_CLOSE
    assertEquals(
      event,
      { from: localAddress, to: remoteAddress, port, isIpv4: true, before: 7 } as typeof event,
    );
    return;
  }
  throw new Error("nothing was connected");
});

test("IPv6 addresses are read from sockets, and compared", { needs: NEEDS }, async () => {
  using connections = events();
  const PID = process.pid;
  using _probe = rawTracepoint("inet_sock_set_state", { connections, PID }, (c, { connections, PID }) => {
    if (c.args.newstate !== 2 || c.pid !== PID) return;
    const sk = c.args.sk.__sk_common;
    const { skc_v6_rcv_saddr: from, skc_v6_daddr: to } = sk;
    connections.emit({
      from,
      to,
      last: sk.skc_v6_daddr.in6_u.u6_addr8[15],
      same: from === to,
      isLocal: to === "::1",
    });
  });
  const server = createServer((socket) => socket.end()).listen(0, "::1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "::1");
  await once(socket, "connect");
  const { localAddress: from, remoteAddress: to } = socket;
  socket.destroy();
  server.close();
  for await (const event of connections.events({ timeout: 5000 })) {
    assertEquals(event, { from, to, last: 1, same: true, isLocal: true } as typeof event);
    return;
  }
  throw new Error("nothing was connected");
});
