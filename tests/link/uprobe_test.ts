import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { once } from "node:events";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { type Native, native, systemCalls, useNative } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { u64 } from "../../src/codec/mod.ts";
import { ElfError, NotFoundError, PermissionError, SyscallError, WaggleError } from "../../src/errors.ts";
import { attachUprobe, type Link, type PerfEventInfo } from "../../src/link/mod.ts";
import { hash } from "../../src/map/mod.ts";
import { loadProgram, type Program } from "../../src/program/mod.ts";
import { eventually, idsOf } from "../_bpf.ts";
import { startScript } from "../_child.ts";
import { test } from "../_harness.ts";
import { findTool } from "../../scripts/_tools.ts";
import { missing } from "../_needs.ts";
import { run, withFile, withFolder } from "../_run.ts";
import { counter, hitsOf, testLink } from "./_contract.ts";
import { withoutLinks, withoutPmu } from "./_old_kernel.ts";
import { call, offsetIn, readEvents, target } from "./_target.ts";

const NEEDS = ["bpf", "cc"] as const;

testLink({
  name: "attachUprobe()",
  type: "perf_event",
  needs: NEEDS,
  fixture: "probes",
  program: "on_user",
  capability: "CAP_PERFMON",
  wrong: {
    type: "xdp",
    message: "the program is of type xdp, not kprobe",
  },
  attach: (program) => attachUprobe(program, target(), "waggle_first"),
  fire: (count) => [call(target(), "first", count).pid],
});

for (const flags of [[], ["-no-pie"], ["-static"], ["-static-pie"], ["-Wl,-z,noseparate-code"]]) {
  test(`attachUprobe() finds functions of programs of cc ${flags.join(" ")}`, { needs: NEEDS }, async () => {
    const path = target(...flags);
    const { object, hits } = await counter("probes", "on_user");
    await using _object = object;
    const program = object.programs.get("on_user");
    for (const name of ["first", "hidden", "weak"] as const) {
      using link = attachUprobe(program, path, `waggle_${name}`);
      assertEquals(hitsOf(hits, [call(path, name, 3).pid, call(path, "second", 1).pid]), 3);
      assertUprobe(link, { path, offset: offsetIn(path, `waggle_${name}`) });
    }
  });
}

test("attachUprobe() finds functions of a stripped library", { needs: NEEDS }, async () => {
  const path = target("-shared", "-fPIC", "-s");
  const { object } = await counter("probes", "on_user");
  await using _object = object;
  using link = attachUprobe(object.programs.get("on_user"), path, "waggle_weak");
  assertUprobe(link, { path, offset: offsetIn(path, "waggle_weak", "-D") });
  assertThrows(
    () => attachUprobe(object.programs.get("on_user"), path, "waggle_hidden"),
    NotFoundError,
    "the file has no such function",
  );
});

test("attachUprobe() attaches at the return of a function", { needs: NEEDS }, async () => {
  const { object, hits } = await counter("probes", "on_user");
  await using _object = object;
  const options = { return: true };
  using link = attachUprobe(object.programs.get("on_user"), target(), "waggle_first", options);
  assertEquals(hitsOf(hits, [call(target(), "first", 4).pid]), 4);
  assertUprobe(link, { kind: "uretprobe" });
});

test("attachUprobe() takes offsets, in a function and in the file", { needs: NEEDS }, async () => {
  const { object, hits } = await counter("probes", "on_user");
  await using _object = object;
  const program = object.programs.get("on_user");
  const start = offsetIn(target(), "waggle_first");
  for (const place of [start, "waggle_first+0", "waggle_first+0x0"]) {
    using link = attachUprobe(program, target(), place);
    assertUprobe(link, { kind: "uprobe", offset: start });
    assertEquals(hitsOf(hits, [call(target(), "first", 2).pid]), 2);
  }
  assertThrows(() => attachUprobe(program, target(), "waggle_first+4096"), RangeError, "bytes only");
  assertThrows(() => attachUprobe(program, target(), -1), RangeError, "it is no positive integer");
  assertThrows(() => attachUprobe(program, target(), 2 ** 40), SyscallError, "beyond the end of the file");
});

