import { assertEquals, assertThrows } from "@std/assert";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { native, systemCalls, useNative } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { NotFoundError, NotSupportedError, PermissionError, SyscallError } from "../../src/errors.ts";
import { attachLwt, attachSeg6Local, attachTc, type LwtRoute } from "../../src/link/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { eventually, type Facts } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { counter, hitsOf } from "./_contract.ts";
import { Network } from "./_network.ts";
import { sendingInstead } from "./_old_kernel.ts";

const NEEDS = ["bpf", "lwt"] as const;

/** Where the programs of `lwt.bpf.c` count, above the port. */
const BASE = { in: 100_000, out: 200_000, xmit: 300_000, deny: 400_000 } as const;
const PROTOCOL = { IPIP: 4, UDP: 17 } as const;

let port = 22_000;
/** A range for tests beside the one of {@linkcode Network}: RFC 2544. */
const block = `198.19.${process.pid % 256}`;
const to = `${block}.0/24`;
const target = `${block}.5`;

/** The routes to a block that `ip` shows. */
function routes(to: string, family = "-4"): Facts[] {
  return JSON.parse(run("ip", [family, "-j", "route", "show", to]));
}

test(
  "attachLwt() runs programs for what leaves by a route, until it is closed",
  { needs: NEEDS },
  async () => {
    using network = new Network();
    const { device } = network;
    const { object, hits } = await counter("lwt", "on_out", "on_xmit");
    await using _object = object;
    const [out, xmit] = [object.programs.get("on_out"), object.programs.get("on_xmit")];
    port++;
    const keys = [BASE.out + port, BASE.xmit + port];
    const attachment = attachLwt({ out, xmit, headroom: 20 }, { to, device, via: network.peer });
    const [route, ...others] = routes(to);
    assertEquals([route?.encap, route?.dev, route?.gateway, others], ["bpf", device, network.peer, []]);
    const mark = new RegExp(`^on_(out|xmit):waggle:${process.pid}:`);
    assertEquals([mark.test(`${route?.out}`), mark.test(`${route?.xmit}`), route?.in], [
      true,
      true,
      undefined,
    ]);
    network.sendBack(port, 7, target);
    assertEquals(await eventually(() => hitsOf(hits, keys) >= 14), true);
    assertEquals(keys.map((key) => hitsOf(hits, [key])), [7, 7]);

    object.programs.close();
    network.sendBack(port, 2, target);
    assertEquals(await eventually(() => hitsOf(hits, keys) === 18), true);
    attachment.close();
    attachment.close();
    assertEquals(routes(to), []);
  },
);

test("attachLwt() runs programs for what arrives and takes a route", { needs: NEEDS }, async () => {
  using network = new Network();
  const { device, namespace, address } = network;
  const { object, hits } = await counter("lwt", "on_in");
  await using _object = object;
  writeFileSync(`/proc/sys/net/ipv4/conf/${device}/forwarding`, "1");
  run("ip", ["-n", namespace, "route", "add", to, "via", address]);
  port++;
  {
    using _route = attachLwt({ in: object.programs.get("on_in") }, { to, device });
    network.send(port, 5, target);
    assertEquals(await eventually(() => hitsOf(hits, [BASE.in + port]) >= 5), true);
  }
  network.send(port, 3, target);
  assertEquals(hitsOf(hits, [BASE.in + port]), 5);
});

test("programs of attachLwt() drop and wrap packets", { needs: [...NEEDS, "tc"] }, async () => {
  using network = new Network();
  const { device, peer: via } = network;
  const { object, hits } = await counter("lwt", "deny", "wrap", "on_wire");
  await using _object = object;
  using _wire = attachTc(object.programs.get("on_wire"), device, "egress");
  const sent = (packets: number) => network.sendBack(++port, packets, target);
  const xmit = (name: string) => ({ xmit: object.programs.get(name) });
  {
    using _route = attachLwt(xmit("deny"), { to, device, via, metric: 7 });
    // The kernel tells the sender
    assertThrows(() => sent(4), Error, "Operation not permitted");
    const counted = [BASE.deny + port, PROTOCOL.UDP, PROTOCOL.IPIP].map((key) => hitsOf(hits, [key]));
    assertEquals(counted, [4, 0, 0]);
    // The lowest metric is taken
    using _first = attachLwt({ ...xmit("wrap"), headroom: 20 }, { to, device, via });
    sent(3);
    assertEquals(await eventually(() => hitsOf(hits, [PROTOCOL.IPIP]) === 3), true);
    assertEquals(hitsOf(hits, [PROTOCOL.UDP]), 0);
  }
  assertEquals(routes(to), []);
});

