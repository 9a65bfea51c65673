/** A tool as people write them, and what it makes of two packets in a kernel of a test; run without any rights. */
import { TestKernel } from "../../src/testing/mod.ts";
import { type Events, events, type Lpm, lpm, type Probe, xdp } from "../../src/trace/mod.ts";
import { udpPacket } from "./_packets.ts";

export const blocked: Lpm<number> = lpm();
export const drops: Events<{ port: number }> = events();

/** Attaches the tool. */
export function firewall(device: string): Probe {
  return xdp(device, { blocked, drops }, (c, { blocked, drops }) => {
    const ip = c.ipv4();
    if (!ip || !blocked.has(ip.saddr)) return "pass";
    blocked.count(ip.saddr);
    drops.emit({ port: c.udp()?.dest ?? 0 });
    return "drop";
  });
}

if (import.meta.main) {
  const kernel = new TestKernel();
  kernel.use(blocked).set("192.0.2.0/24", 0);
  const program = kernel.program(firewall("eth0"));
  const verdicts = ["192.0.2.7", "198.51.100.1"].map((from) =>
    program.run({ data: udpPacket(from, 53) }).verdict
  );
  const seen: unknown[] = [];
  for await (const event of drops.events({ timeout: 0 })) seen.push(event);
  const lines = program.coverage.lines.map(({ text, hits }) => `${hits} ${text}`);
  // deno-lint-ignore no-console
  console.log(JSON.stringify({ verdicts, count: blocked.get("192.0.2.0/24"), seen, lines }));
}
