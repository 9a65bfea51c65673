/** How long read(2) takes, by process. `deno run --allow-ffi examples/readlat.ts [--comm NAME]` */
import { hash, histogram, tracepoint } from "../src/trace/mod.ts";
import { u32, u64 } from "../mod.ts";
import { ended, example } from "./_example.ts";

await example("How long read(2) takes, by process.", { comm: String }, async (options) => {
  const { json, signal, comm = "" } = options;
  using starts = hash(u32, u64, { lru: true });
  using times = histogram<string>({ unit: "us" });
  using _enter = tracepoint("syscalls:sys_enter_read", { starts, comm }, (c, { starts, comm }) => {
    if (comm === "" || c.comm === comm) starts.set(c.tid, c.nsecs);
  });
  using _exit = tracepoint("syscalls:sys_exit_read", { starts, times }, (c, { starts, times }) => {
    const start = starts.get(c.tid);
    if (start === undefined) return;
    times.record((c.nsecs - start) / 1000, c.comm);
    starts.delete(c.tid);
  });
  if (!json) {
    return await times.live({ every: "1s", top: 4, title: "Microseconds that read(2) takes", signal });
  }
  await ended(signal);
  for (const [comm, histogram] of times) console.log(JSON.stringify({ comm, histogram }));
});
