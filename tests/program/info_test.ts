import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fakeNative } from "../../ffi/fake.ts";
import { useNative } from "../../ffi/mod.ts";
import { exit, ldMap, mov, r0, r1 } from "../../src/asm/mod.ts";
import { u32 } from "../../src/codec/mod.ts";
import { NotSupportedError, PermissionError } from "../../src/errors.ts";
import { array, createMap } from "../../src/map/mod.ts";
import { load } from "../../src/object/mod.ts";
import { enableStats, listPrograms, loadProgram, Program } from "../../src/program/mod.ts";
import { Descriptor } from "../../src/sys/mod.ts";
import { fixture, idsOf, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { unprivileged } from "../map/_unprivileged.ts";
import { typedProgram } from "./_typed.ts";

test("info is what bpftool shows", { needs: ["bpf", "bpftool"] }, async () => {
  await using object = await load(fixture("count"));
  for (const program of object.programs) {
    const { info } = program;
    const facts = shown("prog", info.id);
    assertEquals(
      [info.id, info.type, info.name, info.tag, info.gplCompatible, info.createdBy, info.btfId],
      [facts.id, facts.type, facts.name, facts.tag, facts.gpl_compatible, facts.uid, facts.btf_id],
    );
    assertEquals([...info.mapIds], facts.map_ids);
    assertEquals(
      [info.translatedSize, info.machineCodeSize, info.jited, info.memlock],
      [facts.bytes_xlated, facts.bytes_jited, facts.jited, facts.bytes_memlock],
    );
    assertEquals(Math.abs(info.loadDate.getTime() / 1000 - Number(facts.loaded_at)) <= 1, true);
    assertEquals(info.device, 0);
    const lines = readFileSync(`/proc/self/fdinfo/${program.descriptor.fd}`, "utf8");
    assertEquals(Number(/^verified_insns:\s*(\d+)$/m.exec(lines)?.[1]), info.verifiedInstructions);
  }
});

test("info has the time of the load", { needs: ["bpf"] }, () => {
  const before = Date.now();
  using program = loadProgram({ name: "new", type: "xdp", instructions: [mov(r0, 2), exit()] });
  const after = Date.now();
  const { loadDate, loadTime, createdBy } = program.info;
  assertEquals(loadDate.getTime() >= before - 2 && loadDate.getTime() <= after + 2, true);
  const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  assertEquals(Math.abs(Number(loadTime) / 1e9 - uptime) < 5, true);
  assertEquals(createdBy, process.getuid?.());
});

test("info has names of more than 15 bytes where there is BTF", { needs: ["bpf", "bpftool"] }, () => {
  const name = "a_name_that_is_longer_than_the_kernel_keeps";
  using typed = loadProgram({ name, type: "xdp", ...typedProgram(name) });
  const { id } = typed.info;
  assertEquals([typed.info.name, shown("prog", id).name], [name, name]);
  using other = loadProgram({ name: "another_name_of_more_than_15", type: "xdp", ...typedProgram(name) });
  assertEquals(other.info.name, "another_name_of"); // the function in BTF is not the program that was named
  using untyped = loadProgram({ name, type: "xdp", instructions: [mov(r0, 2), exit()] });
  assertEquals([untyped.info.name, untyped.info.btfId], [name.slice(0, 15), 0]);
});

test("info has what a program was loaded to attach to", { needs: ["bpf", "btf"] }, () => {
  using program = loadProgram({
    name: "on_exec",
    type: "tracing",
    expectedAttachType: "trace_raw_tp",
    attachTo: "sched_process_exec",
    instructions: [mov(r0, 0), exit()],
  });
  const lines = readFileSync(`/proc/self/fdinfo/${program.descriptor.fd}`, "utf8");
  const { attachBtfId, attachBtfObjectId, type } = program.info;
  assertEquals([type, program.attachTo], ["tracing", "sched_process_exec"]);
  assertEquals(attachBtfId > 0, true);
  assertEquals(attachBtfObjectId, 1); // vmlinux is the first BTF of the kernel
  assertEquals(/^prog_type:\s*26$/m.test(lines), true);
});

test("enableStats() measures runs until it is disposed of", { needs: ["root", "bpf"] }, () => {
  using program = loadProgram({ name: "run", type: "raw_tracepoint", instructions: [mov(r0, 0), exit()] });
  // A run by hand is counted in programs for tracing (bpf_prog_run in __bpf_prog_test_run_raw_tp)
  {
    using _ = enableStats();
    for (let i = 0; i < 10; i++) program.run();
    assertEquals(program.info.runCount, 10n);
    assertEquals(program.info.runTime > 0n, true);
  }
  if (readFileSync("/proc/sys/kernel/bpf_stats_enabled", "utf8").trim() === "0") {
    const { runCount } = program.info;
    assertEquals(runCount, 10n);
  }
  assertEquals(program.info.recursionMisses, 0n);
});

test("listPrograms() lists what bpftool lists", { needs: ["root", "bpf", "bpftool"] }, () => {
  const program = loadProgram({ name: "listed", type: "xdp", instructions: [mov(r0, 2), exit()] });
  const { id } = program.info;
  const listed = listPrograms();
  assertEquals(listed.find((one) => one.id === id), program.info);
  assertEquals(listed.map((one) => one.id), listed.map((one) => one.id).sort((a, b) => a - b));
  assertEquals(idsOf("prog").includes(id), true);
  program.close();
  assertEquals(listPrograms().some((one) => one.id === id), false);
});

test("listPrograms() and enableStats() say what the process lacks", () => {
  const lacks = "not permitted: the process lacks CAP_SYS_ADMIN: run it as root";
  {
    using _ = useNative(fakeNative(unprivileged()));
    assertThrows(listPrograms, PermissionError, `Cannot list the programs of the kernel: ${lacks}`);
  }
  using _ = useNative(fakeNative(unprivileged()));
  assertThrows(enableStats, PermissionError, `Cannot enable statistics of programs: ${lacks}`);
});

test("bindMap() makes a map one of the program's", { needs: ["bpf", "bpftool"] }, () => {
  using map = createMap(array(u32), { name: "bound", maxEntries: 1 });
  using used = createMap(array(u32), { name: "used", maxEntries: 1 });
  using program = loadProgram({
    name: "binds",
    type: "xdp",
    instructions: [ldMap(r1, "used"), mov(r0, 2), exit()],
    maps: { used },
  });
  assertEquals([...program.info.mapIds], [used.info.id]);
  assertEquals(program.bindMap(map).bindMap(map), program);
  assertEquals([...program.info.mapIds], [used.info.id, map.info.id]);
  assertEquals(shown("prog", program.info.id).map_ids, [used.info.id, map.info.id]);
});

test("what kernels before 5.8 and 5.10 lack is said", () => {
  using _ = useNative(fakeNative(({ name }) => name === "bpf" ? -22 : 0));
  assertThrows(
    enableStats,
    NotSupportedError,
    "kernels before Linux 5.8 have a switch for all only: sysctl kernel.bpf_stats_enabled=1",
  );
  using program = new Program(new Descriptor(7, 'program "binds"'), "binds");
  using descriptor = new Descriptor(8, 'map "bound"');
  assertThrows(
    () => program.bindMap({ descriptor }),
    NotSupportedError,
    'Cannot bind map "bound" to program "binds": this kernel cannot: it came with Linux 5.10',
  );
});
