import { assertEquals, assertThrows } from "@std/assert";
import { NotFoundError } from "../../src/errors.ts";
import { parseAttachTo, parseSectionName } from "../../src/elf/mod.ts";
import { attachTarget } from "../../src/object/attach_target.ts";
import type { ProgramSpec } from "../../src/spec/mod.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";

/** A program of a section. */
function program(section: string): ProgramSpec {
  const attach = parseAttachTo(section);
  return {
    ...parseSectionName(section),
    ...(attach && { attach }),
    name: "program",
    section,
    instructions: [],
  };
}

test("attachTarget() is the BTF id that bpftool shows", { needs: ["btf", "bpftool"] }, () => {
  const dump = run("bpftool", ["btf", "dump", "file", "/sys/kernel/btf/vmlinux"]);
  for (
    const [section, kind, name] of [
      ["tp_btf/sched_switch", "TYPEDEF", "btf_trace_sched_switch"],
      ["fentry/vfs_read", "FUNC", "vfs_read"],
      ["fexit/vfs_read", "FUNC", "vfs_read"],
      ["fmod_ret/security_file_open", "FUNC", "security_file_open"],
      ["iter/task", "FUNC", "bpf_iter_task"],
      ["lsm/file_open", "FUNC", "bpf_lsm_file_open"],
      ["fentry/vmlinux:vfs_read", "FUNC", "vfs_read"],
    ] as const
  ) {
    const id = Number(new RegExp(`^\\[(\\d+)\\] ${kind} '${name}'`, "m").exec(dump)?.[1]);
    const none = Number.isNaN(id); // as kernels without CONFIG_BPF_LSM have no bpf_lsm_…
    if (none) assertThrows(() => attachTarget(program(section), undefined), NotFoundError);
    else assertEquals(attachTarget(program(section), undefined), { attachBtfId: id }, section);
  }
});

test("attachTarget() is empty for programs that are attached otherwise", () => {
  for (
    const section of ["xdp", "tp/sched/sched_switch", "kprobe/vfs_read", "raw_tp/sched_switch", "fentry"]
  ) {
    assertEquals(attachTarget(program(section), undefined), {}, section);
  }
});

test("attachTarget() names what is not there, and the closest", { needs: ["btf"] }, () => {
  assertThrows(
    () => attachTarget(program("fentry/vfs_raed"), undefined),
    NotFoundError,
    'Cannot load program "program" (fentry/vfs_raed): the kernel has no "vfs_raed" to attach to: did you mean "vfs_read"',
  );
  assertThrows(
    () => attachTarget(program("iter/taks"), undefined),
    NotFoundError,
    'the kernel has no "taks" to attach to: did you mean "task"',
  );
  assertThrows(
    () => attachTarget(program("fentry/no_such_module:vfs_read"), undefined),
    NotFoundError,
    'module "no_such_module" has no "vfs_read" to attach to',
  );
});
