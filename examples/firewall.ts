/**
 * Drops packets by their source, with the list of networks over HTTP.
 * `deno run --allow-ffi --allow-net examples/firewall.ts DEVICE [--port 8080]`, then `curl -X PUT localhost:8080/192.0.2.0/24`
 */
import { createServer } from "node:http";
import type { Lpm, Probe } from "../src/trace/mod.ts";
import { lpm, xdp } from "../src/trace/mod.ts";
import { ended, example } from "./_example.ts";

/** Drops what comes from the blocked networks, and counts it. */
export function firewall(device: string, blocked: Lpm<number>): Probe {
  return xdp(device, { blocked }, (c, { blocked }) => {
    const ip = c.ipv4();
    if (ip) {
      if (!blocked.has(ip.saddr)) return "pass";
      blocked.count(ip.saddr);
      return "drop";
    }
    const ip6 = c.ipv6();
    if (!ip6 || !blocked.has(ip6.saddr)) return "pass";
    blocked.count(ip6.saddr);
    return "drop";
  }, { mode: "generic" });
}

if (import.meta.main) {
  await example(
    "Drops packets by their source.",
    { word: String, port: Number },
    async ({ signal, word: device = "lo", port = 8080 }) => {
      using blocked = lpm();
      using _probe = firewall(device, blocked);
      const server = createServer(({ method, url = "/" }, response) => {
        const network = url.slice(1);
        if (method === "PUT") blocked.set(network, 0);
        if (method === "DELETE") blocked.delete(network);
        response.end(`${JSON.stringify(Object.fromEntries(blocked))}\n`);
      }).listen(port, "127.0.0.1");
      await ended(signal);
      server.close();
      server.closeAllConnections();
    },
  );
}
