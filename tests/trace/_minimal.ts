/** What needs nothing but `--allow-ffi`: a kernel function that runs, and one whose fault has its place in this file. */
import { counter, tracepoint } from "../../src/trace/mod.ts";

using calls = counter<string>();
using _probe = tracepoint("raw_syscalls:sys_enter", { calls }, (c, { calls }) => {
  calls.count(c.comm);
});
await new Promise((resolve) => setTimeout(resolve, 50));
let fault = "";
try {
  tracepoint("sched:sched_switch", (c) => ({ pid: c.args.nextpid }));
} catch (error) {
  fault = error instanceof Error ? error.message : "";
}
console.log(JSON.stringify({ total: calls.total, fault }));
