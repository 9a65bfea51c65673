/** Counts system calls by process. `deno run --allow-ffi examples/syscount.ts [--pid PID] [--top 20]` */
import { counter, tracepoint } from "../src/trace/mod.ts";
import { ended, example } from "./_example.ts";

await example("Counts system calls by process.", { pid: Number, top: Number }, async (options) => {
  const { json, signal, pid = 0, top = 20 } = options;
  using calls = counter<string>();
  using _probe = tracepoint("raw_syscalls:sys_enter", { calls, pid }, (c, { calls, pid }) => {
    if (pid === 0 || c.pid === pid) calls.count(c.comm);
  });
  if (!json) return await calls.live({ every: "1s", top, title: "System calls by process", signal });
  await ended(signal);
  for (const [comm, count] of calls.top(top)) console.log(JSON.stringify({ comm, count }));
});
