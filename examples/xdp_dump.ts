/** Writes packets that a device gets to standard output, as pcap. `deno run --allow-ffi examples/xdp_dump.ts DEVICE > x.pcap` */
import process from "node:process";
import { dateOfBootTime } from "../mod.ts";
import { events, xdp } from "../src/trace/mod.ts";
import { example } from "./_example.ts";

const MOST = 256;
/** pcap: magic number of times in ns, version 2.4, time zone, accuracy, most bytes, LINKTYPE_ETHERNET. */
const HEADER = Uint32Array.of(0xa1b2_3c4d, 0x0004_0002, 0, 0, MOST, 1);

await example(
  "Writes packets that a device gets to standard output, as pcap.",
  { word: String },
  async ({ signal, word: device = "lo" }) => {
    using packets = events<{ time: number; length: number; packet: Uint8Array }>();
    using _probe = xdp(device, { packets }, (c, { packets }) => {
      packets.emit({ time: c.boottime, length: c.length, packet: c.bytes(0, 256) });
      return "pass";
    }, { mode: "generic" });
    process.stdout.write(new Uint8Array(HEADER.buffer));
    for await (const { time, length, packet } of packets.events({ signal })) {
      const ms = dateOfBootTime(BigInt(time)).getTime();
      const record = Uint32Array.of(Math.floor(ms / 1000), ms % 1000 * 1e6, packet.length, length);
      process.stdout.write(new Uint8Array(record.buffer));
      process.stdout.write(packet);
    }
  },
);
