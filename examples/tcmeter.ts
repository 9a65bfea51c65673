/** Bytes that a device sends and gets, by address. `deno run --allow-ffi examples/tcmeter.ts DEVICE` */
import { counter, tc } from "../src/trace/mod.ts";
import { ended, example } from "./_example.ts";

await example(
  "Bytes that a device sends and gets, by address.",
  { word: String },
  async ({ json, signal, word: device = "lo" }) => {
    using bytes = counter<{ address: string; sent: boolean }>();
    using _in = tc(device, "ingress", { bytes }, (c, { bytes }) => {
      const ip = c.ipv4();
      if (ip) bytes.count({ address: ip.saddr, sent: false }, c.length);
    });
    using _out = tc(device, "egress", { bytes }, (c, { bytes }) => {
      const ip = c.ipv4();
      if (ip) bytes.count({ address: ip.daddr, sent: true }, c.length);
    });
    if (!json) return await bytes.live({ every: "1s", title: `Bytes at ${device}`, signal });
    await ended(signal);
    for (const [{ address, sent }, count] of bytes) {
      console.log(JSON.stringify({ address, sent, bytes: count }));
    }
  },
);
