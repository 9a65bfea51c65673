import { assertEquals } from "@std/assert";
import { execFileSync } from "node:child_process";
import { findTool } from "../../scripts/_tools.ts";
import { helperName, HELPERS } from "../../src/asm/mod.ts";
import { test } from "../_harness.ts";

test("HELPERS has the numbers of linux/bpf.h", () => {
  assertEquals(HELPERS.bpf_map_lookup_elem, 1);
  assertEquals(HELPERS.bpf_perf_event_output, 25);
  assertEquals(HELPERS.bpf_ringbuf_output, 130);
  assertEquals(HELPERS.bpf_cgrp_storage_delete, 211);
});

test("helperName() is the inverse of HELPERS", () => {
  assertEquals(helperName(1), "bpf_map_lookup_elem");
  assertEquals(helperName(-1), undefined);
  assertEquals(helperName(100_000), undefined);
  for (const [name, id] of Object.entries(HELPERS)) assertEquals(helperName(id), name);
});

test("HELPERS is the kernel's list", { needs: ["bpftool", "btf"] }, () => {
  const header = execFileSync(
    findTool("bpftool") ?? "",
    ["btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"],
    { encoding: "utf8", maxBuffer: 64 << 20 },
  );
  const known = Object.keys(HELPERS).length;
  const ids = [...header.matchAll(/\tBPF_FUNC_(\w+) = (\d+),/g)].map((
    [, name, id],
  ) => [`bpf_${name}`, Number(id)]);
  // Kernels have the same list up to the helper they are too old for.
  assertEquals(ids.slice(0, known), Object.entries(HELPERS).slice(0, ids.length));
});
