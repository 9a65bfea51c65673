import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { type Probe, rawTracepoint, tracepoint } from "../../src/trace/mod.ts";
import { kernelVersionCode, versionCode } from "../../src/kernel/mod.ts";
import { test } from "../_harness.ts";

const NEEDS = ["bpf", "btf", "tracefs"] as const;

/** Calls getpriority(2), by which the functions here know the process. */
function fire(): void {
  process.getBuiltinModule("node:os").getPriority(0);
}

async function next<E>(probe: Probe<E>): Promise<E> {
  for await (const event of probe.events({ timeout: 5000 })) return event;
  throw new Error("there was no event");
}

/** A soft and a hard limit as /proc has them. */
function limits(name: string): readonly string[] {
  const line = readFileSync("/proc/self/limits", "utf8").split("\n").find((line) => line.startsWith(name));
  return line?.slice(name.length).trim().split(/\s+/).slice(0, 2) ?? [];
}

/** `RLIM_INFINITY` is shown as a word. */
function limitText(value: number | bigint): string {
  return BigInt.asUintN(64, BigInt(value)) === 2n ** 64n - 1n ? "unlimited" : String(value);
}

test("members behind pointers, in structs and arrays are those of /proc", { needs: NEEDS }, async () => {
  const PID = process.pid;
  using probe = tracepoint("syscalls:sys_enter_getpriority", { PID, NOFILE: 7 }, (c, { PID, NOFILE }) => {
    if (c.pid !== PID) return;
    const { task } = c;
    const { signal, real_parent } = task;
    let files = 0;
    for (let i = 0; i < 16; i++) if (i === NOFILE) files = signal.rlim[i].rlim_cur;
    return {
      parent: real_parent.tgid,
      name: c.str(real_parent.comm),
      uid: task.cred.uid.val,
      soft: signal.rlim[NOFILE].rlim_cur,
      hard: signal.rlim[7].rlim_max,
      stack: signal.rlim[3].rlim_cur,
      files,
      priority: task.static_prio - 120,
      leader: c.task.group_leader.pid,
      threads: signal.nr_threads,
      isKernel: task.mm === undefined,
      hasMemory: task.mm !== undefined && task.mm.mm_users.counter > 0,
    };
  });
  const status = readFileSync("/proc/self/status", "utf8");
  fire();
  const { threads, ...event } = await next(probe);
  const [soft, hard] = limits("Max open files");
  assertEquals(
    { ...event, soft: limitText(event.soft), hard: limitText(event.hard), stack: limitText(event.stack) },
    {
      parent: process.ppid,
      name: readFileSync(`/proc/${process.ppid}/comm`, "utf8").trim(),
      uid: Number(/^Uid:\s*(\d+)/m.exec(status)?.[1]),
      soft: soft ?? "",
      hard: hard ?? "",
      stack: limits("Max stack size")[0] ?? "",
      files: Number(soft),
      priority: process.getBuiltinModule("node:os").getPriority(0),
      leader: process.pid,
      isKernel: false,
      hasMemory: true,
    },
  );
  assertEquals(threads > 0, true);
});

test("what the verifier does not follow is read by a helper", { needs: NEEDS }, async () => {
  // mm->exe_file may be null for the verifier, which refuses to go on from there (BTF_TYPE_SAFE_RCU_OR_NULL)
  using probe = rawTracepoint("sched_process_exec", (c) => ({
    pid: c.pid,
    exe: c.str(c.args.p.mm.exe_file.f_path.dentry.d_name.name, 64),
  }));
  const { pid } = spawnSync("/bin/true");
  for await (const event of probe.events({ timeout: 5000 })) {
    if (event.pid !== pid) continue;
    assertEquals(event.exe, basename(process.getBuiltinModule("node:fs").realpathSync("/bin/true")));
    return;
  }
  throw new Error("there was no event");
});

test("kernel threads have no memory, and no member behind it", { needs: NEEDS }, async () => {
  using probe = rawTracepoint("sched_switch", (c) => {
    const { next } = c.args;
    if (next.mm === undefined && next.pid !== 0 && next.flags & 0x00200000) { // PF_KTHREAD
      return { pid: next.pid, users: next.mm.mm_users.counter, comm: c.str(next.comm) };
    }
  });
  const { pid, users, comm } = await next(probe);
  assertEquals(users, 0);
  assertEquals(readlinkSafely(`/proc/${pid}/exe`), undefined);
  assertEquals(comm.length > 0, true);
});

function readlinkSafely(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

test("arguments that may be null are read all the same", { needs: NEEDS }, () => {
  // pi_task, by raw_tp_null_args of kernel/bpf/btf.c
  using probe = rawTracepoint(
    "sched_pi_setprio",
    (c) => ({ pid: c.args.tsk.pid, waiter: c.args.pi_task.pid }),
  );
  assertEquals(probe.program.info.type, "tracing");
});

test("only what the verifier refuses is read in a way that costs more", { needs: NEEDS }, () => {
  const ways: readonly (() => Probe<unknown>)[] = [
    () => rawTracepoint("sched_pi_setprio", (c) => ({ pid: c.args.tsk.pid })),
    () => rawTracepoint("sched_pi_setprio", (c) => ({ waiter: c.args.pi_task.pid })),
    () => rawTracepoint("sched_pi_setprio", (c) => ({ pid: c.args.tsk.pid, waiter: c.args.pi_task.pid })),
  ];
  const [sure, nullable, both] = ways.map((make) => {
    using probe = make();
    const text = probe.explain();
    // The record of the ring may be missing, too
    return [(text.match(/if r0 == 0/g) ?? []).length, (text.match(/call bpf_probe_read/g) ?? []).length];
  });
  // Kernels before 6.13 do not know which are null
  const [checks = 0, reads = 0] = nullable ?? [];
  assertEquals(both, [checks, reads]);
  assertEquals(sure, [kernelVersionCode() >= versionCode("6.13") ? checks - 1 : checks, 0]);
});
