/** Lists TCP sockets as the kernel knows them. `deno run --allow-ffi examples/ss.ts [--port PORT]` */
import { iter } from "../src/trace/mod.ts";
import { stdout, table } from "../src/output/mod.ts";
import { example } from "./_example.ts";

/** By number: `include/net/tcp_states.h`. */
const STATES =
  " ESTAB SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING".split(
    " ",
  );

await example("Lists TCP sockets as the kernel knows them.", { port: Number }, ({ json, port }) => {
  using sockets = iter("tcp", (c) => {
    const { skc_family, skc_state: state, skc_num: local, skc_dport: remote } = c.sk_common;
    const { skc_rcv_saddr, skc_daddr, skc_v6_rcv_saddr, skc_v6_daddr } = c.sk_common;
    if (skc_family === 10) {
      return { state, local, remote, from: skc_v6_rcv_saddr, to: skc_v6_daddr, uid: c.uid };
    }
    return { state, local, remote, from: skc_rcv_saddr, to: skc_daddr, uid: c.uid };
  });
  const rows = [...sockets].filter(({ local, remote }) =>
    port === undefined || local === port || remote === port
  );
  using out = stdout();
  if (json) { for (const row of rows) out.print(JSON.stringify({ ...row, state: STATES[row.state] })); }
  else {
    out.print(table(rows, [
      { header: "STATE", value: ({ state }) => STATES[state] ?? state },
      { header: "LOCAL", value: ({ from, local }) => `${from}:${local}` },
      { header: "REMOTE", value: ({ to, remote }) => `${to}:${remote}` },
      { header: "UID", value: ({ uid }) => uid },
    ]));
  }
  return Promise.resolve();
});