test("attachUprobe() of one process leaves others alone", { needs: NEEDS }, async () => {
  const { object, hits } = await counter("probes", "on_user");
  await using _object = object;
  using _link = attachUprobe(object.programs.get("on_user"), target(), "waggle_first", { pid: 1 });
  assertEquals(hitsOf(hits, [call(target(), "first", 3).pid]), 0);
  assertThrows(
    () => attachUprobe(object.programs.get("on_user"), target(), "waggle_first", { pid: 0x3f_fff0 }),
    SyscallError,
    "there is no process 4194288",
  );
});

test("attachUprobe() hands the cookie to the program", { needs: NEEDS }, async () => {
  const { object } = await counter("probes", "on_user");
  await using _object = object;
  const cookie = 0xfedc_ba98_7654_3210n;
  using link = attachUprobe(object.programs.get("on_user"), target(), "waggle_first", { cookie });
  call(target(), "first", 2);
  assertEquals([...object.maps.get("cookies", hash(u64, u64))], [[cookie, 2n]]);
  assertUprobe(link, { cookie });
});

test(
  "attachUprobe() raises a counter of the file for as long as it is attached",
  { needs: NEEDS },
  async () => {
    const { object } = await counter("probes", "on_user");
    await using _object = object;
    const refCounterOffset = offsetIn(target(), "semaphore");
    const link = attachUprobe(object.programs.get("on_user"), target(), "waggle_first", { refCounterOffset });
    assertEquals(call(target(), "first", 1).semaphore, 1);
    const { info } = link;
    const told = info.type === "perf_event" && info.event.kind === "uprobe" ? info.event.refCounterOffset : 0;
    // Told since Linux 6.16
    assertEquals(told || refCounterOffset, refCounterOffset);
    link.close();
    assertEquals(call(target(), "first", 1).semaphore, 0);
  },
);

test("attachUprobe() finds libraries and programs by their names", { needs: NEEDS }, async () => {
  const { object } = await counter("probes", "on_user");
  await using _object = object;
  const program = object.programs.get("on_user");
  const libc = run("ldd", [target()]).match(/libc\.so\.6 => (\S+)/)?.[1] ?? "";
  for (const name of ["libc", "libc.so.6"]) {
    using link = attachUprobe(program, name, "getpid");
    assertUprobe(link, { offset: offsetIn(libc, "getpid", "-D") });
  }
  using link = attachUprobe(program, "cat", 0x1000);
  assertUprobe(link, { path: run("realpath", [findTool("cat") ?? ""]).trim(), offset: 0x1000 });
  assertThrows(
    () => attachUprobe(program, "no-such-program", 0),
    NotFoundError,
    'Cannot find "no-such-program": it is neither in PATH nor among the libraries: give its whole path',
  );
});

test("attachUprobe() says why there is no such function", { needs: NEEDS }, () => {
  using program = probe();
  const cases: readonly (readonly [path: string, name: string, message: string])[] = [
    [target(), "waggle_frist", 'the file has no such function: did you mean "waggle_first"'],
    [target(), "printf", 'the file calls it in a library: attach to that one, such as "libc"'],
    [target("-s"), "waggle_first", "the file has no"],
    [
      "libc",
      "strlen",
      "it only chooses, when a program starts, which function is called in its place (IFUNC)",
    ],
  ];
  for (const [path, name, message] of cases) {
    assertThrows(() => attachUprobe(program, path, name), NotFoundError, message);
  }
  assertThrows(() => attachUprobe(program, "/nonexistent", "f"), NotFoundError, "there is no such file");
  assertThrows(() => attachUprobe(program, "/etc/passwd", "f"), ElfError, "it is no ELF file");
});

test("attachUprobe() takes paths with spaces", { needs: NEEDS }, () => {
  using program = probe();
  withFolder((folder) => {
    const path = join(folder, "with space");
    symlinkSync(target(), path);
    attachUprobe(program, path, "waggle_first").close();
  });
});

test("attachUprobe() of a file that is cut off says so", { needs: NEEDS }, () => {
  using program = probe();
  const bytes = readFileSync(target());
  for (const length of [0, 3, 63, 64, 500, bytes.length - 1]) {
    withFile(bytes.subarray(0, length), (path) => {
      assertThrows(() => attachUprobe(program, path, "waggle_first"), ElfError, "it is cut off or damaged");
    });
  }
});

