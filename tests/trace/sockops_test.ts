import { assert, assertEquals, assertThrows } from "@std/assert";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { CompileError } from "../../src/errors.ts";
import { type EventRecord, sockops } from "../../src/trace/mod.ts";
import { Cgroup } from "../_cgroup.ts";
import { test } from "../_harness.ts";
import { Connection } from "../map/_sockets.ts";

const NEEDS = ["bpf", "btf", "cgroup"] as const;

test(
  "sockops() sees connections from both ends, from their beginning to their end",
  { needs: NEEDS },
  async () => {
    using group = new Cgroup();
    using seen = sockops(group.path, (c) => {
      switch (c.op) {
        case "ACTIVE_ESTABLISHED_CB":
        case "PASSIVE_ESTABLISHED_CB":
          c.watch("STATE_CB");
          return {
            op: c.op,
            from: c.localAddress,
            port: c.localPort,
            to: c.remoteAddress,
            remotePort: c.remotePort,
            state: c.state,
            family: c.family,
            srtt: c.srtt,
          };
        case "STATE_CB":
          return {
            before: c.oldState,
            after: c.newState,
            port: c.localPort,
            bytes: c.bytesReceived,
            first: c.args[0],
          };
      }
    });
    const server = createServer((socket) => socket.end("twenty bytes of text")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    let own = 0;
    {
      using _ = group.enter();
      const socket = connect(port, "127.0.0.1").resume();
      await once(socket, "connect");
      own = socket.localPort ?? 0;
      await once(socket, "close");
    }
    server.close();
    const all: EventRecord[] = [];
    for await (const event of seen.events({ timeout: 300 })) all.push(event as EventRecord);
    const begins = all.filter((event) => "op" in event);
    const ends = { from: "127.0.0.1", to: "127.0.0.1", family: 2 };
    // The server's sockets are in the cgroup that it listened in: the one that this process came from
    assertEquals(begins.map(({ srtt: _, state: __, ...rest }) => rest), [
      { op: "ACTIVE_ESTABLISHED_CB", port: own, remotePort: port, ...ends },
    ]);
    // It is called when the state has changed and the first time was taken (tcp_finish_connect)
    assertEquals(begins[0]?.["state"], "ESTABLISHED");
    assert(Number(begins[0]?.["srtt"]) > 0);
    // The end that is closed second, as RFC 9293 has it
    const states = all.filter((event) => event["port"] === own && "after" in event);
    assertEquals(states.map(({ before, after, first }) => [before, after, first]), [
      ["ESTABLISHED", "CLOSE_WAIT", 1],
      ["CLOSE_WAIT", "LAST_ACK", 8],
      ["LAST_ACK", "CLOSE", 9],
    ]);
    assertEquals(states.at(-1)?.["bytes"], 21); // the FIN counts as one
  },
);

test("sockops() has addresses of IPv6", { needs: [...NEEDS, "ipv6"] }, async () => {
  using group = new Cgroup();
  using seen = sockops(group.path, (c) => {
    if (c.op !== "ACTIVE_ESTABLISHED_CB") return;
    return { from: c.localAddress6, port: c.localPort, to: c.remoteAddress6, remotePort: c.remotePort };
  });
  const server = createServer((socket) => socket.end()).listen(0, "::1");
  await once(server, "listening");
  const { port: remotePort } = server.address() as AddressInfo;
  using _ = group.enter();
  const socket = connect(remotePort, "::1");
  await once(socket, "connect");
  const { localPort } = socket;
  socket.destroy();
  server.close();
  for await (const event of seen.events({ timeout: 5000 })) {
    assertEquals(event, { from: "::1", port: localPort, to: "::1", remotePort } as typeof event);
    return;
  }
  throw new Error("nothing was seen");
});

test("sockops() answers what the kernel asks for", { needs: NEEDS }, () => {
  using group = new Cgroup();
  using probe = sockops(group.path, (c) => {
    if (c.op === "NEEDS_ECN") c.reply = 1;
  });
  using _ = group.enter();
  assertEquals(hasEcn(), true);
  probe.close();
  assertEquals(hasEcn(), false);
});

/** Whether a new connection marks congestion, as `TCP_INFO` has it: `TCPI_OPT_ECN` of `tcpi_options`. */
function hasEcn(): boolean {
  using connection = new Connection();
  const [SOL_TCP, TCP_INFO] = [6, 11];
  return ((connection.client.option(SOL_TCP, TCP_INFO, 104)[5] ?? 0) & 8) !== 0;
}

test("sockops() names what cannot be", { needs: NEEDS }, () => {
  using group = new Cgroup();
  const { path } = group;
  const faults: [() => unknown, string][] = [
    [
      () => sockops(path, (c) => c.op === ("STATE" as "STATE_CB") ? undefined : undefined),
      'it is never "STATE": it is one of VOID, TIMEOUT_INIT, ',
    ],
    [
      () => sockops(path, (c) => void c.watch("RTO" as "RTO_CB")),
      'it is never "RTO": it is one of RTO_CB, RETRANS_CB, STATE_CB, RTT_CB',
    ],
    [() => sockops(path, (c) => void c.watch(c.op as "RTO_CB")), "watch() is of constants: RTO_CB, "],
    [() => sockops(path, (c) => ({ x: c.args[4 as 0] })), "have constant numbers from 0 to 3"],
  ];
  for (const [act, message] of faults) assertThrows(act, CompileError, message);
});
