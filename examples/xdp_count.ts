/** Counts the packets that a device gets, on each CPU. `deno run --allow-ffi examples/xdp_count.ts DEVICE` */
import { perCpuArray, xdp } from "../src/trace/mod.ts";
import { u64 } from "../mod.ts";
import { ended, example } from "./_example.ts";

await example(
  "Counts the packets that a device gets, on each CPU.",
  { word: String },
  async ({ json, signal, word: device = "lo" }) => {
    using packets = perCpuArray(1, u64);
    using _probe = xdp(device, { packets }, (_, { packets }) => {
      packets.count(0);
      return "pass";
    }, { mode: "generic" });
    await ended(signal);
    const counts = packets.get(0).map(Number);
    if (json) console.log(JSON.stringify({ device, packets: counts }));
    else counts.forEach((count, cpu) => console.log(`CPU ${cpu}: ${count} packets`));
  },
);