test("attachUprobe() of a damaged file ends with an error of ours", { needs: NEEDS }, () => {
  using program = probe();
  using _native = useNative(withoutPerfEvents());
  const bytes = readFileSync(target());
  const start = Number(bytes.readBigUInt64LE(40));
  const headers = [...Array.from({ length: 64 }, (_, i) => i), ...Array.from(bytes.keys()).slice(start)];
  for (const at of headers) {
    const damaged = bytes.map((byte, i) => i === at ? byte ^ 0xff : byte);
    withFile(damaged, (path) => {
      assertThrows(() => attachUprobe(program, path, "waggle_first"), WaggleError);
    });
  }
});

test("attachUprobe() that may not says so", { needs: NEEDS }, () => {
  using program = probe();
  using _native = useNative(withoutPerfEvents());
  assertThrows(
    () => attachUprobe(program, target(), 0),
    PermissionError,
    "not permitted: it has CAP_BPF, CAP_PERFMON",
  );
});

test("attachUprobe() attaches by tracefs before Linux 4.17", { needs: [...NEEDS, "tracefs"] }, async () => {
  const { object, hits } = await counter("probes", "on_user");
  await using _object = object;
  const program = object.programs.get("on_user");
  const before = readEvents("uprobe");
  using _native = useNative(withoutPmu("uprobe"));
  for (const options of [{}, { return: true }]) {
    const link = attachUprobe(program, target(), "waggle_first", options);
    assertStringIncludes(readEvents("uprobe"), `waggle_`);
    assertEquals(hitsOf(hits, [call(target(), "first", 5).pid]), 5);
    link.close();
    assertEquals(readEvents("uprobe"), before);
    assertEquals(hitsOf(hits, [call(target(), "first", 5).pid]), 0);
  }
  using wrong = loadProgram({ name: "other", type: "xdp", instructions: [mov(r0, 0), exit()] });
  assertThrows(() => attachUprobe(wrong, target(), "waggle_first"), TypeError, "of type xdp, not kprobe");
  assertThrows(() => attachUprobe(program, target(), 2 ** 40), SyscallError, "beyond the end of the file");
  assertEquals(readEvents("uprobe"), before);
});

test(
  "nothing stays attached of a process that is killed",
  { needs: [...NEEDS, "tracefs", "bpftool"] },
  async () => {
    const script = startScript(new URL("_attached.ts", import.meta.url), { args: [target()] });
    const [line] = await once(createInterface(script.stdout ?? process.stdin), "line");
    const ids: number[] = JSON.parse(line);
    const events = () => readEvents("uprobe", script.pid);
    assertEquals([ids.length, ids.every((id) => idsOf("link").includes(id))], [3, true]);
    assertStringIncludes(events(), `${target()}:0x`);
    script.kill("SIGKILL");
    await once(script, "close");
    assertEquals(await eventually(() => !ids.some((id) => idsOf("link").includes(id))), true);
    // The kernel keeps the events of tracefs; the next script that makes one removes them
    using program = probe();
    using _native = useNative(withoutPmu("uprobe"));
    attachUprobe(program, target(), "waggle_first").close();
    assertEquals([events(), readEvents("uprobe")], ["", ""]);
  },
);

test("attachUprobe() with a cookie needs links", { needs: NEEDS }, () => {
  using program = probe();
  using _native = useNative(withoutLinks());
  assertThrows(
    () => attachUprobe(program, target(), "waggle_first", { cookie: 1n }),
    SyscallError,
    "a cookie needs Linux 5.15",
  );
});

/** Compares with what the kernel says the probe is, where it does. */
function assertUprobe({ info }: Link, expected: Partial<PerfEventInfo & { readonly path: string }>): void {
  if (missing("perf-link-info") !== undefined) return;
  const event = info.type === "perf_event" ? info.event : undefined;
  assertEquals({ ...event, ...expected }, { ...event });
}

/** This kernel, as if it refused all perf events. */
function withoutPerfEvents(): Native {
  const real = native();
  const { perf_event_open } = systemCalls(real.arch);
  return {
    ...real,
    syscall: (number, ...args) => number === perf_event_open ? -13 : real.syscall(number, ...args),
  };
}

function probe(): Program {
  return loadProgram({ name: "probe", type: "kprobe", instructions: [mov(r0, 0), exit()] });
}
