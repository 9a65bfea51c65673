/** Examples that watch processes. */
import { assert, assertEquals } from "@std/assert";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { gunzipSync } from "node:zlib";
import { run as runTool } from "../_run.ts";
import { test } from "../_harness.ts";
import { type Line, linesOf, runExample, Workshop } from "./_gallery.ts";

const NEEDS = ["root", "bpf", "btf", "tracefs"] as const;
const TIME = ["--json", "--duration", "2s"];

test("opensnoop sees what cat opens, and fails to", { needs: NEEDS }, async () => {
  using shop = new Workshop();
  const cat = shop.program("wg_cat", "/bin/cat");
  const [there, missing] = [shop.file("there"), `${shop.folder}/missing`];
  const read = () => shop.run(cat, [there, missing]);
  const lines = linesOf(await runExample("opensnoop", [...TIME, "--comm", "wg_cat"], read));
  assertEquals(lines.find(({ file }) => file === there)?.result >= 0, true);
  assertEquals(lines.find(({ file }) => file === missing)?.result, -2);
  assertEquals(new Set(lines.map(({ comm }) => comm)), new Set(["wg_cat"]));
  const failed = linesOf(await runExample("opensnoop", [...TIME, "--comm", "wg_cat", "--failed"], read));
  assertEquals(failed.some(({ file }) => file === there), false);
  assertEquals(failed.some(({ file }) => file === missing), true);
});

test("exitsnoop knows how processes end", { needs: NEEDS }, async () => {
  using shop = new Workshop();
  const shell = shop.program("wg_sh", "/bin/sh");
  const lines = linesOf(
    await runExample("exitsnoop", [...TIME, "--comm", "wg_sh"], async () => {
      assertEquals(await shop.run(shell, ["-c", "sleep 0.1; exit 3"]), 3);
      assertEquals(await shop.run(shell, ["-c", "kill -TERM $$"]), undefined);
    }),
  );
  const ended = (status: number, signal: number) =>
    lines.find((line) => line.status === status && line.signal === signal);
  assert(ended(3, 0)?.ms >= 100);
  assertEquals([ended(3, 0)?.ppid, ended(0, 15)?.ppid], [process.pid, process.pid]);
});

test("killsnoop sees signals", { needs: NEEDS }, async () => {
  using shop = new Workshop();
  const sleep = shop.program("wg_sleep", "/bin/sleep");
  const pids: (number | undefined)[] = [];
  const lines = linesOf(
    await runExample("killsnoop", [...TIME, "--pid", `${process.pid}`], async () => {
      const child = spawn(sleep, ["10"]);
      pids.push(child.pid);
      await new Promise((resolve) => setTimeout(resolve, 20));
      child.kill("SIGUSR1");
      await new Promise((resolve) => child.on("close", resolve));
    }),
  );
  const sent = lines.filter(({ target }) => target === "wg_sleep");
  assert(sent.length > 0);
  for (const { pid, to, signal } of sent) {
    assertEquals([pid, signal, pids.includes(to)], [process.pid, 10, true]);
  }
});

test("syscount counts calls of a process as strace does", { needs: [...NEEDS, "strace"] }, async () => {
  using shop = new Workshop();
  const cat = shop.program("wg_count", "/bin/cat");
  const file = shop.file("text");
  let runs = 0;
  const lines = linesOf(
    await runExample("syscount", [...TIME, "--top", "1000"], async () => {
      await shop.run(cat, [file]);
      runs++;
    }),
  );
  const { count } = lines.find(({ comm }) => comm === "wg_count") as Line;
  const trace = `${shop.folder}/trace`;
  runTool("strace", ["-o", trace, cat, file]);
  const each = readFileSync(trace, "utf8").trim().split("\n").filter((line) => /^\w+\(/.test(line)).length;
  // The first runs may be over before it is attached, and execve() begins under the name of who started it
  assert(count <= each * runs && count >= each * runs / 4, `${count}, ${each} each in ${runs} runs`);
});

test("ps knows processes as /proc does", { needs: NEEDS }, async () => {
  const child = spawn("sleep", ["10"]);
  try {
    const lines = linesOf(await runExample("ps", ["--json"], () => {}));
    for (const pid of [process.pid, child.pid]) {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1];
      const { ppid, uid, comm } = lines.find((line) => line.pid === pid) as Line;
      assertEquals([`${ppid}`, `${uid}`, comm], [field("PPid"), field("Uid"), field("Name")]);
    }
  } finally {
    child.kill();
    await new Promise((resolve) => child.on("close", resolve));
  }
});

test("readlat and runqlat measure", { needs: NEEDS }, async () => {
  using shop = new Workshop();
  const cat = shop.program("wg_read", "/bin/cat");
  const read = () => shop.run(cat, [shop.file("text", "x".repeat(100_000))]);
  const [reads] = linesOf(await runExample("readlat", [...TIME, "--comm", "wg_read"], read));
  assertEquals([reads?.comm, reads?.histogram.count > 0], ["wg_read", true]);
  const [waits] = linesOf(await runExample("runqlat", TIME, read));
  assert(waits?.count > 10);
});

