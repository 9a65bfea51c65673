/** How long threads wait for a CPU once they may run. `deno run --allow-ffi examples/runqlat.ts [--pid PID]` */
import { hash, histogram, rawTracepoint } from "../src/trace/mod.ts";
import { u32, u64 } from "../mod.ts";
import { ended, example } from "./_example.ts";

await example("How long threads wait for a CPU once they may run.", { pid: Number }, async (options) => {
  const { json, signal, pid = 0 } = options;
  using queued = hash(u32, u64, { lru: true });
  using waits = histogram({ unit: "us" });
  using _wakeup = rawTracepoint("sched_wakeup", { queued, pid }, (c, { queued, pid }) => {
    if (pid === 0 || c.args.p.tgid === pid) queued.set(c.args.p.pid, c.nsecs);
  });
  using _new = rawTracepoint("sched_wakeup_new", { queued, pid }, (c, { queued, pid }) => {
    if (pid === 0 || c.args.p.tgid === pid) queued.set(c.args.p.pid, c.nsecs);
  });
  using _switch = rawTracepoint("sched_switch", { queued, waits }, (c, { queued, waits }) => {
    const { prev, next } = c.args;
    if (prev.__state === 0) queued.set(prev.pid, c.nsecs); // it would go on: preempted
    const since = queued.get(next.pid);
    if (since === undefined) return;
    waits.record((c.nsecs - since) / 1000);
    queued.delete(next.pid);
  });
  if (!json) {
    return await waits.live({ every: "1s", title: "Microseconds that threads wait for a CPU", signal });
  }
  await ended(signal);
  console.log(JSON.stringify(waits.snapshot()));
});
