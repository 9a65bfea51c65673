import { assertEquals } from "@std/assert";
import { loadFunction } from "../../src/trace/_load.ts";
import {
  counter,
  events,
  type FrameContext,
  type KernelSide,
  lpm,
  type SharedThings,
} from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";
import { bytes, frame, ipv4, ipv6, tcp, u16, udp } from "./_packets.ts";

const NEEDS = ["bpf", "btf", "xdp"] as const;

/** The kinds of programs that see whole frames. */
const KINDS = [["xdp", "xdp"], ["tc", "sched_cls"]] as const;

/** Has a function see packets, as each kind of program, and returns what it answers. */
function answers<const S extends SharedThings>(
  shared: S,
  body: (c: FrameContext, shared: KernelSide<S>) => unknown,
  packets: readonly Uint8Array[],
): Record<string, number[]> {
  return Object.fromEntries(KINDS.map(([kind, type]) => {
    using program = loadFunction({
      function: body as () => unknown,
      shared,
      context: { kind },
      program: { name: "packets", type },
      results: {},
    }).program;
    return [kind, packets.map((data) => program.run({ data }).returnValue)];
  }));
}

/** What all kinds answer. */
function same(results: readonly number[]): Record<string, readonly number[]> {
  return Object.fromEntries(KINDS.map(([kind]) => [kind, results]));
}

test(
  "ports are found behind tags, options and extensions, and not in later fragments",
  { needs: NEEDS },
  () => {
    const data = udp(4, 9, 53);
    const data6 = udp(6, 9, 53);
    const cases: readonly [Uint8Array, number][] = [
      [frame(0x0800, ipv4(17, data)), 53],
      [frame(0x0800, ipv4(17, data, { options: "01010100" })), 53],
      [frame(0x0800, ipv4(17, data, { options: "01".repeat(40) })), 53],
      [frame(0x0800, ipv4(17, data), [[0x8100, 5]]), 53],
      [frame(0x0800, ipv4(17, data), [[0x88a8, 7], [0x8100, 5]]), 53],
      [frame(0x0800, ipv4(17, data), [[0x88a8, 7], [0x8100, 5], [0x8100, 6]]), 0],
      [frame(0x0800, ipv4(17, data, { fragment: 0x2000 })), 53], // the first, with more to come
      [frame(0x0800, ipv4(17, data, { fragment: 0x2001 })), 0],
      [frame(0x0800, ipv4(17, data, { fragment: 0x0001 })), 0],
      [frame(0x0800, ipv4(6, tcp(4, 9, 80))), 80],
      [frame(0x0800, ipv4(132, bytes(u16(9), u16(36412), "0000000000000000"))), 36412],
      [frame(0x86dd, ipv6(17, data6)), 53],
      [frame(0x86dd, ipv6(6, tcp(6, 9, 443)), [[0x8100, 5]]), 443],
      [frame(0x86dd, ipv6(0, bytes(17, 0, "000000000000", data6))), 53], // hop-by-hop options
      [frame(0x86dd, ipv6(60, bytes(43, 1, "00".repeat(14), 17, 0, "00".repeat(6), data6))), 53],
      [frame(0x86dd, ipv6(51, bytes(17, 4, "00".repeat(22), data6))), 53], // authentication: 24 bytes
      [frame(0x86dd, ipv6(44, bytes(17, 0, u16(0x0001), "00000001", data6))), 53], // the first fragment
      [frame(0x86dd, ipv6(44, bytes(17, 0, u16(0x0008), "00000001", data6))), 0],
      [frame(0x86dd, ipv6(59, bytes())), 0], // no next header
      [frame(0x86dd, ipv6(0, bytes(17, 200, "00".repeat(6), data6))), 0], // longer than the packet
      [frame(0x0806, bytes("00".repeat(28))), 0],
      [frame(0x0800, ipv4(17, data).subarray(0, 27)), 0], // one byte too short
    ];
    const results = answers({}, (c) => {
      const udp = c.udp();
      if (udp) return udp.dest;
      const tcp = c.tcp();
      return tcp ? tcp.dest : c.sctp()?.dest ?? 0;
    }, cases.map(([packet]) => packet));
    assertEquals(results, same(cases.map(([, port]) => port)));
  },
);

test("tags of VLANs are read, and numbers anywhere up to the end", { needs: NEEDS }, () => {
  const data = udp(4, 9, 53, bytes("1234 0100 0001"));
  const packets = [
    frame(0x0800, ipv4(17, data)),
    frame(0x0800, ipv4(17, data), [[0x88a8, 0x6007], [0x8100, 0x0005]]),
    frame(0x0800, ipv4(6, tcp(4, 9, 80, bytes("1234"), "01010101"))),
    frame(0x0806, bytes("0001 0800 06 04 0002", "00".repeat(20))),
  ];
  assertEquals(
    answers({}, (c) => (c.vlan() ?? 100) * 256 + (c.vlan(1) ?? 100), packets),
    same([25700, 1797, 25700, 25700]),
  );
  assertEquals(answers({}, (c) => c.payloadOffset ?? 1, packets), same([42, 50, 58, 1]));
  assertEquals(
    answers({}, (c) => c.load((c.payloadOffset ?? 2000) + 2, "u16") ?? 1, packets),
    same([0x0100, 0x0100, 1, 1]),
  );
  assertEquals(answers({}, (c) => c.load(12, "u16") ?? 1, packets), same([0x0800, 0x88a8, 0x0800, 0x0806]));
  const ends = [47, 48, 44, 45].map((offset) =>
    Object.values(answers({ offset }, (c, { offset }) => {
      const type = offset < 46 ? c.load(offset, "u32") : c.load(offset);
      return type ?? 7;
    }, packets.slice(0, 1))).flat()
  );
  assertEquals(ends, [[1, 1], [7, 7], [0x01000001, 0x01000001], [7, 7]]);
  assertEquals(answers({}, (c) => c.length, packets), same(packets.map(({ length }) => length)));
});