test("profile and offcputime find where processes are", { needs: [...NEEDS, "cc"] }, async () => {
  using shop = new Workshop();
  const source = shop.file(
    "busy.c",
    `#include <unistd.h>
    volatile long sum;
    __attribute__((noinline)) void wg_spin(void) { for (long i = 0; i < 300000000; i++) sum += i; }
    __attribute__((noinline)) void wg_doze(void) { usleep(200000); sum++; }
    int main(int argc, char **argv) { for (;;) if (argc > 1) wg_doze(); else wg_spin(); }`,
  );
  const busy = `${shop.folder}/wg_busy`;
  runTool("cc", ["-O1", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls", "-o", busy, source]);
  for (const [example, args, name] of [["profile", [], "wg_spin"], ["offcputime", ["1"], "main"]] as const) {
    const child = spawn(busy, args);
    try {
      const lines = linesOf(await runExample(example, [...TIME, "--pid", `${child.pid}`], () => {}));
      const sum = (found: readonly Line[]) => found.reduce((sum, { count }) => sum + count, 0);
      const inside = lines.filter(({ frames }) => frames.includes(name));
      assertEquals(lines.every(({ labels }) => labels.comm === "wg_busy"), true);
      assert(sum(inside) >= sum(lines) * 0.9, JSON.stringify(lines));
      // 99 samples a second of a CPU, or most of the time that it dozed, in µs
      assert(example === "profile" ? sum(lines) > 20 : sum(lines) > 500_000, `${sum(lines)}`);
      if (example !== "profile") continue;
      const file = join(shop.folder, "profile.pb.gz");
      const permissions = ["--allow-ffi", "--allow-write"];
      const flags = ["--duration", "1s", "--pid", `${child.pid}`, "--pprof", file];
      assertEquals((await runExample("profile", flags, () => {}, permissions)).stderr, "");
      assert(gunzipSync(readFileSync(file)).includes(name)); // among its strings: tests/output reads all of one
    } finally {
      child.kill();
      await new Promise((resolve) => child.on("close", resolve));
    }
  }
});

test("memleak finds what is not freed", { needs: [...NEEDS, "cc"] }, async () => {
  using shop = new Workshop();
  const source = shop.file(
    "leak.c",
    `#include <stdlib.h>
    #include <unistd.h>
    __attribute__((noinline)) void *wg_leak(void) { void *p = malloc(1234); usleep(1); return p; }
    int main(void) { for (;;) { void *volatile p = wg_leak(); free(malloc(77)); usleep(10000); } }`,
  );
  const leak = `${shop.folder}/wg_leaky`;
  runTool("cc", ["-O1", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls", "-o", leak, source]);
  const child = spawn(leak, []);
  try {
    const lines = linesOf(await runExample("memleak", [...TIME, "--pid", `${child.pid}`], () => {}));
    const [{ bytes, count, stack }] = lines as [Line];
    assertEquals(bytes, 1234 * count);
    assert(count > 10 && stack.includes("wg_leak"), JSON.stringify(lines));
  } finally {
    child.kill();
    await new Promise((resolve) => child.on("close", resolve));
  }
});

test("bashreadline sees what is typed", { needs: [...NEEDS, "script"] }, async () => {
  const lines = linesOf(
    await runExample("bashreadline", TIME, () =>
      new Promise((resolve) => {
        const child = spawn("script", ["-q", "-c", "bash --norc -i", "/dev/null"], {
          stdio: ["pipe", "ignore", "ignore"],
        });
        child.stdin.end(": waggle typed this\nexit\n");
        child.on("close", resolve);
      })),
  );
  assert(lines.some(({ line }) => line === ": waggle typed this"), JSON.stringify(lines));
});

test("bpftop sees what others run", { needs: NEEDS }, async () => {
  const other = runExample("syscount", ["--duration", "4s"], () => {});
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const lines = linesOf(await runExample("bpftop", TIME, () => {}));
  const found = lines.find(({ type, name }) => type === "tracepoint" && name === "sys_enter");
  assert(found?.runs > 10 && found.each > 0, JSON.stringify(lines));
  await other;
});

test("forbidden forbids", { needs: ["root", "lsm"] }, async () => {
  using shop = new Workshop();
  const file = shop.file("wg_secret.txt", "x");
  const ends: (number | undefined)[] = [];
  await runExample("forbidden", ["wg_secret.txt", "--duration", "3s"], async () => {
    ends.push(await shop.run("/bin/cat", [file]));
  });
  assert(ends.includes(1));
  assertEquals(await shop.run("/bin/cat", [file]), 0);
});

/** What `throw 0` is in C++ (Itanium C++ ABI, 2.4), so that a compiler of C is enough; nobody catches it. */
const THROWER = `
extern void *_ZTIi;
void *__cxa_allocate_exception(unsigned long size);
void __cxa_throw(void *exception, void *type, void *destructor);
int main(void) { __cxa_throw(__cxa_allocate_exception(4), &_ZTIi, 0); }
`;

test("exceptions counts what programs throw", { needs: [...NEEDS, "cc"] }, async () => {
  using shop = new Workshop();
  const thrower = join(shop.folder, "wgthrow");
  runTool("cc", ["-o", thrower, shop.file("throw.c", THROWER), "-l:libstdc++.so.6"]);
  let thrown = 0;
  const lines = linesOf(
    await runExample("exceptions", ["--json", "--duration", "2s"], async () => {
      assertEquals(await shop.run(thrower, []), undefined); // by abort()
      thrown++;
    }),
  ).filter(({ comm }) => comm === "wgthrow");
  assert(lines.length > 3 && lines.length <= thrown, `${lines.length} of ${thrown}`);
  for (const { count } of lines) assertEquals(count, 1);
});