test("attachSeg6Local() runs a program for segments", { needs: NEEDS }, async () => {
  using network = new Network();
  const { device, namespace } = network;
  const { object, hits } = await counter("lwt", "on_segment");
  await using _object = object;
  const there = ["-6", "-n", namespace];
  run("ip", ["-6", "address", "add", "fd77:1::1/64", "dev", device, "nodad"]);
  run("ip", [...there, "address", "add", "fd77:1::2/64", "dev", `${device}p`, "nodad"]);
  run("ip", [...there, "route", "add", "fd77:2::/64", "via", "fd77:1::1"]);
  const segments = ["encap", "seg6", "mode", "inline", "segs", "fd77:2::e"];
  run("ip", [...there, "route", "add", "fd77:3::/64", ...segments, "dev", `${device}p`]);
  const sent = () => network.send(++port, 6, "fd77:3::9");
  {
    using _route = attachSeg6Local(object.programs.get("on_segment"), { to: "fd77:2::e", device });
    const [route] = routes("fd77:2::e", "-6");
    assertEquals([route?.encap, route?.action, route?.dev], ["seg6local", "End.BPF", device]);
    sent();
    assertEquals(await eventually(() => hitsOf(hits, [43]) >= 6), true);
  }
  assertEquals(routes("fd77:2::e", "-6"), []);
  sent();
  assertEquals(hitsOf(hits, [43]), 6);
});

test("attachLwt() leaves the routes of others", { needs: NEEDS }, async () => {
  using network = new Network();
  const { device } = network;
  const { object } = await counter("lwt", "on_xmit");
  await using _object = object;
  const xmit = object.programs.get("on_xmit");
  const attachment = attachLwt({ xmit }, { to, device });
  assertThrows(
    () => attachLwt({ xmit }, { to, device }),
    SyscallError,
    `Cannot create a route to "${to}" with program "on_xmit" (xmit): exists already ` +
      "(EEXIST from netlink(RTM_NEWROUTE)): there is a route to it of this metric: give another one",
  );
  run("ip", ["route", "replace", to, "dev", device, "protocol", "static"]);
  attachment.close();
  assertEquals(routes(to).map(({ encap, dev }) => [encap, dev]), [[undefined, device]]);
});

test("an attachment of attachLwt() may outlive its device", { needs: NEEDS }, async () => {
  const { object } = await counter("lwt", "on_xmit");
  await using _object = object;
  const xmit = object.programs.get("on_xmit");
  const attachments: Disposable[] = [];
  {
    using network = new Network();
    const { device } = network;
    attachments.push(attachLwt({ xmit }, { to, device }), attachLwt({ xmit }, { to: "fd77:4::/64", device }));
  }
  for (const attachment of attachments) attachment[Symbol.dispose]();
});

test("attachLwt() says why the kernel refuses", { needs: NEEDS }, async () => {
  using network = new Network();
  const { device } = network;
  const { object } = await counter("lwt", "on_xmit");
  await using _object = object;
  const xmit = object.programs.get("on_xmit");
  using xdp = loadProgram({ name: "xdp", type: "xdp", instructions: [mov(r0, 0), exit()] });
  const refused = (route: LwtRoute, message: string) =>
    assertThrows(() => attachLwt({ xmit }, route), Error, message);

  assertThrows(() => attachLwt({}, { to, device }), TypeError, `a route to "${to}": it has no program`);
  assertThrows(() => attachLwt({ in: xmit }, { to }), TypeError, "is of type lwt_xmit, not lwt_in");
  assertThrows(() => attachSeg6Local(xdp, { to }), TypeError, "is of type xdp, not lwt_seg6local");
  assertThrows(
    () => attachLwt({ xmit, headroom: 257 }, { to, device }),
    RangeError,
    "headroom 257 is not from 0 to 256",
  );
  assertThrows(() => attachLwt({ xmit }, { to, device: `${device}y` }), NotFoundError, `"${device}"`);
  for (const wrong of ["10.0.0", "10.0.0.0/33", "fd00::/129", "fd00::/x", "10.0.0.0/8/8", ""]) {
    refused({ to: wrong, device }, `"${wrong}" is neither an address nor a block like 10.1.0.0/16`);
  }
  refused({ to, via: "fd77::1" }, 'the router "fd77::1" is no address of ipv4');
  refused({ to, via: "10.0.0.0/8" }, 'the router "10.0.0.0/8" is no address of ipv4');
  refused({ to, device, metric: -1 }, "metric -1 is not from 0 to 4294967295");
  // The words of the kernel, which `ip route add` shows too
  refused({ to: `${block}.5/24`, device }, "Invalid prefix for given prefix length");
  refused({ to, device, via: "203.0.113.9" }, "Nexthop has invalid gateway");

  {
    // RTA_ENCAP_TYPE of LWTUNNEL_ENCAP_ILA, which few kernels have
    using _native = useNative(sendingInstead([6, 0, 21, 0, 6, 0], [6, 0, 21, 0, 3, 0]));
    assertThrows(
      () => attachLwt({ xmit }, { to, device }),
      NotSupportedError,
      "lacks such routes (CONFIG_LWTUNNEL_BPF",
    );
  }

  const real = native();
  const { sendto } = systemCalls(real.arch);
  using _native = useNative({
    ...real,
    syscall: (number, ...args) => number === sendto ? -1 : real.syscall(number, ...args),
  });
  assertThrows(
    () => attachLwt({ xmit }, { to, device }),
    PermissionError,
    "not permitted: it has CAP_NET_ADMIN",
  );
});
