import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fixture } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";
import { waggle } from "./_waggle.ts";

const LIBRARY = fileURLToPath(new URL("../../mod.ts", import.meta.url));
const FILES = { permissions: ["--allow-ffi", "--allow-read", "--allow-write"] };
const ALL = { permissions: ["-A"] };

/** What counts forks by the parent's process id, in two sources: a struct of vmlinux.h is read, a constant is asked for. */
const FORKS = `
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "shared.h"

const volatile u32 only = 0;
enum outcome { KEPT, LEFT_OUT = 7 };
enum outcome last = LEFT_OUT;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1000);
  __type(key, u32);
  __type(value, struct forks);
} forks SEC(".maps");

SEC("raw_tp/sched_process_fork")
int on_fork(struct bpf_raw_tracepoint_args *ctx) {
  struct task_struct *parent = (void *)ctx->args[0];
  u32 pid = BPF_CORE_READ(parent, tgid);
  if (only && pid != only) return 0;
  struct forks first = {};
  struct forks *known = bpf_map_lookup_elem(&forks, &pid);
  if (!known) {
    first.ns = bpf_ktime_get_ns();
    bpf_map_update_elem(&forks, &pid, &first, BPF_NOEXIST);
    known = bpf_map_lookup_elem(&forks, &pid);
  }
  if (known) add(known);
  last = KEPT;
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
`;

const SHARED = `
struct forks { u64 ns; u32 count; };
int add(struct forks *forks);
`;

const ADD = `
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "shared.h"
int add(struct forks *forks) {
  if (!forks) return 0;
  __sync_fetch_and_add(&forks->count, STEP);
  return 1;
}
char LICENSE[] SEC("license") = "GPL";
`;

test("generate makes one typed module of sources in C, by clang, with the kernel's types", {
  needs: ["root", "bpf", "btf", "clang", "libbpf"],
}, async () => {
  await withFolder(async (folder) => {
    writeFileSync(join(folder, "forks.bpf.c"), FORKS);
    writeFileSync(join(folder, "add.bpf.c"), ADD);
    mkdirSync(join(folder, "include"));
    writeFileSync(join(folder, "include", "shared.h"), SHARED);
    const output = join(folder, "forks.ts");
    const sources = ["forks", "add"].map((name) => join(folder, `${name}.bpf.c`));
    const args = ["generate", ...sources, "-o", output, "--import", LIBRARY, "--", "-Iinclude", "-DSTEP=1"];
    const made = await waggle(args, ALL);
    assertEquals([made.status, made.stdout, made.stderr], [0, "", ""]);

    const text = readFileSync(output, "utf8");
    assertStringIncludes(text, "waggle generate forks.bpf.c add.bpf.c --import");
    assertStringIncludes(text, "export const Outcome = {\n  KEPT: 0,\n  LEFT_OUT: 7,\n} as const;");
    assertEquals([...text.matchAll(/^export interface (\w+)/gm)].map(([, name]) => name), [
      "Forks",
      "Maps",
      "Variables",
    ]);
    const { load, Outcome } = await import(pathToFileURL(output).href);
    await using forks = await load({ variables: { only: process.pid } });
    using _link = forks.programs.on_fork.attach();
    for (let i = 0; i < 3; i++) run("true", []);
    const { ns, count } = forks.maps.forks.get(process.pid);
    // Threads are forked, too
    assertEquals([count >= 3, forks.variables.last.get(), forks.variables.only.get()], [
      true,
      Outcome.KEPT,
      process.pid,
    ]);
    assertEquals(ns > 0n, true);
    assertEquals([...forks.maps.forks.keys()], [process.pid]);

    const again = await waggle([...args.slice(0, 5), "--check", ...args.slice(5)], ALL);
    assertEquals([again.status, again.stderr], [0, ""]);
  });
});

test("generate --check tells whether a module is as it would be written", async () => {
  await withFolder(async (folder) => {
    const output = join(folder, "typed.ts");
    const args = ["generate", fileURLToPath(fixture("typed")), "-o", output];
    const missing = await waggle([...args, "--check"], FILES);
    assertEquals([missing.status, missing.stderr], [
      1,
      `waggle generate: ${output} is not there: run it without --check\n`,
    ]);
    assertEquals((await waggle(args, FILES)).status, 0);
    assertEquals((await waggle([...args, "--check"], FILES)).status, 0);
    const text = readFileSync(output, "utf8");
    assertStringIncludes(text, " * Made by `waggle generate typed.bpf.o`.");
    assertEquals((await waggle(args.slice(0, 2), FILES)).stdout, text);
    writeFileSync(output, text.replace("packets", "frames"));
    const changed = await waggle([...args, "--check"], FILES);
    assertEquals([changed.status, changed.stderr.includes("is not what would be written now")], [1, true]);
  });
});

test("generate says what is wrong with what it is given", { needs: ["clang", "libbpf"] }, async () => {
  await withFolder(async (folder) => {
    const source = join(folder, "wrong.bpf.c");
    writeFileSync(source, "int x = y;\n");
    const cases: [args: readonly string[], message: RegExp][] = [
      [[], /^waggle generate: name at least one object or source\n$/],
      [
        [source],
        /^waggle generate: Cannot compile ".*wrong.bpf.c": \S*clang\S* refuses it:\nwrong.bpf.c:1:9: error: /,
      ],
      [
        [source, "--clang", "/nonexistent/clang"],
        /Cannot compile ".*": there is no clang at "\/nonexistent\/clang"/,
      ],
      [[source, "--target", "x86"], /--target x86 is not one of bpfel, bpfeb/],
      [[join(folder, "none.bpf.c")], /Cannot open ".*none.bpf.c": no such file/],
      [[fileURLToPath(fixture("typed")), "--events", "events"], /--events events is not MAP=TYPE/],
      [[fileURLToPath(fixture("typed")), "--check"], /--check wants -o FILE/],
    ];
    for (const [args, message] of cases) {
      const { status, stderr } = await waggle(["generate", ...args], ALL);
      assertEquals(status, 2, stderr);
      assertMatch(stderr, message);
    }
  });
});
