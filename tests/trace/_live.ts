/** Shows shared things live: what the process asked for by priority, until the time is over or Ctrl-C. */
import { getPriority } from "node:os";
import process from "node:process";
import { counter, gauge, histogram, type Interval, stats, tracepoint } from "../../src/trace/mod.ts";

const FIRST = 0x3000_0000;
const [what = "", ...rest] = process.argv.slice(2);
using all = counter();
using calls = counter<{ who: number; text: string }>();
using levels = gauge<number>();
using sizes = stats<number>();
using sizeOf = histogram<number>();
const things = { all, calls, levels, sizes, sizeOf, FIRST, PID: process.pid };
using _probe = tracepoint("syscalls:sys_enter_getpriority", things, (c, s) => {
  if (c.pid !== s.PID) return;
  const who = c.args.who - s.FIRST;
  s.all.count();
  s.calls.count({ who, text: "x" });
  s.levels.set(who * 10, who);
  s.sizes.record(who * 3, who);
  s.sizeOf.record(who, who);
});
for (const who of [1, 2, 2, 3, 3, 3, 4]) {
  try {
    getPriority(FIRST + who);
  } catch {
    // no process has such a number
  }
}
const duration = rest[0] as Interval | undefined;
const options = { every: "20ms", top: 2, title: `TOP ${what}`, ...duration && { duration } } as const;
const shown = { all, calls, levels, sizes, sizeOf };
await shown[what as keyof typeof shown].live(options);
console.log("after");
