import { assertEquals } from "@std/assert";
import { loadFunction } from "../../src/trace/_load.ts";
import type { FrameContext, KernelSide, SharedThings } from "../../src/trace/mod.ts";
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
  const packets = [frame(0x0806, bytes("0001 0800 06 04 0002", "00".repeat(20)))];
  assertEquals(answers({}, (c) => c.arp()?.ar_op ?? 0, packets), same([2]));
});
