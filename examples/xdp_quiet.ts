/** Hosts that packets stop coming from, for a second. `deno run --allow-ffi examples/xdp_quiet.ts DEVICE` */
import { ipv4, struct, u53 } from "../mod.ts";
import { events, hash, timers, xdp } from "../src/trace/mod.ts";
import { example } from "./_example.ts";

const SILENCE = 1_000_000_000; // in ns

await example(
  "Hosts that packets stop coming from, for a second.",
  { word: String },
  async ({ json, signal, word: device = "lo" }) => {
    using hosts = hash(ipv4, struct({ packets: u53, bytes: u53 }), { locks: true });
    using watch = timers(ipv4);
    using quiet = events<{ host: string; packets: number; bytes: number }>();
    const shared = { hosts, watch, quiet, SILENCE };
    using _probe = xdp(device, shared, (c, { hosts, watch, quiet, SILENCE }) => {
      const { length } = c;
      const ip = c.ipv4();
      if (!ip) return "pass";
      const isKnown = hosts.locked(ip.saddr, (seen) => {
        seen.packets += 1;
        seen.bytes += length;
      });
      if (!isKnown) hosts.set(ip.saddr, { packets: 1, bytes: length });
      watch.start(ip.saddr, SILENCE, (host) => {
        const seen = hosts.get(host);
        if (seen) quiet.emit({ host, packets: seen.packets, bytes: seen.bytes });
        hosts.delete(host);
      });
      return "pass";
    }, { mode: "generic" });
    for await (const { host, packets, bytes } of quiet.events({ signal })) {
      console.log(
        json ? JSON.stringify({ host, packets, bytes }) : `${host}: ${packets} packets, ${bytes} bytes`,
      );
    }
  },
);
