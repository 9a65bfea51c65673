import { assertEquals, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import { native, useNative } from "../../ffi/mod.ts";
import { exit, ldx, mov, r0, r1 } from "../../src/asm/mod.ts";
import { NotFoundError, SyscallError } from "../../src/errors.ts";
import { attachRawTracepoint } from "../../src/link/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { BPF_CMD } from "../../src/uapi/mod.ts";
import { test } from "../_harness.ts";
import { testLink } from "./_contract.ts";

const NEEDS = ["bpf", "btf"] as const;

testLink({
  name: "attachRawTracepoint()",
  type: "raw_tracepoint",
  needs: NEEDS,
  program: "on_exec",
  capability: "CAP_PERFMON",
  wrong: {
    type: "tracepoint",
    message: 'Cannot create a link of program "other" to raw tracepoint "sched_process_exec": ' +
      "the program is of type tracepoint, not raw_tracepoint",
  },
  attach: (program) => attachRawTracepoint(program, "sched_process_exec"),
  fire: (count) => Array.from({ length: count }, () => spawnSync("true").pid),
});

test("attachRawTracepoint() suggests names", { needs: NEEDS }, () => {
  using program = loadProgram({ name: "probe", type: "raw_tracepoint", instructions: [mov(r0, 0), exit()] });
  const error = assertThrows(
    () => attachRawTracepoint(program, "sched_process_exek"),
    NotFoundError,
    'Cannot find raw tracepoint "sched_process_exek": this kernel has none of that name: did you mean "sched_process_exec"',
  );
  assertEquals((error.cause as SyscallError).code, "ENOENT");
  assertThrows(() => attachRawTracepoint(program, "sched:sched_switch"), NotFoundError, "none of that name");
  assertThrows(() => attachRawTracepoint(program, ""), NotFoundError, "none of that name");
});

test("attachRawTracepoint() of a program that reads too far says so", { needs: NEEDS }, () => {
  const instructions = [ldx("u64", r0, [r1, 8 * 11]), mov(r0, 0), exit()];
  using program = loadProgram({ name: "far", type: "raw_tracepoint", instructions });
  assertThrows(
    () => attachRawTracepoint(program, "sched_process_exec"),
    SyscallError,
    "the program may read more arguments than the tracepoint has",
  );
});

test("attachRawTracepoint() with a cookie on an old kernel says what it needs", { needs: NEEDS }, () => {
  using program = loadProgram({ name: "probe", type: "raw_tracepoint", instructions: [mov(r0, 0), exit()] });
  const real = native();
  using _native = useNative({
    ...real,
    bpf: (command, ...rest) => command === BPF_CMD.RAW_TRACEPOINT_OPEN ? -7 : real.bpf(command, ...rest),
  });
  assertThrows(
    () => attachRawTracepoint(program, "sched_process_exec", { cookie: 1n }),
    SyscallError,
    "a cookie needs Linux 6.10",
  );
});
