/** Lets the processes of a cgroup connect to some ports only. `deno run --allow-ffi examples/jail.ts CGROUP [--port 443]` */
import { cgroup, events } from "../src/trace/mod.ts";
import { jsonLine, RowPrinter, stdout } from "../src/output/mod.ts";
import { example } from "./_example.ts";

interface Denied {
  readonly pid: number;
  readonly comm: string;
  readonly address: string;
  readonly port: number;
}

await example(
  "Lets the processes of a cgroup connect to one port only.",
  { word: String, port: Number },
  async (options) => {
    const { json, signal, word: path = "/sys/fs/cgroup/unified", port = 443 } = options;
    using denied = events<Denied>();
    using _probe = cgroup("connect4", path, { denied, allowed: port }, (c, { denied, allowed }) => {
      if (c.port === allowed) return "allow";
      denied.emit({ pid: c.pid, comm: c.comm, address: c.address, port: c.port });
      return "deny";
    });
    using out = stdout({ signal });
    const rows = new RowPrinter<Denied>(out, [
      { header: "PID", value: ({ pid }) => pid, width: 7, align: "right" },
      { header: "COMM", value: ({ comm }) => comm, width: 16 },
      { header: "PORT", value: ({ port }) => port, width: 5, align: "right" },
      { header: "DENIED", value: ({ address }) => address },
    ]);
    for await (const attempt of denied.events({ signal: out.signal })) {
      if (json) out.print(jsonLine(attempt));
      else rows.print(attempt);
    }
  },
);
