import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { assertEquals, assertThrows } from "@std/assert";
import { CompileError } from "../../src/errors.ts";
import { loadFunction } from "../../src/trace/_load.ts";
import { counter, type FrameContext, tc, xdp } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";
import { Network } from "../link/_network.ts";
import { run } from "../_run.ts";
import { bytes, checksum, echo, frame, ipv4, ipv6, tcp, u16, udp } from "./_packets.ts";

const NEEDS = ["bpf", "btf", "xdp"] as const;

/** What a function makes of packets, by each kind of program. */
function changed(
  body: (c: FrameContext) => unknown,
  packets: readonly Uint8Array[],
): Record<"xdp" | "tc", string[]> {
  const by = (kind: "xdp" | "tc", type: "xdp" | "sched_cls") => {
    using program = loadFunction({
      function: body as () => unknown,
      shared: {},
      context: { kind },
      program: { name: "changes", type },
      results: {},
    }).program;
    return packets.map((data) => program.run({ data }).data.toHex());
  };
  return { xdp: by("xdp", "xdp"), tc: by("tc", "sched_cls") };
}

function hex(packets: readonly Uint8Array[]): Record<"xdp" | "tc", string[]> {
  const all = packets.map((packet) => packet.toHex());
  return { xdp: all, tc: all };
}

test("ports are changed, and checksums with them", { needs: NEEDS }, () => {
  const make = (port: number) => [
    frame(0x0800, ipv4(17, udp(4, 9, port, bytes("0102030405")))),
    frame(0x0800, ipv4(17, udp(4, 9, port, bytes("0102030405"), true))), // without a checksum
    frame(0x0800, ipv4(6, tcp(4, 9, port, bytes("01020304"), "01010101"))),
    frame(0x86dd, ipv6(17, udp(6, 9, port, bytes("010203")))),
    frame(0x86dd, ipv6(6, tcp(6, 9, port)), [[0x8100, 5]]),
  ];
  const results = changed((c) => {
    const tcp = c.tcp();
    if (tcp) tcp.dest = 8080;
    const udp = c.udp();
    if (udp) udp.dest += 8027;
  }, make(53));
  assertEquals(results, hex(make(8080)));
});

/** Whether the checksums of IPv4, and of UDP, TCP or ICMPv6 in it, add up as RFC 1071 says: over all there is. */
function addsUp(packet: Uint8Array): boolean {
  const isIpv4 = packet[12] === 0x08;
  const transport = packet.subarray(isIpv4 ? 34 : 54);
  const protocol = packet[isIpv4 ? 23 : 20] ?? 0;
  const addresses = isIpv4 ? packet.subarray(26, 34) : packet.subarray(22, 54);
  const pseudo = ~checksum(bytes(addresses, u16(protocol), u16(transport.length))) & 0xffff;
  return checksum(transport, pseudo) === 0 && (!isIpv4 || checksum(packet.subarray(14, 34)) === 0);
}

test("addresses are changed, and checksums of both layers with them", { needs: NEEDS }, () => {
  const packets = [
    frame(0x0800, ipv4(17, udp(4, 9, 53, bytes("0102")))),
    frame(0x0800, ipv4(6, tcp(4, 9, 80))),
    frame(0x86dd, ipv6(17, udp(6, 9, 53))),
    frame(0x86dd, ipv6(6, tcp(6, 9, 80))),
    frame(0x86dd, ipv6(58, echo(6))),
  ];
  assertEquals(packets.map(addsUp), [true, true, true, true, true]);
  const body = (c: FrameContext) => {
    const ip = c.ipv4();
    if (ip) ip.saddr = "203.0.113.77";
    const ip6 = c.ipv6();
    if (ip6) ip6.daddr = "2001:db8:ffff::1:2";
  };
  const expected = packets.map((packet, i) => {
    const wanted = packet.toHex();
    return i < 2
      ? wanted.replace("c0000201", "cb00714d")
      : wanted.replace("20010db8000000010000000000000002", "20010db8ffff00000000000000010002");
  });
  for (const results of Object.values(changed(body, packets))) {
    const got = results.map((packet) => Uint8Array.fromHex(packet));
    assertEquals(got.map(addsUp), [true, true, true, true, true]);
    // Nothing else has changed but checksums
    const sums = [[24, 40], [24, 50], [60], [70], [56]];
    const blank = (packet: Uint8Array, i: number) => {
      const copy = packet.slice();
      for (const at of sums[i] ?? []) copy.fill(0, at, at + 2);
      return copy.toHex();
    };
    assertEquals(got.map(blank), expected.map((packet, i) => blank(Uint8Array.fromHex(packet), i)));
  }
});

test("the kernel's sum of a whole packet stays right", { needs: [...NEEDS, "tcx"] }, () => {
  using program = loadFunction({
    function: ((c: FrameContext) => {
      const ip = c.ipv4();
      if (ip) ip.daddr = "203.0.113.77";
      const ip6 = c.ipv6();
      if (ip6) ip6.saddr = "2001:db8:ffff::1:2";
      const udp = c.udp();
      if (udp) udp.source = 4000;
    }) as () => unknown,
    shared: {},
    context: { kind: "tc" },
    program: { name: "sums", type: "sched_cls" },
    results: {},
  }).program;
  for (const data of [frame(0x0800, ipv4(17, udp(4, 9, 53))), frame(0x86dd, ipv6(17, udp(6, 9, 53)))]) {
    assertEquals(addsUp(program.run({ data, checksumComplete: true }).data), true);
  }
});

