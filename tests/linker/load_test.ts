import { assertEquals } from "@std/assert";
import { rmSync } from "node:fs";
import process from "node:process";
import { linkObjects } from "../../src/linker/mod.ts";
import { load } from "../../src/object/mod.ts";
import { bpftool, type Facts, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run, withFile } from "../_run.ts";
import { fixture } from "./_bpftool.ts";

const LINKED = linkObjects(["main.bpf.o", "library.bpf.o"].map(fixture));

test("what linkObjects() makes computes what its sources say", { needs: ["bpf", "btf"] }, async () => {
  await using object = await load(LINKED);
  const data = new Uint8Array(64);
  // By hand from the sources, where the terms are written down
  assertEquals(object.programs.get("run_main").run({ data }).returnValue, 1167);
  assertEquals(object.programs.get("run_library").run({ data }).returnValue, 102);
  // The version is known, the program is no kernel variable, and "l" of "library" is 108
  assertEquals(object.programs.get("run_kernel").run({ data }).returnValue, 109);
});

test("what linkObjects() makes is the same to libbpf", {
  needs: ["bpf", "btf", "bpffs", "bpftool"],
}, async () => {
  await using object = await load(LINKED);
  const folder = `/sys/fs/bpf/waggle-${process.pid}-linked`;
  withFile(LINKED, (path) => run("bpftool", ["prog", "loadall", path, folder]));
  try {
    for (const program of object.programs) {
      const theirs = bpftool("prog", "show", "pinned", `${folder}/${program.name}`) as Facts;
      const ours = shown("prog", program.info.id);
      assertEquals([ours.tag, ours.bytes_xlated], [theirs.tag, theirs.bytes_xlated]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
