import { assertEquals, assertThrows } from "@std/assert";
import { CompileError, NotFoundError } from "../../src/errors.ts";
import { counter, lpm, type Probe, xdp } from "../../src/trace/mod.ts";
import { eventually } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { Network } from "../link/_network.ts";

const NEEDS = ["bpf", "btf", "xdp"] as const;

/** `XDP_…` of `include/uapi/linux/bpf.h`. */
const [DROP, PASS, TX] = [1, 2, 3];

test("packets of blocked networks are dropped and counted by their port", { needs: NEEDS }, async () => {
  using network = new Network();
  using blocked = lpm();
  using ports = counter<number>();
  using _probe = xdp(network.device, { blocked, ports }, (c, { blocked, ports }) => {
    const ip = c.ipv4();
    if (!ip || !blocked.has(ip.saddr)) return "pass";
    const udp = c.udp();
    if (udp) ports.count(udp.dest);
    blocked.count(ip.saddr);
    return "drop";
  });
  network.send(4001, 2);
  const half = network.peer.replace(/\.\d+$/, ".0/25");
  blocked.set(half, 0).set("10.0.0.0/8", 0);
  network.send(4002, 5);
  network.send(4003, 1);
  assertEquals(await eventually(() => blocked.get(network.peer) === 6), true);
  assertEquals(new Map(ports), new Map([[4002, 5], [4003, 1]]));
  assertEquals(new Map(blocked), new Map([[half, 6], ["10.0.0.0/8", 0]]));
  blocked.delete(half);
  network.send(4004, 3);
  assertEquals(ports.total, 6);
});

/** A packet of UDP, of IPv4 with options. */
function packet({ type = 0x0800, protocol = 17, words = 5, port = 53, length = 64 }): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint16(12, type);
  view.setUint8(14, 0x40 | words);
  view.setUint8(23, protocol);
  view.setUint32(26, 0xc0000201); // 192.0.2.1
  view.setUint16(14 + words * 4 + 2, port);
  return bytes.subarray(0, length);
}

/** What becomes of packets. */
function verdicts(probe: Probe, packets: readonly Uint8Array[]): number[] {
  return packets.map((data) => probe.program.run({ data }).returnValue);
}

test("headers are found where they are, and nowhere else", { needs: NEEDS }, () => {
  using network = new Network();
  using probe = xdp(network.device, (c) => {
    const udp = c.udp();
    if (udp && udp.dest === 53) return "drop";
    if (c.tcp()) return "tx";
  }, { mode: "generic" });
  const packets = [
    packet({}),
    packet({ words: 8 }),
    packet({ words: 4 }), // shorter than it can be
    packet({ port: 54 }),
    packet({ protocol: 6 }),
    packet({ protocol: 1 }),
    packet({ type: 0x86dd }),
    packet({ length: 41 }), // one byte too short for UDP
    packet({ length: 42 }),
    packet({ length: 14 }),
  ];
  assertEquals(verdicts(probe, packets), [DROP, DROP, PASS, PASS, TX, PASS, PASS, PASS, DROP, PASS]);
});

test("bits and members of headers are read as the kernel has them", { needs: NEEDS }, () => {
  using network = new Network();
  using seen = counter<{ version: number; words: number; protocol: number; saddr: string; type: number }>();
  using probe = xdp(network.device, { seen }, (c, { seen }) => {
    const ip = c.ipv4();
    const ethernet = c.ethernet();
    if (!ip || !ethernet) return;
    seen.count({
      version: ip.version,
      words: ip.ihl,
      protocol: ip.protocol,
      saddr: ip.saddr,
      type: ethernet.h_proto,
    });
  }, { mode: "generic" });
  assertEquals(verdicts(probe, [packet({ words: 6 })]), [PASS]);
  assertEquals([...seen], [[{ version: 4, words: 6, protocol: 17, saddr: "192.0.2.1", type: 0x0800 }, 1]]);
});

test("members of a header that is missing are 0, though nobody looked", { needs: NEEDS }, () => {
  using network = new Network();
  using probe = xdp(
    network.device,
    (c) => {
      const ip = c.ipv4();
      return ip?.protocol === 0 && c.ipv4()?.saddr === 0 ? "drop" : "pass";
    },
    { mode: "generic" },
  );
  assertEquals(verdicts(probe, [packet({}), packet({ type: 0x86dd })]), [PASS, DROP]);
});

test("devices, verdicts and addresses that are not there are named", { needs: NEEDS }, () => {
  using blocked = lpm();
  assertThrows(() => xdp("no-such-device", () => "pass"), NotFoundError, "there is none of that name");
  assertThrows(
    () => xdp("lo", (() => "dorp") as unknown as () => "drop"),
    CompileError,
    '"dorp" is no verdict: did you mean "drop"?',
  );
  assertThrows(
    () => xdp("lo", { blocked }, (c, { blocked }) => blocked.has(c.cpu) ? "drop" : "pass"),
    CompileError,
    'the key of "blocked" is an address: take that of a packet: c.ipv4().saddr, c.ipv6().saddr',
  );
});
