/**
 * A congestion control of TCP, `fixedwindow`, that keeps its window whatever gets lost, for as long as this runs. Since Linux 6.4.
 * `deno run --allow-ffi examples/fixedwindow.ts [--window 10]`
 */
import { ended, example } from "./_example.ts";
import { load } from "./fixedwindow.bpf.ts"; // waggle generate fixedwindow.bpf.o --import ../mod.ts

await example(
  "A congestion control of TCP that keeps its window whatever gets lost.",
  { window: Number },
  async ({ json, signal, window = 10 }) => {
    await using control = await load({ variables: { window } });
    using _registered = control.object.attachStructOps("fixed_window");
    // A socket asks for it: setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "fixedwindow"); or all new ones do:
    if (!json) {
      console.log(`sysctl net.ipv4.tcp_congestion_control=fixedwindow: ${window} segments, until Ctrl-C`);
    }
    await ended(signal);
    const connections = control.variables.connections.get();
    console.log(json ? JSON.stringify({ window, connections }) : `${connections} connections`);
  },
);
