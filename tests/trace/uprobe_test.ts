import { assertEquals, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CompileError, NotFoundError } from "../../src/errors.ts";
import { TestKernel } from "../../src/testing/mod.ts";
import { counter, perfEvent, uprobe, uretprobe } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";

const NEEDS = ["bpf", "btf", "cc"] as const;

const SOURCE = `
#include <string.h>
#include <unistd.h>
__attribute__((noinline)) long sum(int a, long b, unsigned c, short d, const char *text, const long *memory) {
  return a + b + c + d + strlen(text) + *memory;
}
int main(void) {
  long memory = 1000, total = 0;
  char text[32] = "some text"; // where the process has it in memory already
  for (int i = 0; i < 5; i++) total += sum(-1, 1L << 40, 3, i, text, &memory);
  return total == 0;
}
`;

/** Calls `body` with a program whose function sum() is called five times, and with what runs it. */
async function withProgram(body: (path: string, start: () => number) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "waggle-"));
  try {
    writeFileSync(join(folder, "sum.c"), SOURCE);
    run("cc", ["-O1", "-o", "sum", "sum.c"], folder);
    await body(join(folder, "sum"), () => spawnSync(join(folder, "sum")).pid);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("arguments and results of a program's function are those of its calls", { needs: NEEDS }, async () => {
  await withProgram(async (path, start) => {
    using calls = uprobe(`${path}:sum`, (c) => ({
      pid: c.pid,
      a: c.args[0] & 0xffffffff,
      b: c.args[1],
      d: c.args[3] & 0xffff,
      text: c.str(c.args[4], 32),
      data: c.data(c.args[4], 6, 8),
      ip: c.register("ip"),
    }));
    using returns = uretprobe(`${path}:sum`, (c) => ({ sum: c.retval }));
    const pid = start();
    const seen = [];
    const nm = run("nm", [path]);
    const sumAt = Number.parseInt(/^([0-9a-f]+) T sum$/m.exec(nm)?.[1] ?? "", 16);
    for await (const { data, ip, ...call } of calls.events({ timeout: 5000 })) {
      seen.push(call);
      assertEquals(new TextDecoder().decode(data), "some t");
      // Wherever the program is, pages are moved as a whole
      assertEquals(BigInt(ip) & 0xfffn, BigInt(sumAt) & 0xfffn);
      if (seen.length === 5) break;
    }
    assertEquals(
      seen,
      [0, 1, 2, 3, 4].map((d) => ({ pid, a: 0xffff_ffff, b: 2 ** 40, d, text: "some text" })),
    );
    const sums = [];
    for await (const { sum } of returns.events({ timeout: 5000 })) {
      sums.push(sum);
      if (sums.length === 5) break;
    }
    assertEquals(sums, [0, 1, 2, 3, 4].map((d) => -1 + 2 ** 40 + 3 + d + 9 + 1000));
  });
});

test("a probe of one process counts its calls alone", { needs: NEEDS }, async () => {
  await withProgram((path, start) => {
    using calls = counter();
    using all = counter();
    using _one = uprobe(`${path}:sum`, { calls }, (_c, { calls }) => calls.count(), { pid: 1 });
    using _all = uprobe(`${path}:sum`, { all }, (_c, { all }) => all.count());
    start();
    assertEquals([calls.get(), all.get()], [0, 5]);
  });
});

test("what has no such function or argument is named", { needs: NEEDS }, async () => {
  await withProgram((path) => {
    assertThrows(() => uprobe(`${path}:sun`, () => {}), NotFoundError, "sum");
    assertThrows(
      () => uprobe("sum", () => {}),
      TypeError,
      "it is not of the form file:function, as libc:malloc",
    );
    assertThrows(
      () => uprobe(`${path}:sum`, (c) => ({ x: c.args[6 as 5] })),
      CompileError,
      "argument 6 is in no register, but on the stack",
    );
  });
});

test("a clock samples who runs", { needs: ["bpf"] }, () => {
  using samples = counter<string>();
  const clock = { type: "software", event: "cpu-clock", frequency: 999 } as const;
  using _probe = perfEvent(clock, { samples }, (c, { samples }) => samples.count(c.comm));
  // A process that computes for half a second of its own time
  spawnSync("bash", ["-c", "printf wgspin > /proc/$$/comm; for ((i = 0; i < 300000; i++)); do :; done"]);
  const count = samples.get("wgspin");
  assertEquals(count > 50, true, `${count}`);
});

test("uprobe() of a kernel in memory asks for no file", { needs: ["bpf", "btf"] }, () => {
  const kernel = new TestKernel();
  const calls = kernel.use(counter<number>());
  const probe = uprobe("libnowhere:work", { calls }, (c, { calls }) => calls.count(c.args[0]));
  assertEquals(kernel.program(probe).name, "work");
});