test("what a packet answers to ARP is read behind the kernel's struct", { needs: NEEDS }, () => {
  const sender = "02 00 00 00 00 01 c0000201";
  const packets = [frame(0x0806, bytes("0001 0800 06 04 0002", sender, "02 00 00 00 00 02 c6336402"))];
  using seen = counter<{ op: number; mac: string; ip: string; theirMac: string; theirIp: string }>();
  answers({ seen }, (c, { seen }) => {
    const arp = c.arp();
    if (!arp) return;
    seen.count({ op: arp.ar_op, mac: arp.ar_sha, ip: arp.ar_sip, theirMac: arp.ar_tha, theirIp: arp.ar_tip });
  }, packets);
  const theirs = { theirMac: "02:00:00:00:00:02", theirIp: "198.51.100.2" };
  assertEquals([...seen], [[{ op: 2, mac: "02:00:00:00:00:01", ip: "192.0.2.1", ...theirs }, 2]]);
});

test("networks of both families are blocked, in VLANs too", { needs: NEEDS }, () => {
  using blocked = lpm();
  blocked.set("192.0.2.0/25", 0).set("2001:db8::/63", 0).set("::/1", 0);
  const packets = [
    frame(0x0800, ipv4(17, udp(4, 9, 53))),
    frame(0x0800, ipv4(17, udp(4, 9, 53)), [[0x8100, 5]]),
    frame(0x86dd, ipv6(17, udp(6, 9, 53))),
    frame(0x86dd, ipv6(17, udp(6, 9, 53)), [[0x88a8, 7], [0x8100, 5]]),
    frame(0x0806, bytes("00".repeat(28))),
  ];
  const check = () =>
    answers({ blocked }, (c, { blocked }) => {
      const ip = c.ipv4();
      if (ip) return blocked.has(ip.saddr) ? 1 : 2;
      const ip6 = c.ipv6();
      if (!ip6) return 3;
      if (!blocked.has(ip6.saddr)) return 2;
      blocked.count(ip6.saddr);
      return 1;
    }, packets);
  assertEquals(check(), same([1, 1, 1, 1, 3]));
  assertEquals(new Map(blocked), new Map([["192.0.2.0/25", 0], ["2001:db8::/63", 4], ["::/1", 0]]));
  assertEquals([blocked.get("192.0.2.5"), blocked.get("2001:db8::5"), blocked.get("8000::")], [
    0,
    4,
    undefined,
  ]);
  blocked.delete("192.0.2.0/25");
  blocked.delete("2001:db8::/63");
  assertEquals(check(), same([2, 2, 1, 1, 3])); // what is left is of IPv6 alone
});

test("addresses and what packets carry come as they are", { needs: NEEDS }, async () => {
  using seen = events<
    { from: string; to: string; saddr: string; mine: boolean; data: Uint8Array; start: Uint8Array }
  >();
  const query = bytes("1234 0100 0001 0000 0000 0000 03777777 07 6578616d706c65 00 0001 0001"); // RFC 1035
  const packets = [
    frame(0x86dd, ipv6(17, udp(6, 9, 53, query))),
    frame(0x86dd, ipv6(17, udp(6, 9, 53, query.subarray(0, 5)))),
    frame(0x86dd, ipv6(59, bytes())),
  ];
  answers({ seen, peer: "2001:db8::1" }, (c, { seen, peer }) => {
    const ethernet = c.ethernet();
    const ip = c.ipv6();
    if (!ethernet || !ip) return;
    const saddr = ip.saddr;
    seen.emit({
      from: ethernet.h_source,
      to: ethernet.h_dest,
      saddr,
      mine: saddr === peer && ip.daddr !== peer,
      data: c.payload(20),
      start: c.bytes(12, 4),
    });
  }, packets);
  const got = [];
  for await (const event of seen.events({ timeout: 100 })) got.push(event);
  const whole = { from: "02:00:00:00:00:01", to: "02:00:00:00:00:02", saddr: "2001:db8::1", mine: true };
  const one = [query.subarray(0, 20), query.subarray(0, 5), bytes()].map((data) => (
    { ...whole, data, start: bytes("86dd6000") }
  ));
  assertEquals(got, [...one, ...one]);
});

/** Loads a function for packets, and says what was made of it and how many steps the verifier took. */
function made(body: (c: FrameContext) => unknown): [text: string, steps: number][] {
  return KINDS.map(([kind, type]) => {
    const options = {
      shared: {},
      context: { kind },
      program: { name: "packets", type },
      results: {},
    } as const;
    const { program, explain } = loadFunction({ function: body as () => unknown, ...options });
    using loaded = program;
    return [explain(), loaded.info.verifiedInstructions];
  });
}

test("the verifier is done soon, and without CAP_PERFMON up to the network layer", { needs: NEEDS }, () => {
  // Who lacks it may add no registers to addresses of packets (sanitize_ptr_alu() of the verifier)
  const sum = /r\d \+= r\d/;
  const network = made((c) =>
    (c.ipv4()?.saddr === "192.0.2.1" || c.ipv6()?.saddr === "2001:db8::1") && c.load(12) === 8
  );
  assertEquals(network.map(([text, steps]) => [sum.test(text), steps < 1000]), [[false, true], [
    false,
    true,
  ]]);
  const transport = made((c) =>
    c.tcp()?.dest === 80 || c.udp()?.dest === 53 || c.sctp()?.dest === c.payloadOffset
  );
  assertEquals(transport.map(([text, steps]) => [sum.test(text), steps < 5000]), [[true, true], [
    true,
    true,
  ]]);
});
