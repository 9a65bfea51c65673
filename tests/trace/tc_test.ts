import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { assertEquals, assertThrows } from "@std/assert";
import { CompileError, NotFoundError } from "../../src/errors.ts";
import { counter, tc, xdp } from "../../src/trace/mod.ts";
import { eventually } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { Network } from "../link/_network.ts";
import { frame, ipv4, udp } from "./_packets.ts";

const NEEDS = ["bpf", "btf", "xdp"] as const;

test("bytes that come and go are metered by port", { needs: NEEDS }, async () => {
  using network = new Network();
  using bytes = counter<number>();
  using _in = tc(network.device, "ingress", { bytes }, (c, { bytes }) => {
    const udp = c.udp();
    if (udp) bytes.count(udp.dest, c.length);
  });
  using _out = tc(network.device, "egress", { bytes }, (c, { bytes }) => {
    const udp = c.udp();
    if (udp) bytes.count(udp.dest, c.length);
    return "ok";
  });
  network.send(4001, 7);
  network.sendBack(4002, 5);
  const size = 14 + 20 + 8 + 2; // Ethernet, IPv4, UDP, and "x\n"
  assertEquals(await eventually(() => bytes.get(4001) === 7 * size && bytes.get(4002) === 5 * size), true);
});

test("ports that are shut get nothing, and the others do", { needs: NEEDS }, async () => {
  using network = new Network();
  const got: number[] = [];
  const sockets = await Promise.all([4001, 4002].map(async (port) => {
    const socket = createSocket("udp4", () => got.push(port));
    await new Promise<void>((resolve) => socket.bind(port, network.address, resolve));
    return socket;
  }));
  using _probe = tc(network.device, "ingress", { shut: 4001 }, (c, { shut }) => {
    if (c.udp()?.dest === shut) return "shot";
  });
  network.send(4001, 3);
  network.send(4002, 2);
  const arrived = await eventually(() => got.length >= 2);
  for (const socket of sockets) await new Promise<void>((resolve) => socket.close(resolve));
  assertEquals([arrived, got], [true, [4002, 4002]]);
});

test("tags that the kernel took out of a packet are told, and those in it", { needs: NEEDS }, async () => {
  using network = new Network();
  using seen = counter<{ outer: number; inner: number; type: number; port: number }>();
  using _tc = tc(network.device, "ingress", { seen }, (c, { seen }) => {
    const udp = c.udp();
    if (udp) {
      seen.count({
        outer: c.vlan() ?? 0,
        inner: c.vlan(1) ?? 0,
        type: c.load(12, "u16") ?? 0,
        port: udp.dest,
      });
    }
  });
  using injector = xdp(network.device, () => "pass", { mode: "generic" });
  const context = new Uint8Array(24);
  const view = new DataView(context.buffer);
  const payload = ipv4(17, udp(4, 9, 4001));
  for (const tags of [[], [[0x8100, 42]], [[0x88a8, 7], [0x8100, 42]]] as const) {
    const data = frame(0x0800, payload, tags);
    view.setUint32(4, data.length, true);
    view.setUint32(12, ifindex(network.device), true);
    injector.program.run({ data, context, liveFrames: true });
  }
  assertEquals(await eventually(() => seen.total === 3), true);
  const keys = [...seen].map(([key]) => key).sort((a, b) => a.outer - b.outer);
  assertEquals(keys, [
    { outer: 0, inner: 0, type: 0x0800, port: 4001 },
    { outer: 7, inner: 42, type: 0x8100, port: 4001 }, // the outer tag is not in the packet
    { outer: 42, inner: 0, type: 0x0800, port: 4001 },
  ]);
});

test("packets go out by another device", { needs: NEEDS }, async () => {
  using from = new Network();
  using to = new Network();
  using arrived = counter();
  using _in = tc(from.device, "ingress", { index: ifindex(to.device) }, (c, { index }) => {
    if (c.udp()?.dest === 4001) return c.redirect(index);
  });
  using _out = tc(to.device, "egress", { arrived }, (c, { arrived }) => {
    if (c.udp()?.dest === 4001) arrived.count();
  });
  from.send(4001, 3);
  assertEquals(await eventually(() => arrived.total === 3), true);
});

function ifindex(device: string): number {
  return Number(readFileSync(`/sys/class/net/${device}/ifindex`, "utf8"));
}

test("devices and verdicts of traffic control that are not there are named", { needs: NEEDS }, () => {
  assertThrows(
    () => tc("no-such-device", "ingress", () => "ok"),
    NotFoundError,
    "there is none of that name",
  );
  assertThrows(
    () => tc("lo", "egress", (() => "drop") as unknown as () => "ok"),
    CompileError,
    '"drop" is no verdict',
  );
});
