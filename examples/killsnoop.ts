/** Prints signals that processes send. `deno run --allow-ffi examples/killsnoop.ts [--pid PID]` */
import { tracepoint } from "../src/trace/mod.ts";
import { example, printEvents } from "./_example.ts";

await example("Prints signals that processes send.", { pid: Number }, async (options) => {
  const { pid = 0 } = options;
  using signals = tracepoint("signal:signal_generate", { pid }, (c, { pid }) => {
    if (pid !== 0 && c.pid !== pid) return;
    return { pid: c.pid, comm: c.comm, signal: c.args.sig, to: c.args.pid, target: c.args.comm };
  });
  await printEvents(signals, [
    { header: "PID", value: ({ pid }) => pid, width: 7, align: "right" },
    { header: "COMM", value: ({ comm }) => comm, width: 16 },
    { header: "SIGNAL", value: ({ signal }) => signal, width: 6, align: "right" },
    { header: "TO", value: ({ to }) => to, width: 7, align: "right" },
    { header: "TARGET", value: ({ target }) => target },
  ], options);
});
