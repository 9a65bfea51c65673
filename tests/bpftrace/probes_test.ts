import { assert, assertEquals } from "@std/assert";
import { script } from "../../src/bpftrace/mod.ts";
import { readFile } from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";

const NEEDS = ["bpf", "btf", "tracefs"] as const;

async function lines(source: string): Promise<string[]> {
  using running = script(source);
  const all: string[] = [];
  for await (const line of running) all.push(line);
  return all;
}

test("programs run by the clock, and when events were counted", { needs: NEEDS }, async () => {
  using running = script(`
    interval:ms:20 { @ticks = count(); }
    profile:hz:99 { @samples[cpu] = count(); }
    s:cs:1 { @switches = count(); }
    i:ms:500 { exit(); }`);
  for await (const _ of running);
  const { ticks, samples, switches } = running.maps;
  const count = Number(ticks?.get());
  assert(count >= 15 && count <= 26, `${count} ticks in half a second`);
  assert((samples?.size ?? 0) >= 1);
  assert(Number(switches?.get()) > 0);
});

test("a pattern names many tracepoints, whose programs know where they are", { needs: NEEDS }, () => {
  using running = script(`t:syscalls:sys_enter_openat*, t:syscalls:sys_enter_clos? { @[probe] = count(); }`);
  assert(running.probes >= 3);
  readFile("/proc/uptime");
  const probes = [...running.maps["@"] ?? []].map(([[probe]]) => probe);
  assert(probes.includes("tracepoint:syscalls:sys_enter_openat"), `${probes}`);
  assert(probes.includes("tracepoint:syscalls:sys_enter_close"), `${probes}`);
});

test("raw tracepoints have raw arguments", { needs: NEEDS }, async () => {
  using running = script(`
    rt:sched_process_exit { $task = (struct task_struct *)arg0; @[$task->pid == tid, $task->comm] = count(); }`);
  const { spawnSync } = await import("node:child_process");
  spawnSync("perl", ["-e", "1"], { stdio: "ignore" });
  assertEquals(running.maps["@"]?.get(1, "perl"), 1);
});

test("functions of programs and their results are seen, with their names", { needs: NEEDS }, async () => {
  using running = script(`
    uprobe:libc:getppid { @calls[func] = count(); @start[tid] = nsecs; }
    uretprobe:libc:getppid /@start[tid]/ { @results[retval] = count(); delete(@start[tid]); }`);
  const { spawnSync } = await import("node:child_process");
  spawnSync("perl", ["-e", "syscall(110); getppid() for 1..3"], { stdio: "ignore" });
  const { calls, results } = running.maps;
  assertEquals(calls?.get("getppid"), 3);
  assertEquals([...results ?? []].map(([, count]) => count), [3]);
});

test("a script that declares structs reads memory by them", { needs: NEEDS }, async () => {
  const found = await lines(`
    struct inner { char letter; short number; };
    struct bits { unsigned int low : 3; unsigned int high : 5; struct inner inner; long last[2]; };
    enum { FIRST = 5, SECOND };
    #define THIRD (SECOND + 1)
    BEGIN {
      printf("%d %d %d\\n", sizeof(struct inner), sizeof(struct bits), FIRST * 100 + SECOND * 10 + THIRD);
      exit();
    }`);
  // As C lays them out: 1 + 1 + 2, and 1 + 1 + 4 + 2 + 16
  assertEquals(found, ["4 24 567"]);
});
