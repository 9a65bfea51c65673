/** Lists processes as the kernel knows them, without /proc. `deno run --allow-ffi examples/ps.ts [--comm NAME]` */
import { iter } from "../src/trace/mod.ts";
import { stdout, table } from "../src/output/mod.ts";
import { example } from "./_example.ts";

await example(
  "Lists processes as the kernel knows them, without /proc.",
  { comm: String },
  ({ json, comm }) => {
    using threads = iter("task", (c) => ({
      pid: c.task.tgid,
      tid: c.task.pid,
      ppid: c.task.real_parent.tgid,
      uid: c.task.cred.uid.val,
      threads: c.task.signal.nr_threads,
      comm: c.str(c.task.comm, 16),
    }));
    const processes = [...threads].filter(({ pid, tid, comm: name }) =>
      pid === tid && (comm === undefined || name === comm)
    );
    using out = stdout();
    if (json) { for (const { tid: _, ...row } of processes) out.print(JSON.stringify(row)); }
    else {
      out.print(table(processes, [
        { header: "PID", value: ({ pid }) => pid },
        { header: "PPID", value: ({ ppid }) => ppid },
        { header: "UID", value: ({ uid }) => uid },
        { header: "THREADS", value: ({ threads }) => threads },
        { header: "COMM", value: ({ comm }) => comm },
      ]));
    }
    return Promise.resolve();
  },
);
