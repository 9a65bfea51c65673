import { assertEquals, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { u32, u64 } from "../../src/codec/mod.ts";
import { NotFoundError } from "../../src/errors.ts";
import { counter, hash, histogram, rawTracepoint, tracepoint } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";

const NEEDS = ["bpf", "btf", "tracefs"] as const;

test("a counter by name has as many system calls as strace saw", { needs: [...NEEDS, "strace"] }, () => {
  using calls = counter<string>();
  using _probe = tracepoint("raw_syscalls:sys_enter", { calls }, (c, { calls }) => {
    calls.count(c.comm);
  });
  const name = `wgl${process.pid}`;
  const lines = withFolder((folder) => {
    run("cp", ["/bin/dd", `${folder}/${name}`]);
    run("strace", [
      "-o",
      `${folder}/log`,
      `${folder}/${name}`,
      "if=/dev/zero",
      "of=/dev/null",
      "bs=1",
      "count=500",
      "status=none",
    ]);
    return readFileSync(`${folder}/log`, "utf8").split("\n");
  });
  // It got its name by execve(), which a child of strace still called
  const seen = lines.filter((line) => /^\w+\(/.test(line) && !line.startsWith("execve(")).length;
  assertEquals(seen > 1000, true);
  assertEquals(calls.get(name), seen);
  assertEquals(new Map(calls).get(name), seen);
  assertEquals(calls.top(1000).some(([key, count]) => key === name && count === seen), true);
});

test("a counter without keys counts what a filter lets through", { needs: NEEDS }, () => {
  using reads = counter();
  const PID = process.pid;
  using _probe = tracepoint("syscalls:sys_enter_getpriority", { reads, PID, WHICH: 0 }, (c, s) => {
    if (c.pid !== s.PID || c.args.which !== s.WHICH || c.args.who !== 0) return;
    s.reads.count();
  });
  assertEquals(reads.get(), 0);
  const os = process.getBuiltinModule("node:os");
  for (let i = 0; i < 25; i++) os.getPriority(0);
  assertEquals(reads.get(), 25);
  assertEquals(reads.total, 25);
  reads.clear();
  assertEquals(reads.get(), 0);
});

test("fields of the format and arguments of the kernel say the same", { needs: NEEDS }, () => {
  using formatted = counter<{ pid: number; prio: number; comm: string }>();
  using raw = counter<{ pid: number; prio: number; comm: string }>();
  const name = `wgs${process.pid}`;
  using _one = tracepoint("sched:sched_switch", { formatted, name }, (c, { formatted, name }) => {
    if (c.str(c.args.next_comm) !== name) return;
    formatted.count({ pid: c.args.next_pid, prio: c.args.next_prio, comm: c.str(c.args.next_comm) });
  });
  using _two = rawTracepoint("sched:sched_switch", { raw, name }, (c, { raw, name }) => {
    const { next } = c.args;
    if (c.str(next.comm) === name) raw.count({ pid: next.pid, prio: next.prio, comm: c.str(next.comm) });
  });
  const { pid } = withFolder((folder) => {
    run("cp", ["/bin/sleep", `${folder}/${name}`]);
    return spawnSync(`${folder}/${name}`, ["0.05"]);
  });
  const [seen] = [...formatted];
  assertEquals(seen?.[0], { pid, prio: 120, comm: name });
  assertEquals([...raw], [...formatted]);
});

test("a histogram of a latency has what sleep was asked for", { needs: NEEDS }, () => {
  using start = hash(u32, u64);
  using latency = histogram({ unit: "us" });
  const name = `wgh${process.pid}`;
  using _enter = tracepoint("syscalls:sys_enter_clock_nanosleep", { start, name }, (c, { start, name }) => {
    if (c.comm === name) start.set(c.tid, c.nsecs);
  });
  using _exit = tracepoint(
    "syscalls:sys_exit_clock_nanosleep",
    { start, latency },
    (c, { start, latency }) => {
      const began = start.get(c.tid);
      if (began === undefined || c.args.ret < 0) return;
      latency.record((c.nsecs - began) / 1000);
      start.delete(c.tid);
    },
  );
  withFolder((folder) => {
    run("cp", ["/bin/sleep", `${folder}/${name}`]);
    for (let i = 0; i < 3; i++) spawnSync(`${folder}/${name}`, ["0.04"]);
  });
  const seen = latency.snapshot();
  assertEquals(seen.count, 3);
  const { from = 0, to = 0 } = seen.percentile(0) ?? {};
  assertEquals([from, to], [2 ** 15, 2 ** 16]);
  assertEquals([...start], []);
});

test("buckets are those of the values' bits", { needs: NEEDS }, () => {
  using values = histogram();
  const PID = process.pid;
  using _probe = tracepoint("syscalls:sys_enter_getpriority", { values, PID }, (c, { values, PID }) => {
    if (c.pid !== PID) return;
    values.record(0);
    values.record(0 - c.pid);
    for (let i = 0; i < 64; i++) values.record(1n as unknown as number << i);
    for (let i = 1; i < 64; i++) values.record((1n as unknown as number << i) - 1);
  });
  process.getBuiltinModule("node:os").getPriority(0);
  const seen = values.snapshot();
  const expected = seen.scale;
  assertEquals(seen.countOf(0), 1);
  assertEquals(seen.countOf(-1), 2); // 1 << 63 is below 0
  for (let bits = 1; bits < 64; bits++) {
    assertEquals(seen.countOf(bits), 2, `${bits} bits`);
    assertEquals([expected.bucketOf(1n << BigInt(bits - 1)), expected.bucketOf((1n << BigInt(bits)) - 1n)], [
      bits,
      bits,
    ]);
  }
});

test("the events that a function returns are those of the processes", { needs: NEEDS }, async () => {
  using execs = rawTracepoint("sched_process_exec", (c) => ({
    pid: c.pid,
    parent: c.args.p.real_parent.tgid,
    uid: c.uid,
    comm: c.comm,
    file: c.str(c.args.bprm.filename, 256),
    argv: c.argv(),
    short: c.argv(12),
    known: c.args.old_pid > 0,
    time: c.nsecs,
  }));
  const pids = Array.from({ length: 3 }, () => spawnSync("/bin/true", ["one", "", "two words"]).pid);
  const found = [];
  for await (const exec of execs.events({ timeout: 5000 })) {
    if (pids.includes(exec.pid)) found.push(exec);
    if (found.length === 3) break;
  }
  const times = found.map(({ time }) => time);
  assertEquals(times.every((time, i) => time > (times[i - 1] ?? 0)), true);
  assertEquals(
    found.map(({ time: _, ...rest }) => rest),
    pids.map((pid) => ({
      pid,
      parent: process.pid,
      uid: process.getuid?.() ?? -1,
      comm: "true",
      file: "/bin/true",
      argv: ["/bin/true", "one", "", "two words"],
      short: ["/bin/true", "on"],
      known: true,
    })),
  );
});

test("one function returns events of different shapes", { needs: NEEDS }, async () => {
  const NAME = `wge${process.pid}`;
  using exits = rawTracepoint("sched_process_exit", { NAME }, (c, { NAME }) => {
    if (c.comm !== NAME) return;
    const { group_exit_code: code } = c.args.p.signal;
    if (code === 15) return { killed: true };
    return { code: code >> 8, comm: c.comm };
  });
  for (const end of ["kill -TERM $$", "exit 3"]) {
    spawnSync("bash", ["-c", `printf ${NAME} > /proc/$$/comm; ${end}`]);
  }
  const seen: unknown[] = [];
  for await (const exit of exits.events({ timeout: 5000 })) {
    seen.push(exit);
    if (seen.length === 2) break;
  }
  assertEquals(seen, [{ killed: true }, { code: 3, comm: NAME }]);
});

test("texts of the process are read where system calls point to them", { needs: NEEDS }, async () => {
  const PID = process.pid;
  using opens = tracepoint("syscalls:sys_enter_openat", { PID }, (c, { PID }) => {
    if (c.pid !== PID) return;
    return { file: c.str(c.args.filename, 64), short: c.str(c.args.filename, 8), at: c.args.dfd };
  });
  assertThrows(() => readFileSync("/nowhere/to/be/found"));
  for await (const { file, short, at } of opens.events({ timeout: 5000 })) {
    if (!file.startsWith("/nowhere")) continue;
    assertEquals({ file, short, at }, { file: "/nowhere/to/be/found", short: "/nowher", at: -100 }); // AT_FDCWD
    return;
  }
  throw new Error("the file was never opened");
});

test("texts that the format has elsewhere are found", { needs: NEEDS }, async () => {
  using execs = tracepoint("sched:sched_process_exec", (c) => ({
    pid: c.args.pid,
    file: c.str(c.args.filename),
    short: c.str(c.args.filename, 6),
    isTrue: c.str(c.args.filename) === "/bin/true",
    isLonger: c.str(c.args.filename) === "/bin/true/ly",
    isShorter: c.str(c.args.filename) === "/bin",
    isItself: c.str(c.args.filename) === c.str(c.args.filename, 40),
    isPart: c.str(c.args.filename) === c.str(c.args.filename, 6),
    isComm: c.comm === c.str(c.task.comm),
  }));
  const { pid } = spawnSync("/bin/true");
  for await (const exec of execs.events({ timeout: 5000 })) {
    if (exec.pid !== pid) continue;
    const truths = { isTrue: true, isItself: true, isComm: true };
    const lies = { isLonger: false, isShorter: false, isPart: false };
    assertEquals(exec, { pid, file: "/bin/true", short: "/bin/", ...truths, ...lies });
    return;
  }
  throw new Error("nothing was started");
});

test("names of tracepoints are suggested", { needs: NEEDS }, () => {
  assertThrows(
    () => tracepoint("sched:sched_swich", () => {}),
    NotFoundError,
    'did you mean "sched_switch"?',
  );
  assertThrows(() => tracepoint("sched_switch", () => {}), NotFoundError, "not of the form group:event");
  assertThrows(
    () => rawTracepoint("sched_swich", (c) => ({ pid: c.args.next.pid })),
    NotFoundError,
    'did you mean "sched_switch"?',
  );
});

test(
  "what is shared is of use to the script after the probe and says when it is closed",
  { needs: NEEDS },
  () => {
    const calls = counter<number>();
    assertEquals([...calls], []);
    {
      const PID = process.pid;
      using _probe = tracepoint("raw_syscalls:sys_enter", { calls, PID }, (c, { calls, PID }) => {
        if (c.pid === PID) calls.count(c.pid);
      });
      readFileSync("/proc/self/comm");
    }
    const count = calls.get(process.pid);
    assertEquals(count > 0, true);
    readFileSync("/proc/self/comm");
    assertEquals(calls.get(process.pid), count);
    calls.close();
    assertThrows(
      () => tracepoint("raw_syscalls:sys_enter", { calls }, (_c, { calls }) => calls.count(1)),
      Error,
      "Cannot use the counter: it is closed",
    );
    using unused = hash();
    assertThrows(() => unused.get(1), Error, "Cannot use the map: no kernel function uses it yet");
  },
);
