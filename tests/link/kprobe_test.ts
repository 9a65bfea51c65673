import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { readFileSync, readlinkSync } from "node:fs";
import { useNative } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { u64 } from "../../src/codec/mod.ts";
import { NotFoundError, NotSupportedError, SyscallError } from "../../src/errors.ts";
import { attachKprobe, attachKsyscall, type Link, type PerfEventInfo } from "../../src/link/mod.ts";
import { hash } from "../../src/map/mod.ts";
import { loadProgram, type Program } from "../../src/program/mod.ts";
import { openFile } from "../../src/sys/mod.ts";
import { test } from "../_harness.ts";
import { counter, hitsOf, testLink } from "./_contract.ts";
import { withoutPmu } from "./_old_kernel.ts";
import { readEvents } from "./_target.ts";

const NEEDS = ["bpf", "kprobe"] as const;
const FUNCTION = "do_sys_openat2";

for (
  const [name, target, attach] of [
    ["attachKprobe()", `function "${FUNCTION}"`, (program: Program) => attachKprobe(program, FUNCTION)],
    [
      "attachKprobe() at the return",
      `the return of function "${FUNCTION}"`,
      (program: Program) => attachKprobe(program, FUNCTION, { return: true }),
    ],
    ["attachKsyscall()", 'system call "openat"', (program: Program) => attachKsyscall(program, "openat")],
  ] as const
) {
  testLink({
    name,
    type: "perf_event",
    needs: NEEDS,
    fixture: "probes",
    program: "on_kernel",
    capability: "CAP_PERFMON",
    wrong: {
      type: "xdp",
      message: `Cannot create a link of program "other" to ${target}: the program is of type xdp, not kprobe`,
    },
    attach,
    fire: openFiles,
  });
}

/** Calls openat(2) so many times in this thread, and returns its id. */
function openFiles(count: number): number[] {
  for (let i = 0; i < count; i++) openFile("/dev/null").close();
  return [Number(readlinkSync("/proc/thread-self").split("/").at(-1))];
}

for (
  const [name, attach] of [
    ["attachKprobe() of a system call", (program: Program) => attachKprobe(program, "sys_openat")],
    [
      "attachKsyscall() at the return",
      (program: Program) => attachKsyscall(program, "openat", { return: true }),
    ],
    [
      "attachKprobe() by tracefs",
      (program: Program) => attachKprobe(program, FUNCTION, { return: true, maxActive: 64 }),
    ],
  ] as const
) {
  test(`${name} runs the program once for each call`, { needs: NEEDS }, async () => {
    const { object, hits } = await counter("probes", "on_kernel");
    await using _object = object;
    const before = readEvents("kprobe");
    const link = attach(object.programs.get("on_kernel"));
    assertEquals(hitsOf(hits, openFiles(4)), 4);
    link.close();
    const seen = hitsOf(hits, openFiles(0));
    assertEquals(hitsOf(hits, openFiles(4)), seen);
    assertEquals(readEvents("kprobe"), before);
  });
}

test("attachKprobe() attaches by tracefs before Linux 4.17", { needs: NEEDS }, async () => {
  const { object, hits } = await counter("probes", "on_kernel");
  await using _object = object;
  const program = object.programs.get("on_kernel");
  const before = readEvents("kprobe");
  using _native = useNative(withoutPmu("kprobe"));
  for (const [i, options] of [{}, { return: true }].entries()) {
    using _link = attachKprobe(program, FUNCTION, options);
    assertStringIncludes(readEvents("kprobe"), "waggle_");
    // Files are read by the library, too
    openFiles(0).forEach((key) => hits.set(key, 0n));
    assertEquals(hitsOf(hits, openFiles(3)), 3, `${i}`);
  }
  assertThrows(() => attachKprobe(program, "do_sys_openat3"), NotFoundError, `did you mean "${FUNCTION}"`);
  assertEquals(readEvents("kprobe"), before);
});

test("attachKprobe() says what the kernel knows, and hands the cookie over", { needs: NEEDS }, async () => {
  const { object } = await counter("probes", "on_kernel");
  await using _object = object;
  const cookie = 0xfedc_ba98_7654_3210n;
  using link = attachKprobe(object.programs.get("on_kernel"), FUNCTION, { cookie });
  openFiles(2);
  assertEquals(object.maps.get("cookies", hash(u64, u64)).has(cookie), true);
  const symbols = readFileSync("/proc/kallsyms", "utf8");
  const address = BigInt(`0x${new RegExp(`^(\\w+) . ${FUNCTION}$`, "m").exec(symbols)?.[1]}`);
  const event = kprobeOf(link);
  // What links to perf events are is told since Linux 6.6
  if (event) assertEquals([event.function, event.offset, event.address], [FUNCTION, 0, address]);
});

function kprobeOf({ info }: Link): Extract<PerfEventInfo, { readonly function: string }> | undefined {
  return info.type === "perf_event" && "function" in info.event ? info.event : undefined;
}

test("attachKprobe() explains refusals", { needs: NEEDS }, () => {
  using program = probe();
  const attach = (...rest: [string, Parameters<typeof attachKprobe>[2]?]) => () =>
    attachKprobe(program, ...rest);
  assertThrows(attach("do_sys_openat3"), NotFoundError, `did you mean "${FUNCTION}"`);
  assertThrows(
    () => attachKsyscall(program, "opennat"),
    NotFoundError,
    'to system call "opennat": this kernel has no',
  );
  assertThrows(attach(FUNCTION, { offset: 1 }), SyscallError, "the start of an instruction");
  assertThrows(attach(FUNCTION, { offset: 1, return: true }), RangeError, "leave the offset out");
  assertThrows(attach(FUNCTION, { maxActive: 1 }), RangeError, "maxActive is for returns");
  assertThrows(attach(FUNCTION, { offset: -1 }), RangeError, "offset -1 is no positive integer");
  assertThrows(attach("int3_emulate_jmp"), Error, "Cannot create");
});

test("attachKprobe() says that a kernel has no kprobes", { needs: ["bpf", "no-kprobe"] }, () => {
  using program = probe();
  const message = "this kernel is built without probes of its functions (CONFIG_KPROBE_EVENTS): " +
    "take a tracepoint, or a program of raw_tp or tp_btf";
  for (
    const [attach, target] of [
      [() => attachKprobe(program, FUNCTION), `function "${FUNCTION}"`],
      [() => attachKprobe(program, FUNCTION, { return: true, maxActive: 1 }), "the return of function"],
      [() => attachKsyscall(program, "openat"), 'system call "openat"'],
    ] as const
  ) {
    const error = assertThrows(attach, NotSupportedError, message);
    assertStringIncludes(error.message, `Cannot create a link of program "probe" to ${target}`);
  }
});

function probe(): Program {
  return loadProgram({ name: "probe", type: "kprobe", instructions: [mov(r0, 0), exit()] });
}