test("bytes, bits and hardware addresses are changed", { needs: NEEDS }, () => {
  const packet = frame(0x0800, ipv4(6, tcp(4, 9, 80)));
  const [got = ""] = changed((c) => {
    const ethernet = c.ethernet();
    const ip = c.ipv4();
    const tcp = c.tcp();
    if (!ethernet || !ip || !tcp) return;
    const from = ethernet.h_source;
    ethernet.h_source = ethernet.h_dest;
    ethernet.h_dest = from;
    ip.ttl -= 1;
    tcp.ack = 1;
    tcp.seq = 0x01020304;
  }, [packet]).xdp;
  const result = Uint8Array.fromHex(got);
  assertEquals(addsUp(result), true);
  assertEquals(got.slice(0, 24), "020000000001020000000002");
  assertEquals([result[22], result[47], got.slice(76, 84)], [63, 0x12, "01020304"]);
});

/** Has answers to pings sent: ICMP of RFC 792. */
function answerPings(c: FrameContext): "tx" | "pass" {
  const ethernet = c.ethernet();
  const ip = c.ipv4();
  const icmp = c.icmp();
  if (!ethernet || !ip || !icmp || icmp.type !== 8) return "pass";
  const mac = ethernet.h_source;
  ethernet.h_source = ethernet.h_dest;
  ethernet.h_dest = mac;
  const address = ip.saddr;
  ip.saddr = ip.daddr;
  ip.daddr = address;
  icmp.type = 0;
  return "tx";
}

test("pings are answered by XDP, of an address that nobody has", { needs: NEEDS }, async () => {
  using network = new Network();
  const nobody = network.peer.replace(/\d+$/, "77");
  const { namespace, device } = network;
  run("ip", [
    "-n",
    namespace,
    "neighbour",
    "add",
    nobody,
    "lladdr",
    "02:00:00:00:00:77",
    "dev",
    `${device}p`,
  ]);
  using probe = xdp(device, answerPings, { mode: "generic" });
  const { data, returnValue } = probe.program.run({ data: frame(0x0800, ipv4(1, echo(4))) });
  assertEquals([returnValue, checksum(data.subarray(14, 34)), checksum(data.subarray(34))], [3, 0, 0]);
  const ping = ["netns", "exec", namespace, "busybox", "ping", "-c", "3", "-i", "0.1", "-W", "5", nobody];
  const { stdout } = await promisify(execFile)("ip", ping);
  assertEquals(/3 packets received/.test(stdout), true);
});

/** Has a device compute checksums, instead of leaving them to the one at the other end: `ETHTOOL_STXCSUM`. */
const SUM = `socket(my $s, 2, 2, 0) or die;
my $value = pack("LL", 0x17, 0);
my $request = pack("a16px16", $ARGV[0], $value);
ioctl($s, 0x8946, $request) or die "$!";`;

test("connections go on over changed ports and addresses", { needs: [...NEEDS, "perl"] }, async () => {
  using network = new Network();
  const { device, namespace, address, peer } = network;
  run("perl", ["-e", SUM, device]);
  run("ip", ["netns", "exec", namespace, "perl", "-e", SUM, `${device}p`]);
  using seen = counter<number>();
  const server = createServer((socket) => socket.on("data", (data) => socket.end(`got ${data}`)));
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const port = (server.address() as { port: number }).port;
  const alias = peer.replace(/\d+$/, "99"); // what the client is called here
  run("ip", [
    "neighbour",
    "add",
    alias,
    "lladdr",
    run("ip", ["netns", "exec", namespace, "cat", `/sys/class/net/${device}p/address`]).trim(),
    "dev",
    device,
  ]);
  {
    using _in = xdp(device, { seen, port, alias }, (c, { seen, port, alias }) => {
      const ip = c.ipv4();
      const tcp = c.tcp();
      if (!ip || tcp?.dest !== 9) return;
      seen.count(1);
      ip.saddr = alias;
      const header = c.tcp();
      if (header) header.dest = port;
    });
    using _out = tc(device, "egress", { seen, port, peer }, (c, { seen, port, peer }) => {
      const ip = c.ipv4();
      const tcp = c.tcp();
      if (!ip || !tcp || tcp.source !== port) return;
      seen.count(2);
      ip.daddr = peer;
      tcp.source = 9;
    });
    const client = `exec 3<>/dev/tcp/${address}/9; echo hello >&3; cat <&3`;
    const { stdout } = await promisify(execFile)("ip", [
      "netns",
      "exec",
      namespace,
      "timeout",
      "20",
      "bash",
      "-c",
      client,
    ]);
    assertEquals(stdout, "got hello\n");
  }
  assertEquals(seen.get(1) >= 4 && seen.get(2) >= 3, true);
  await new Promise((resolve) => server.close(resolve));
});

test("what cannot be changed is told", { needs: NEEDS }, () => {
  const refused = (body: (c: FrameContext) => void) => () => changed(body, []);
  assertThrows(
    refused((c) => {
      const sctp = c.sctp();
      if (sctp) sctp.dest = 1;
    }),
    CompileError,
    "the checksum of SCTP cannot be kept right",
  );
  assertThrows(
    refused((c) => {
      const ip = c.ipv6();
      if (ip) ip.saddr = 1;
    }),
    CompileError,
    "this is an IPv6 address, not a number",
  );
  assertThrows(
    refused((c) => {
      const ip = c.ipv4();
      if (ip) ip.saddr = "192.0.2";
    }),
    CompileError,
    '"192.0.2" is no IPv4 address',
  );
});
