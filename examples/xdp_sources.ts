/** The addresses that packets come to a device from. `deno run --allow-ffi examples/xdp_sources.ts DEVICE` */
import { counter, xdp } from "../src/trace/mod.ts";
import { ended, example } from "./_example.ts";

await example(
  "The addresses that packets come to a device from.",
  { word: String },
  async ({ json, signal, word: device = "lo" }) => {
    using four = counter<string>();
    using six = counter<string>();
    using _probe = xdp(device, { four, six }, (c, { four, six }) => {
      const ip = c.ipv4();
      if (ip) four.count(ip.saddr);
      const ip6 = c.ipv6();
      if (ip6) six.count(ip6.saddr);
      return "pass";
    }, { mode: "generic" });
    await ended(signal);
    const seen = [...four, ...six].sort(([, a], [, b]) => b - a);
    for (const [address, packets] of seen) {
      console.log(json ? JSON.stringify({ address, packets }) : `${packets} packets from ${address}`);
    }
  },
);
