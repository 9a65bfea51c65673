/** Prints TCP connections that processes open. `deno run --allow-ffi examples/tcpconnect.ts [--port PORT]` */
import { rawTracepoint } from "../src/trace/mod.ts";
import { example, printEvents } from "./_example.ts";

await example("Prints TCP connections that processes open.", { port: Number }, async (options) => {
  const { port = 0 } = options;
  using opened = rawTracepoint("inet_sock_set_state", { port, SYN_SENT: 2 }, (c, { port, SYN_SENT }) => {
    const { sk, newstate } = c.args;
    if (newstate !== SYN_SENT || port !== 0 && sk.__sk_common.skc_dport !== port) return;
    const { skc_family: family, skc_daddr, skc_v6_daddr, skc_dport } = sk.__sk_common;
    if (family === 10) return { pid: c.pid, comm: c.comm, to: skc_v6_daddr, port: skc_dport };
    return { pid: c.pid, comm: c.comm, to: skc_daddr, port: skc_dport };
  });
  await printEvents(opened, [
    { header: "PID", value: ({ pid }) => pid, width: 7, align: "right" },
    { header: "COMM", value: ({ comm }) => comm, width: 16 },
    { header: "PORT", value: ({ port }) => port, width: 5, align: "right" },
    { header: "TO", value: ({ to }) => to },
  ], options);
});
