/** Prints processes that end: how, and after how long. `deno run --allow-ffi examples/exitsnoop.ts [--comm NAME]` */
import { rawTracepoint } from "../src/trace/mod.ts";
import { example, printEvents } from "./_example.ts";

await example("Prints processes that end: how, and after how long.", { comm: String }, async (options) => {
  const { comm = "" } = options;
  using exits = rawTracepoint("sched_process_exit", { comm }, (c, { comm }) => {
    const { p } = c.args;
    if (p.pid !== p.tgid) return; // a thread
    if (comm !== "" && c.comm !== comm) return;
    const code = p.exit_code;
    return {
      pid: c.pid,
      ppid: c.ppid,
      comm: c.comm,
      ms: (c.nsecs - p.start_time) / 1000000,
      status: code >> 8,
      signal: code & 0x7f,
    };
  });
  await printEvents(exits, [
    { header: "PID", value: ({ pid }) => pid, width: 7, align: "right" },
    { header: "PPID", value: ({ ppid }) => ppid, width: 7, align: "right" },
    { header: "COMM", value: ({ comm }) => comm, width: 16 },
    { header: "MS", value: ({ ms }) => ms, width: 9, align: "right" },
    { header: "END", value: ({ status, signal }) => signal ? `signal ${signal}` : `status ${status}` },
  ], options);
});
