import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseElf } from "../../src/elf/mod.ts";
import { BtfError, ElfError } from "../../src/errors.ts";
import { array } from "../../src/map/mod.ts";
import { bytes, struct, u32 } from "../../src/codec/mod.ts";
import { load, otherKernel, ProgramLoader } from "../../src/object/mod.ts";
import { fixture } from "../_bpf.ts";
import { compileInto } from "../elf/_compile.ts";
import { test } from "../_harness.ts";
import { run, withFolder } from "../_run.ts";

/** The types that an object needs, out of those of the running kernel. */
function minimalBtf(object: URL): Uint8Array {
  return withFolder((folder) => {
    const output = join(folder, "min.btf");
    run("bpftool", ["gen", "min_core_btf", "/sys/kernel/btf/vmlinux", output, fileURLToPath(object)]);
    return readFileSync(output);
  });
}

test("load() relocates for the types of the option btf", { needs: ["bpf", "btf", "bpftool"] }, async () => {
  await using object = await load(fixture("task"), { btf: minimalBtf(fixture("task")) });
  assertEquals(object.programs.get("report").run().returnValue, 0);
  const reports = object.maps.get("reports", array(struct({ tgid: u32, ppid: u32, others: bytes(24) })));
  const { tgid, ppid } = reports.get(0);
  assertEquals({ tgid, ppid }, { tgid: process.pid, ppid: process.ppid });
});

test("otherKernel() takes an ELF file with types", { needs: ["clang", "libbpf"] }, () => {
  const source = `
struct task_struct { char before[1000]; int tgid; char between[2000]; int pid; };
struct task_struct task;`;
  const file = withFolder((folder) => readFileSync(compileInto(folder, "other", source, ["-g"])));
  const task = parseElf(readFileSync(fixture("task")), "task");
  const [report] = task.programs;
  if (!report) throw new Error("task.bpf.c has no program");
  const { instructions } = new ProgramLoader(task, otherKernel(file)).resolve(report);
  assertEquals(instructions.some(({ imm, offset }) => imm === 1000 || offset === 1000), true); // where tgid is
});

test("otherKernel() refuses what has no types", async () => {
  const object = readFileSync(fixture("task"));
  const renamed = Buffer.from(object.toString("latin1").replaceAll(".BTF\0", ".XYZ\0"), "latin1");
  assertThrows(
    () => otherKernel(renamed),
    ElfError,
    "Cannot relocate for another kernel: the ELF file has no section .BTF",
  );
  assertThrows(() => otherKernel(object.subarray(0, 100)), ElfError);
  assertThrows(() => otherKernel(new Uint8Array(0)), BtfError);
  assertThrows(() => otherKernel(new TextEncoder().encode("neither ELF nor BTF")), BtfError);
  await assertRejects(() => load(object, { btf: new Uint8Array(3), only: [] }), BtfError);
});
