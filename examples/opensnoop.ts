/** Prints files that processes open, or fail to. `deno run --allow-ffi examples/opensnoop.ts [--failed] [--comm NAME]` */
import { hash, tracepoint } from "../src/trace/mod.ts";
import { cstr, u32 } from "../mod.ts";
import { errorName } from "../src/sys/mod.ts";
import { example, printEvents } from "./_example.ts";

await example(
  "Prints files that processes open, or fail to.",
  { comm: String, pid: Number, failed: Boolean },
  async (options) => {
    const { comm = "", pid = 0, failed = false } = options;
    using names = hash(u32, cstr(256), { lru: true });
    using _enter = tracepoint(
      "syscalls:sys_enter_openat",
      { names, comm, pid },
      (c, { names, comm, pid }) => {
        if (pid !== 0 && c.pid !== pid) return;
        if (comm !== "" && c.comm !== comm) return;
        names.set(c.tid, c.str(c.args.filename, 256));
      },
    );
    using exits = tracepoint("syscalls:sys_exit_openat", { names, failed }, (c, { names, failed }) => {
      const file = names.get(c.tid);
      if (file === undefined) return;
      const result = c.args.ret;
      names.delete(c.tid);
      if (failed && result >= 0) return;
      return { pid: c.pid, comm: c.comm, result, file };
    });
    await printEvents(exits, [
      { header: "PID", value: ({ pid }) => pid, width: 7, align: "right" },
      { header: "COMM", value: ({ comm }) => comm, width: 16 },
      {
        header: "FD",
        value: ({ result }) => result < 0 ? errorName(-result) : result,
        width: 8,
        align: "right",
      },
      { header: "FILE", value: ({ file }) => file },
    ], options);
  },
);
