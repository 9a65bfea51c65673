import { assertEquals, assertThrows } from "@std/assert";
import { readlinkSync } from "node:fs";
import { native, systemCalls, useNative } from "../../ffi/mod.ts";
import { exit, ldx, mov, r0, r1 } from "../../src/asm/mod.ts";
import { u64 } from "../../src/codec/mod.ts";
import { NotFoundError, NotSupportedError, PermissionError, SyscallError } from "../../src/errors.ts";
import { attachTracepoint } from "../../src/link/mod.ts";
import { array } from "../../src/map/mod.ts";
import { loadProgram, type Program } from "../../src/program/mod.ts";
import { openFile } from "../../src/sys/mod.ts";
import { BPF_CMD } from "../../src/uapi/mod.ts";
import { test } from "../_harness.ts";
import { counter, hitsOf, testLink } from "./_contract.ts";

const NEEDS = ["bpf", "tracefs"] as const;
const EVENT = "syscalls:sys_enter_openat";

testLink({
  name: "attachTracepoint()",
  type: "perf_event",
  needs: NEEDS,
  program: "on_open",
  capability: "CAP_PERFMON",
  wrong: {
    type: "xdp",
    message:
      `Cannot create a link of program "other" to tracepoint "${EVENT}": the program is of type xdp, not tracepoint`,
  },
  attach: (program) => attachTracepoint(program, EVENT),
  fire: openFiles,
});

/** The flag by which the program knows these calls from others. */
const O_NOATIME = 0o1000000;

/** Calls openat(2) so many times in this thread, and returns its id. */
function openFiles(count: number): number[] {
  for (let i = 0; i < count; i++) openFile("/dev/null", O_NOATIME).close();
  return [Number(readlinkSync("/proc/thread-self").split("/").at(-1))];
}

test("attachTracepoint() takes a slash between group and event", { needs: NEEDS }, async () => {
  const { object, hits } = await counter();
  await using _object = object;
  using _link = attachTracepoint(object.programs.get("on_open"), EVENT.replace(":", "/"));
  assertEquals(hitsOf(hits, openFiles(1)), 1);
});

test("attachTracepoint() hands the cookie to the program", { needs: NEEDS }, async () => {
  const { object } = await counter();
  await using _object = object;
  const cookie = 0xfedc_ba98_7654_3210n;
  using _link = attachTracepoint(object.programs.get("on_open"), EVENT, { cookie });
  openFiles(1);
  assertEquals(object.maps.get("cookie", array(u64)).get(0), cookie);
});

test("attachTracepoint() attaches by ioctl where there are no such links", { needs: NEEDS }, async () => {
  const { object, hits } = await counter();
  await using _object = object;
  using _native = useNative(beforeLinks());
  const link = attachTracepoint(object.programs.get("on_open"), EVENT);
  assertEquals(hitsOf(hits, openFiles(5)), 5);
  assertThrows(() => link.info, SyscallError);
  assertThrows(() => link.pin("/sys/fs/bpf/waggle-ioctl"), SyscallError, "the attachment is not a link");
  link.close();
  const before = hitsOf(hits, openFiles(0));
  assertEquals(hitsOf(hits, openFiles(5)), before);
});

test("attachTracepoint() with a cookie needs links", { needs: NEEDS }, async () => {
  const { object } = await counter();
  await using _object = object;
  using _native = useNative(beforeLinks());
  assertThrows(
    () => attachTracepoint(object.programs.get("on_open"), EVENT, { cookie: 1n }),
    SyscallError,
    "a cookie needs Linux 5.15",
  );
});

/** This kernel, as if it were older than 5.15. */
function beforeLinks(): ReturnType<typeof native> {
  const real = native();
  return {
    ...real,
    bpf: (command, ...rest) => command === BPF_CMD.LINK_CREATE ? -22 : real.bpf(command, ...rest),
  };
}

function tracing(instructions = [mov(r0, 0), exit()]): Program {
  return loadProgram({ name: "probe", type: "tracepoint", instructions });
}

test("attachTracepoint() of a program that reads too far says so", { needs: NEEDS }, () => {
  using program = tracing([ldx("u64", r0, [r1, 1024]), mov(r0, 0), exit()]);
  assertThrows(
    () => attachTracepoint(program, EVENT),
    SyscallError,
    "the program may read beyond the fields of the tracepoint",
  );
});

test("attachTracepoint() suggests names", { needs: NEEDS }, () => {
  using program = tracing();
  for (
    const [name, message] of [
      ["syscalls:sys_enter_opnat", 'the group has no such event: did you mean "sys_enter_openat"'],
      ["shed:sched_switch", 'there is no group "shed": did you mean "sched"'],
      ["sched:nothing_like_any_event", "the group has no such event"],
      ["sched_switch", "it is not of the form group:event"],
      ["a:b:c", "it is not of the form group:event"],
      ["..:..", 'there is no group ".."'],
      ["", "it is not of the form group:event"],
    ] as const
  ) {
    const start = `Cannot find tracepoint "${name}": ${message}`;
    assertThrows(() => attachTracepoint(program, name), NotFoundError, start);
  }
});

for (
  const [errno, error, message] of [
    [2, NotSupportedError, "tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing"],
    [13, PermissionError, "tracefs is closed to this process: run it as root"],
    [24, SyscallError, "too many open files"],
  ] as const
) {
  test(`attachTracepoint() where tracefs answers error ${errno} says why`, { needs: NEEDS }, () => {
    using program = tracing();
    const real = native();
    const { openat } = systemCalls(real.arch);
    using _native = useNative({
      ...real,
      syscall: (number, ...args) => number === openat ? -errno : real.syscall(number, ...args),
    });
    assertThrows(() => attachTracepoint(program, EVENT), error, message);
  });
}
