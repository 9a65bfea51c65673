/** A script with kernel functions of many forms, which tests run as it is and as bundlers make it. Prints what it found. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { u32, u64 } from "../../src/codec/mod.ts";
import { counter, hash, histogram, rawTracepoint, tracepoint } from "../../src/trace/mod.ts";

const folder = mkdtempSync(join(tmpdir(), "waggle-"));
const NAME = "wgscript";
const TIMES = 3;

using calls = counter<number>();
using start = hash(u32, u64);
using sleeps = histogram({ unit: "us" });

using _calls = tracepoint("raw_syscalls:sys_enter", { calls, NAME }, (c, { calls, NAME }) => {
  if (c.comm !== NAME) return;
  let number = c.args.id;
  for (let i = 0; i < 3; i++) {
    if (i === 1) continue;
    number += i;
  }
  calls.count(number - 2);
});
using _enter = tracepoint("syscalls:sys_enter_clock_nanosleep", { start, NAME }, (c, { start, NAME }) => {
  const { tid, comm } = c;
  if (comm === NAME) start.set(tid, c.nsecs);
});
using _exit = tracepoint(
  "syscalls:sys_exit_clock_nanosleep",
  { start, sleeps },
  function (c, { start, sleeps }) {
    const began = start.get(c.tid);
    if (began === undefined || c.args.ret < 0) {
      return;
    }
    sleeps.record((c.nsecs - began) / 1000);
    start.delete(c.tid);
  },
);
/** Handed over. */
function same(a: number, b: number): boolean {
  if (a !== b) return false;
  return true;
}

using execs = rawTracepoint("sched_process_exec", { NAME, same }, (c, { NAME, same }) => {
  const { p, bprm } = c.args;
  if (c.comm === NAME && p.real_parent.tgid > 0 && !(p.flags & 0x200000)) {
    return { comm: c.comm, file: c.str(bprm.filename, 256), isLeader: same(p.tgid, p.pid) };
  }
});

const found: unknown[] = [];
try {
  cpSync("/bin/sleep", join(folder, NAME));
  for (let i = 0; i < TIMES; i++) execFileSync(join(folder, NAME), ["0.04"]);
  for await (const { comm, file, isLeader } of execs.events({ timeout: 3000 })) {
    found.push({ comm, file: file.replace(folder, ""), isLeader });
    if (found.length === TIMES) break;
  }
} finally {
  rmSync(folder, { recursive: true });
}
const buckets = sleeps.snapshot().buckets().map(({ from, count }) => [from, count]);
console.log(
  JSON.stringify({ calls: [...calls].sort(([a], [b]) => a - b), buckets, found, left: start.size }),
);
