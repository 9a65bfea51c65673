/** Where threads wait, and how long: folded stacks in µs. `deno run --allow-ffi examples/offcputime.ts [--pid PID]` */
import { counter, hash, rawTracepoint, type StackTrace } from "../src/trace/mod.ts";
import { u32, u64 } from "../mod.ts";
import { foldedStacks, jsonLine, stdout } from "../src/output/mod.ts";
import { Symbolizer } from "../src/symbols/mod.ts";
import { ended, example } from "./_example.ts";

interface Wait {
  readonly comm: string;
  readonly stack: StackTrace;
}

await example("Where threads wait, and how long: folded stacks in µs.", { pid: Number }, async (options) => {
  const { json, signal, pid = 0 } = options;
  using since = hash(u32, u64, { lru: true });
  using waits = counter<Wait>();
  using symbolizer = new Symbolizer();
  using _leaves = rawTracepoint("sched_switch", { since, pid }, (c, { since, pid }) => {
    const { prev } = c.args;
    if (prev.pid !== 0 && (pid === 0 || prev.tgid === pid)) since.set(prev.pid, c.nsecs);
  });
  // The thread that comes back runs already here, so that the stack is where it waited
  using _returns = rawTracepoint("sched_stat_runtime", { since, waits }, (c, { since, waits }) => {
    const start = since.get(c.tid);
    if (start === undefined) return;
    since.delete(c.tid);
    waits.count({ comm: c.comm, stack: c.ustack() }, (c.nsecs - start) / 1000);
  });
  await ended(signal);
  const stacks = [...waits].map(([{ comm, stack }, count]) => ({
    frames: symbolizer.stack(stack).map(({ name }) => name ?? "[unknown]"),
    count,
    labels: { comm },
  }));
  using out = stdout();
  if (json) { for (const stack of stacks) out.print(jsonLine(stack)); }
  else out.print(foldedStacks(stacks));
});
