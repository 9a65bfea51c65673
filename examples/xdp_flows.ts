/** Prints each new flow of TCP and UDP that comes by a device. `deno run --allow-ffi examples/xdp_flows.ts DEVICE` */
import { events, hash, xdp } from "../src/trace/mod.ts";
import { jsonLine, RowPrinter, stdout } from "../src/output/mod.ts";
import { example } from "./_example.ts";

await example(
  "Prints each new flow of TCP and UDP that comes by a device.",
  { word: String },
  async ({ json, signal, word: device = "lo" }) => {
    using seen = hash<{ from: string; to: string; sport: number; dport: number; udp: boolean }, number>(
      undefined,
      undefined,
      { lru: true },
    );
    using flows = events<{ from: string; to: string; sport: number; dport: number; udp: boolean }>();
    using _probe = xdp(device, { seen, flows }, (c, { seen, flows }) => {
      const ip = c.ipv4();
      if (!ip) return "pass";
      const tcp = c.tcp();
      const udp = c.udp();
      if (!tcp && !udp) return "pass";
      const flow = {
        from: ip.saddr,
        to: ip.daddr,
        sport: tcp ? tcp.source : udp ? udp.source : 0,
        dport: tcp ? tcp.dest : udp ? udp.dest : 0,
        udp: !tcp,
      };
      if (!seen.has(flow)) flows.emit(flow);
      seen.count(flow);
      return "pass";
    }, { mode: "generic" });
    using out = stdout({ signal });
    const rows = new RowPrinter<{ from: string; to: string; sport: number; dport: number; udp: boolean }>(
      out,
      [
        { header: "PROTOCOL", value: ({ udp }) => udp ? "udp" : "tcp", width: 8 },
        { header: "FROM", value: ({ from, sport }) => `${from}:${sport}`, width: 21 },
        { header: "TO", value: ({ to, dport }) => `${to}:${dport}`, width: 21 },
      ],
    );
    for await (const flow of flows.events({ signal: out.signal })) {
      if (json) out.print(jsonLine(flow));
      else rows.print(flow);
    }
  },
);
