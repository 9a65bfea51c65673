import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { foldedStacks } from "../../src/output/mod.ts";
import { Symbolizer } from "../../src/symbols/mod.ts";
import { counter, events, hash, perfEvent, type StackTrace, tracepoint } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";

const NEEDS = ["bpf", "tracefs", "cc"] as const;
const CALL = "syscalls:sys_enter_personality";

/** Asks the kernel three times from two places, by the instruction itself: frames of libc have no frame pointers. */
const SOURCE = `
#include <sys/syscall.h>
__attribute__((noinline)) static long ask(void) {
#if defined(__x86_64__)
  long result; __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_personality), "D"(0xffffffffUL) : "rcx", "r11", "memory");
#else
  register long x8 __asm__("x8") = SYS_personality; register long result __asm__("x0") = 0xffffffffL;
  __asm__ volatile("svc 0" : "+r"(result) : "r"(x8) : "memory");
#endif
  return result; }
__attribute__((noinline)) long once(void) { long r = ask(); __asm__ volatile("" ::: "memory"); return r; }
__attribute__((noinline)) long twice(void) { long r = ask(); r += ask(); __asm__ volatile("" ::: "memory"); return r; }
int main(void) { long r = once(); r += twice(); __asm__ volatile("" ::: "memory"); return r == -1; }
`;

/** Builds a program whose addresses are those of its file. */
function withProgram<T>(body: (path: string, functionAt: (address: bigint) => string) => T): T {
  return withFolder((folder) => {
    const path = join(folder, "wgstacks");
    writeFileSync(join(folder, "stacks.c"), SOURCE);
    run("cc", ["-O0", "-g", "-no-pie", "-fno-omit-frame-pointer", "-o", path, join(folder, "stacks.c")]);
    const symbols = run("nm", ["-n", path]).trim().split("\n").flatMap((line) => {
      const [address, , name] = line.split(" ");
      return address && name ? [{ address: BigInt(`0x${address}`), name }] : [];
    });
    const functionAt = (address: bigint) =>
      symbols.findLast((symbol) => symbol.address <= address)?.name ?? "";
    return body(path, functionAt);
  });
}

test(
  "stacks of a process as keys and in events",
  { needs: NEEDS },
  () =>
    withProgram(async (path, functionAt) => {
      const NAME = "wgstacks";
      using counts = counter<{ comm: string; stack: StackTrace }>();
      using innermost = counter<StackTrace>();
      using sent = events<{ stack: StackTrace; pid: number }>();
      using last = hash<number, StackTrace>();
      const things = { counts, innermost, sent, last, NAME };
      using _probe = tracepoint(CALL, things, (c, { counts, innermost, sent, last, NAME }) => {
        if (c.comm !== NAME) return;
        const stack = c.ustack();
        counts.count({ comm: c.comm, stack });
        innermost.count(c.ustack(1));
        last.set(0, stack);
        sent.emit({ stack, pid: c.pid });
      });
      execFileSync(path);
      // Two places in one function are two stacks
      const found = [...counts].map(([{ comm, stack }, count]) => {
        assertEquals(comm, NAME);
        return [stack.addresses.slice(0, 3).map(functionAt).join(" "), count];
      });
      assertEquals(found.toSorted(), [["ask once main", 1], ["ask twice main", 1], ["ask twice main", 1]]);
      const keys = [...innermost];
      assertEquals(keys.map(([{ addresses }, count]) => [addresses.map(functionAt), count]), [[["ask"], 3]]);
      const pids = new Set<number | undefined>();
      const received: string[] = [];
      for await (const { stack, pid } of sent.events({ timeout: 2000 })) {
        pids.add(stack.pid).add(pid);
        received.push(functionAt(stack.addresses[1] ?? 0n));
        if (received.length === 3) break;
      }
      assertEquals(received, ["once", "twice", "twice"]);
      assertEquals(pids.size, 1);
      assertEquals(functionAt(last.get(0)?.user?.[1] ?? 0n), "twice");
      // A stack that was read is a key to ask by
      const [[key] = []] = keys;
      assertEquals(key && innermost.get(key), 3);
      innermost.clear();
      assertEquals([...innermost], []);
    }),
);

test("stacks of the kernel, which kallsyms names", { needs: NEEDS }, () =>
  withProgram((path) => {
    const NAME = "wgstacks";
    using counts = counter<{ whole: StackTrace; inner: StackTrace }>();
    // Not that of a system call: there, kernels such as 6.1 have no stack of their own (perf_syscall_enter)
    using _probe = tracepoint("sched:sched_process_exit", { counts, NAME }, (c, { counts, NAME }) => {
      if (c.comm === NAME) counts.count({ whole: c.kstack(), inner: c.kstack(2) });
    });
    execFileSync(path);
    const symbols = readFileSync("/proc/kallsyms", "utf8").split("\n").map((line) => line.split(" "))
      .map(([address, , name = ""]) => ({ address: BigInt(`0x${address || 0}`), name }))
      .sort((a, b) => a.address < b.address ? -1 : 1);
    const [[{ whole, inner } = { whole: undefined, inner: undefined }] = []] = [...counts];
    assert(whole && inner);
    assertEquals([whole.user, whole.pid, whole.lost], [undefined, undefined, false]);
    assertEquals(inner.kernel, whole.kernel?.slice(0, 2));
    const expected = whole.addresses.map((address) => symbols.findLast((s) => s.address < address)?.name);
    assert(expected.includes("do_exit"), expected.join());
    using symbolizer = new Symbolizer();
    assertEquals(symbolizer.stack(whole).map(({ name }) => name), expected);
  }));

test("a profile in folded stacks", { needs: ["bpf"] }, () => {
  using samples = counter<{ comm: string; kernel: StackTrace; user: StackTrace }>();
  const clock = { type: "software", event: "cpu-clock", frequency: 99 } as const;
  using _probe = perfEvent(clock, { samples }, (c, { samples }) => {
    samples.count({ comm: c.comm, kernel: c.kstack(), user: c.ustack() });
  });
  const comm = readFileSync("/proc/thread-self/comm", "utf8").trim();
  for (const end = Date.now() + 500; Date.now() < end;);
  using symbolizer = new Symbolizer();
  const folded = foldedStacks([...samples].map(([{ comm, kernel, user }, count]) => ({
    labels: { comm },
    count,
    frames: [...symbolizer.stack(kernel), ...symbolizer.stack(user)].map(({ name }) => name ?? "[unknown]"),
  })));
  const own = folded.split("\n").filter((line) => line.startsWith(`${comm};`));
  const total = own.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  assert(total >= 5, `${total} samples of 0.5 s at 99 Hz\n${folded}`);
  assertMatch(folded, /\[unknown\]|;/);
});

test("stacks are no numbers", { needs: ["bpf", "tracefs"] }, () => {
  assertThrows(
    () => tracepoint(CALL, (c) => ({ stack: c.kstack(200) })),
    Error,
    "the depth of a stack is a constant from 1 to 127, in frames",
  );
  assertThrows(
    () => tracepoint(CALL, (c) => (c.kstack() ? { pid: c.pid } : undefined)),
    Error,
    "a stack is no number",
  );
});
