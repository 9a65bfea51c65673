/** What functions ask of the kernel by its own names. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import process from "node:process";
import { CompileError } from "../../src/errors.ts";
import { type Probe, rawTracepoint, tracepoint } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";

const NEEDS = ["bpf", "btf", "tracefs"] as const;
const PID = process.pid;

/** Calls getpriority(2). */
function fire(): void {
  process.getBuiltinModule("node:os").getPriority(0);
}

async function next<E>(probe: Probe<E>): Promise<E> {
  for await (const event of probe.events({ timeout: 5000 })) return event;
  throw new Error("there was no event");
}

test("call() has what helpers return, of numbers, addresses and the context", { needs: NEEDS }, async () => {
  using probe = tracepoint("syscalls:sys_enter_getpriority", { PID }, (c, { PID }) => {
    if (c.pid !== PID) return;
    return {
      process: c.call("bpf_get_current_pid_tgid") >>> 32,
      jiffies: c.call("bpf_jiffies64"),
      call: c.call("bpf_task_pt_regs", c.call("bpf_get_current_task_btf")).orig_ax,
      leader: c.struct("task_struct", c.call("bpf_get_current_task")).group_leader.tgid,
      size: c.sizeof("struct task_struct"),
    };
  });
  fire();
  const event = await next(probe);
  const btf = execFileSync("bpftool", ["btf", "dump", "file", "/sys/kernel/btf/vmlinux"], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  assertEquals([event.process, event.leader], [PID, PID]);
  assertEquals(event.size, Number(/STRUCT 'task_struct' size=(\d+)/.exec(btf)?.[1]));
  // include/uapi/asm/unistd_64.h: __NR_getpriority
  if (process.arch === "x64") assertEquals(event.call, 140);
  assert(event.jiffies > 0);
});

test("call() hands texts over by their address", { needs: [...NEEDS, "root"] }, () => {
  const text = `waggle ${PID} %d\n`;
  using _probe = tracepoint(
    "syscalls:sys_enter_getpriority",
    { PID, text, SIZE: text.length + 1 },
    (c, { PID, text, SIZE }) => {
      if (c.pid === PID) c.call("bpf_trace_printk", text, SIZE, 42);
    },
  );
  fire();
  const trace = readFileSync("/sys/kernel/tracing/trace", "utf8");
  assert(trace.includes(`waggle ${PID} 42`), trace.slice(-500));
});

test(
  "call() calls functions that the kernel has for programs",
  { needs: [...NEEDS, "task-kfuncs"] },
  async () => {
    using probe = rawTracepoint("sys_enter", { PID }, (c, { PID }) => {
      if (c.pid !== PID) return;
      const task = c.call("bpf_task_from_pid", c.tid);
      if (!task) return;
      const found = task.tgid;
      c.call("bpf_task_release", task);
      return { found };
    });
    fire();
    assertEquals(await next(probe), { found: PID });
  },
);

test("symbol() is the address that /proc/kallsyms has", { needs: [...NEEDS, "root"] }, async () => {
  using probe = tracepoint("syscalls:sys_enter_getpriority", { PID }, (c, { PID }) => {
    if (c.pid !== PID) return;
    return { address: c.symbol("vfs_read") };
  });
  fire();
  const { address } = await next(probe);
  const line = readFileSync("/proc/kallsyms", "utf8").split("\n").find((line) => line.endsWith(" vfs_read"));
  assertEquals(BigInt.asUintN(64, BigInt(address)), BigInt(`0x${line?.split(" ")[0]}`));
});

test("data() has what is at an address, as far as there is room", { needs: NEEDS }, async () => {
  const SIZE = 8;
  using probe = tracepoint("syscalls:sys_enter_write", { PID, SIZE }, (c, { PID, SIZE }) => {
    if (c.pid !== PID || c.args.count < 5 || c.args.count > 12) return;
    return { count: c.args.count, data: c.data(c.args.buf, c.args.count, SIZE) };
  });
  const file = openSync("/dev/null", "w");
  const written = ["12345", "12345678", "123456789\0ab"];
  for (const text of written) writeSync(file, text);
  closeSync(file);
  const seen: [number, string][] = [];
  for await (const { count, data } of probe.events({ timeout: 5000 })) {
    seen.push([count as number, new TextDecoder().decode(data)]);
    if (seen.length === written.length) break;
  }
  assertEquals(seen, written.map((text) => [text.length, text.slice(0, SIZE)]));
});

test("what the kernel does not have is said where it is named", { needs: NEEDS }, () => {
  const at = "syscalls:sys_enter_getpriority";
  const refuses = (make: () => Probe<unknown>, message: string) => assertThrows(make, CompileError, message);
  refuses(
    () => tracepoint(at, (c) => ({ x: c.call("bpf_get_current_pid_tgit") })),
    'the kernel has no helper "bpf_get_current_pid_tgit": did you mean "bpf_get_current_pid_tgid"',
  );
  refuses(
    () => tracepoint(at, (c) => ({ x: c.call("bpf_probe_read", 1, 2, 3, 4, 5, 6) })),
    "call() takes 1 to 6 arguments, not 7",
  );
  refuses(
    () => tracepoint(at, (c) => ({ x: c.call(c.comm) })),
    "call() takes the name of a function of the kernel",
  );
  refuses(() => tracepoint(at, (c) => ({ x: c.sizeof("no_such") })), 'this kernel has no struct "no_such"');
  refuses(
    () => tracepoint(at, (c) => ({ x: c.symbol("no_such") })),
    'the kernel has no symbol "no_such": grep NAME /proc/kallsyms lists them',
  );
  refuses(() => tracepoint(at, (c) => ({ x: c.data(1, 2, c.pid) })), "a constant from 1 to 65535");
  // @ts-expect-error: tracepoints have no registers
  refuses(() => tracepoint(at, (c) => ({ x: c.register("ip") })), 'the context has no "register"');
});
