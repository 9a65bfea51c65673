/** How many routers away hosts are, by the TTL of their packets. `deno run --allow-ffi examples/distance.ts DEVICE` */
import { type Column, jsonLine, stdout, table } from "../src/output/mod.ts";
import { counter, tc } from "../src/trace/mod.ts";
import { ended, example } from "./_example.ts";

/** What systems send packets with: Linux and macOS, Windows, routers. */
const FIRST_TTL = [64, 128, 255];

interface Host {
  readonly host: string;
  readonly ttl: number;
  readonly hops: number;
  readonly packets: number;
}

const COLUMNS: readonly Column<Host>[] = [
  { header: "HOST", value: ({ host }) => host },
  { header: "TTL", value: ({ ttl }) => ttl },
  { header: "HOPS", value: ({ hops }) => hops },
  { header: "PACKETS", value: ({ packets }) => packets },
];

await example(
  "How many routers away hosts are, by the TTL of their packets.",
  { word: String },
  async ({ json, signal, word: device = "lo" }) => {
    using seen = counter<{ host: string; ttl: number }>();
    using _probe = tc(device, "ingress", { seen }, (c, { seen }) => {
      const ip = c.ipv4();
      if (ip) seen.count({ host: ip.saddr, ttl: ip.ttl });
    });
    await ended(signal);
    const hosts = [...seen].map(([{ host, ttl }, packets]): Host => {
      const first = FIRST_TTL.find((first) => first >= ttl) ?? ttl;
      return { host, ttl, hops: first - ttl, packets };
    }).sort((a, b) => a.hops - b.hops || (a.host < b.host ? -1 : 1));
    using out = stdout();
    if (json) { for (const host of hosts) out.print(jsonLine(host)); }
    else out.print(table(hosts, COLUMNS));
  },
);
