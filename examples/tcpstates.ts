/** Prints TCP connections as they change state. `deno run --allow-ffi examples/tcpstates.ts [--pid PID]` */
import { tracepoint } from "../src/trace/mod.ts";
import { example, printEvents } from "./_example.ts";

await example("Prints TCP connections as they change state.", { pid: Number }, async (options) => {
  const { pid = 0 } = options;
  using changes = tracepoint("sock:inet_sock_set_state", { pid }, (c, { pid }) => {
    const { args } = c;
    if (args.protocol !== 6 || pid !== 0 && c.pid !== pid) return;
    return {
      pid: c.pid,
      comm: c.comm,
      from: args.oldstate,
      to: args.newstate,
      local: args.sport,
      remote: args.dport,
    };
  });
  await printEvents(changes, [
    { header: "PID", value: ({ pid }) => pid, width: 7, align: "right" },
    { header: "COMM", value: ({ comm }) => comm, width: 16 },
    { header: "LPORT", value: ({ local }) => local, width: 5, align: "right" },
    { header: "RPORT", value: ({ remote }) => remote, width: 5, align: "right" },
    { header: "FROM", value: ({ from }) => from, width: 14 },
    { header: "TO", value: ({ to }) => to },
  ], options);
});
