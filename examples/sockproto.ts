/**
 * Counts packets of a device by their protocol, by a filter of a raw socket, in assembler.
 * `deno run --allow-ffi examples/sockproto.ts DEVICE`
 */
import { array, attachSocketFilter, createMap, loadProgram, packetSocket, u64 } from "../mod.ts";
import { add, atomicAdd, call, exit, jeq, jne, label, ldAbs, ldMap } from "../src/asm/mod.ts";
import { mov, r0, r1, r10, r2, r6, stx } from "../src/asm/mod.ts";
import { ended, example } from "./_example.ts";

/** `/etc/protocols` has more. */
const NAMES: Readonly<Record<number, string>> = {
  1: "ICMP",
  2: "IGMP",
  6: "TCP",
  17: "UDP",
  47: "GRE",
  132: "SCTP",
};
const ETH_P_IP = 0x0800;
const [ETHERTYPE_AT, PROTOCOL_AT] = [12, 14 + 9]; // of the frame, and of the header of IPv4 behind that of Ethernet

await example(
  "Counts packets of a device by their protocol.",
  { word: String },
  async ({ json, signal, word: device = "lo" }) => {
    using counts = createMap(array(u64), { name: "counts", maxEntries: 256 });
    using program = loadProgram({
      name: "count_protocols",
      type: "socket_filter",
      maps: { counts },
      instructions: [
        mov(r6, r1), // where ldAbs() looks for the packet
        ldAbs("u16", ETHERTYPE_AT),
        jne(r0, ETH_P_IP, "out"),
        ldAbs("u8", PROTOCOL_AT),
        stx("u32", [r10, -4], r0),
        mov(r2, r10),
        add(r2, -4),
        ldMap(r1, "counts"),
        call("bpf_map_lookup_elem"),
        jeq(r0, 0, "out"),
        mov(r1, 1),
        atomicAdd("u64", [r0, 0], r1),
        label("out", mov(r0, 0)), // of no packet the socket gets any bytes
        exit(),
      ],
    });
    using socket = packetSocket(device);
    using _filter = attachSocketFilter(program, socket);
    await ended(signal);
    for (const [protocol, packets] of counts.entries()) {
      if (packets === 0n) continue;
      const name = NAMES[protocol] ?? `protocol ${protocol}`;
      console.log(
        json ? JSON.stringify({ protocol, name, packets: Number(packets) }) : `${name}: ${packets}`,
      );
    }
  },
);
