import { assertEquals, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { CompileError } from "../../src/errors.ts";
import { counter, type Probe, tracepoint, uprobe } from "../../src/trace/mod.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";

/** A path of so many bytes, the NUL not counted. */
function pathOf(length: number): string {
  return `/${"./".repeat(length)}`.slice(0, length - 4) + "/etc";
}

async function firstTexts(probe: Probe<{ text: string; after: number }>, count: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text, after } of probe.events({ timeout: 5000 })) {
    assertEquals(after, 7);
    if (texts.push(text) === count) break;
  }
  return texts;
}

test("texts of up to 4095 bytes in events of a tracepoint", { needs: ["bpf", "tracefs"] }, async () => {
  using opens = tracepoint("syscalls:sys_enter_openat", { PID: process.pid }, (c, { PID }) => {
    if (c.pid === PID && c.args.flags & 0o200000) {
      return { before: c.tid, text: c.str(c.args.filename, 4096), after: 7 };
    }
  });
  // PATH_MAX, the NUL counted, is 4096
  const paths = [4095, 4094, 300, 64, 63].map(pathOf);
  const O_DIRECTORY = 0o200000;
  for (const path of paths) closeSync(openSync(path, O_DIRECTORY));
  assertEquals(await firstTexts(opens, paths.length), paths);
});

test(
  "texts of up to 4095 bytes in events of a uprobe",
  { needs: ["bpf", "cc"] },
  () =>
    withFolder(async (folder) => {
      const source = `#include <string.h>
      __attribute__((noinline)) long take(const char *text) { __asm__ volatile(""); return strlen(text); }
      int main(int count, char **all) { long sum = 0; for (int i = 1; i < count; i++) sum += take(all[i]); return !sum; }`;
      writeFileSync(join(folder, "take.c"), source);
      run("cc", ["-O1", "-o", "take", "take.c"], folder);
      using calls = uprobe(
        `${join(folder, "take")}:take`,
        (c) => ({ text: c.str(c.args[0], 4096), after: 7 }),
      );
      const texts = [4095, 4096, 9000, 1, 0].map((length) =>
        "abcdefghij".repeat(length / 10 + 1).slice(0, length)
      );
      assertEquals(spawnSync(join(folder, "take"), texts).status, 0);
      // Longer ones are cut
      assertEquals(await firstTexts(calls, texts.length), texts.map((text) => text.slice(0, 4095)));
    }),
);

test("texts too long for the stack are said to be", { needs: ["bpf", "tracefs"] }, () => {
  using files = counter<string>();
  assertThrows(
    () =>
      tracepoint("syscalls:sys_enter_openat", { files }, (c, { files }) => {
        files.count(c.str(c.args.filename, 4096));
      }),
    CompileError,
    "bytes of stack, and has 512",
  );
  assertThrows(
    () => tracepoint("syscalls:sys_enter_openat", (c) => ({ file: c.str(c.args.filename, 4097) })),
    CompileError,
    "the size of a text is a constant from 1 to 4096",
  );
});
