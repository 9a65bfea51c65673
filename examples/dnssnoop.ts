/** Prints the names that are asked of DNS. `deno run --allow-ffi examples/dnssnoop.ts [CGROUP]` */
import { cgroup, events } from "../src/trace/mod.ts";
import { jsonLine, RowPrinter, stdout } from "../src/output/mod.ts";
import { example } from "./_example.ts";

/** Of the header of a message, in bytes: RFC 1035, 4.1.1. */
const HEADER = 12;

interface Query {
  readonly to: string;
  readonly message: Uint8Array;
}

await example(
  "Prints the names that are asked of DNS.",
  { word: String },
  async ({ json, signal, word: path = "/sys/fs/cgroup/unified" }) => {
    using queries = events<Query>();
    using _probe = cgroup("egress", path, { queries }, (c, { queries }) => {
      const udp = c.udp();
      const ip = c.ipv4();
      if (udp && ip && udp.dest === 53) queries.emit({ to: ip.daddr, message: c.payload(256) });
      return "allow";
    });
    using out = stdout({ signal });
    const rows = new RowPrinter<{ to: string; name: string }>(out, [
      { header: "SERVER", value: ({ to }) => to, width: 16 },
      { header: "NAME", value: ({ name }) => name },
    ]);
    for await (const { to, message } of queries.events({ signal: out.signal })) {
      const query = { to, name: nameIn(message) };
      if (json) out.print(jsonLine(query));
      else rows.print(query);
    }
  },
);

/** The first name that a message asks for: labels, each behind its length. */
function nameIn(message: Uint8Array): string {
  const labels: string[] = [];
  for (let at = HEADER; (message[at] ?? 0) > 0;) {
    const end = at + 1 + (message[at] ?? 0);
    labels.push(new TextDecoder().decode(message.subarray(at + 1, end)));
    at = end;
  }
  return labels.join(".");
}
