import { assertEquals, assertThrows } from "@std/assert";
import { writeFileSync } from "node:fs";
import { exit, type Instruction, jgt, label, ldx, mov, r0, r1, r2, r3, st } from "../../src/asm/mod.ts";
import { add } from "../../src/asm/mod.ts";
import { ClosedError, NotSupportedError, SyscallError } from "../../src/errors.ts";
import { loadProgram, type Program } from "../../src/program/mod.ts";
import { bpftool, idsOf, shown } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { withFolder } from "../_run.ts";

/** Adds the first two bytes of a packet, and replaces the first one by 0x99. */
const SUM: readonly Instruction[] = [
  ldx("u32", r2, [r1, 0]),
  ldx("u32", r3, [r1, 4]),
  mov(r0, r2),
  add(r0, 2),
  jgt(r0, r3, "short"),
  ldx("u8", r0, [r2, 0]),
  ldx("u8", r1, [r2, 1]),
  add(r0, r1),
  st("u8", [r2, 0], 0x99),
  exit(),
  label("short", mov(r0, 0)),
  exit(),
];

function sum(): Program {
  return loadProgram({ name: "sum", type: "xdp", instructions: SUM });
}

test("run() gives what bpftool's run gives", { needs: ["bpf", "bpftool"] }, () => {
  using program = sum();
  const data = Uint8Array.from({ length: 64 }, (_, i) => i + 7);
  const result = program.run({ data });
  withFolder((folder) => {
    writeFileSync(`${folder}/in`, data);
    const told = bpftool("prog", "run", "id", program.info.id, "data_in", `${folder}/in`);
    assertEquals(result.returnValue, (told as { retval: number }).retval);
  });
  assertEquals(result.returnValue, 7 + 8);
  assertEquals(result.data, Uint8Array.from({ length: 64 }, (_, i) => i === 0 ? 0x99 : i + 7));
  assertEquals(data[0], 7);
  assertEquals(result.duration > 0, true);
});

test("run() repeats on the data of the run before", { needs: ["bpf"] }, () => {
  using program = sum();
  assertEquals(program.run({ data: new Uint8Array(64), repeat: 3 }).returnValue, 0x99);
});

test("run() returns numbers without a sign", { needs: ["bpf"] }, () => {
  using program = loadProgram({ name: "minus", type: "socket_filter", instructions: [mov(r0, -1), exit()] });
  assertEquals(program.run({ data: new Uint8Array(64) }).returnValue, 0xffff_ffff);
});

test("run() takes large packets", { needs: ["bpf"] }, () => {
  using program = sum();
  const data = new Uint8Array(3000).fill(1);
  assertEquals(program.run({ data }).data.length, 3000);
});

test("run() runs programs for tracing without data", { needs: ["bpf"] }, () => {
  using program = loadProgram({ name: "five", type: "raw_tracepoint", instructions: [mov(r0, 5), exit()] });
  assertEquals(program.run(), { returnValue: 5, data: new Uint8Array(0), duration: 0 });
  assertThrows(
    () => program.run({ data: new Uint8Array(64) }),
    SyscallError,
    'Cannot run program "five" (raw_tracepoint): invalid argument (EINVAL from bpf(PROG_TEST_RUN)): programs for ' +
      "tracing take no data, and run once",
  );
});

test("run() says what is wrong with the data", { needs: ["bpf"] }, () => {
  using program = sum();
  for (const size of [0, 13]) {
    assertThrows(
      () => program.run({ data: new Uint8Array(size) }),
      SyscallError,
      `the data has ${size} bytes, fewer than the 14 of an Ethernet header`,
    );
  }
  for (const repeat of [0, -1, 1.5, NaN, 2 ** 32]) {
    assertThrows(
      () => program.run({ data: new Uint8Array(64), repeat }),
      RangeError,
      `Cannot run program "sum": repeat ${repeat} is not an integer from 1 to 4294967295`,
    );
  }
});

test("run() of a type that the kernel cannot run says so", { needs: ["bpf"] }, () => {
  using program = loadProgram({ name: "probe", type: "kprobe", instructions: [mov(r0, 0), exit()] });
  assertThrows(
    () => program.run(),
    NotSupportedError,
    'Cannot run program "probe" (kprobe): the kernel cannot run programs of this type by hand: attach it instead',
  );
});

test("a closed program is gone", { needs: ["bpf", "bpftool"] }, () => {
  const program = sum();
  const { id } = program.info;
  assertEquals(shown("prog", id).name, "sum");
  program.close();
  program.close();
  assertThrows(() => program.info, ClosedError, 'Cannot use program "sum": it is closed');
  assertThrows(() => program.run({ data: new Uint8Array(64) }), ClosedError);
  assertEquals(idsOf("prog").includes(id), false);
});
