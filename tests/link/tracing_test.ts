import { assertEquals, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { u64 } from "../../src/codec/mod.ts";
import { parseElf } from "../../src/elf/mod.ts";
import { SyscallError } from "../../src/errors.ts";
import { attachTracepoint, attachTracing } from "../../src/link/mod.ts";
import { hash } from "../../src/map/mod.ts";
import { loadProgram, type Program } from "../../src/program/mod.ts";
import { openFile } from "../../src/sys/mod.ts";
import { fixture } from "../_bpf.ts";
import { type Need, test } from "../_harness.ts";
import { counter, testLink } from "./_contract.ts";

const NEEDS = ["bpf", "btf"] as const;

/** What programs of tracing are loaded for, what makes it happen, and what bpftool calls the link. */
const TARGETS: readonly (readonly [
  section: string,
  program: string,
  needs: readonly Need[],
  fire: (count: number) => number[],
  type: string,
])[] = [
  ["tp_btf", "on_exec", NEEDS, startPrograms, "raw_tracepoint"],
  ["fentry", "on_open", [...NEEDS, "trampoline"], openFiles, "tracing"],
  ["fexit", "after_open", [...NEEDS, "trampoline"], openFiles, "tracing"],
  ["fmod_ret", "may_open", [...NEEDS, "trampoline"], openFiles, "tracing"],
  ["lsm", "on_file_open", [...NEEDS, "trampoline", "lsm"], openFiles, "tracing"],
];

for (const [section, program, needs, fire, type] of TARGETS) {
  testLink({
    name: `attachTracing() of ${section}`,
    type,
    needs,
    fixture: "tracing",
    program,
    capability: "CAP_PERFMON",
    wrong: {
      type: "xdp",
      message: 'Cannot create a link of program "other" to what it was loaded for: ' +
        "the program is of type xdp, not tracing",
    },
    attach: (program) => attachTracing(program),
    fire,
  });
}

for (
  const [section, name, needs, fire] of [
    ["tp_btf", "on_exec_cookie", [...NEEDS, "tracepoint-cookie"], startPrograms],
    ...TARGETS.slice(1),
  ] as const
) {
  test(`attachTracing() of ${section} hands the cookie to the program`, { needs }, async () => {
    const { object } = await counter("tracing", name);
    await using _object = object;
    const cookie = 0xfedc_ba98_7654_3210n;
    using _link = attachTracing(object.programs.get(name), { cookie });
    fire(1);
    assertEquals([...object.maps.get("cookies", hash(u64, u64)).keys()], [cookie]);
  });
}

for (const [section, program] of [["freplace", "counted_weight"], ["fentry", "on_weight"]] as const) {
  let target: Program | undefined;
  testLink({
    name: `attachTracing() of ${section} at a function of a program`,
    type: "tracing",
    needs: [...NEEDS, "trampoline", "tracefs"],
    fixture: "hooks",
    program,
    capability: "CAP_PERFMON",
    wrong: { type: "xdp", message: "the program is of type xdp, not tracing" },
    async prepare() {
      using stack = new DisposableStack();
      const { object } = await counter("tracing", "on_exec_weighted");
      stack.defer(() => object.close());
      target = object.programs.get("on_exec_weighted");
      stack.use(attachTracepoint(target, "sched:sched_process_exec"));
      return stack.move();
    },
    attachTo: () => ({ program: target as Program }),
    attach: (program) => attachTracing(program),
    fire: startPrograms,
  });
}

test("attachTracing() of freplace replaces a function of another program", {
  needs: [...NEEDS, "trampoline", "tracefs"],
}, async () => {
  const { object, hits } = await counter("tracing", "on_exec_weighted");
  await using _object = object;
  const target = object.programs.get("on_exec_weighted");
  const spec = parseElf(readFileSync(fixture("tracing")), "tracing.bpf.o");
  const { instructions = [] } = spec.programs.find(({ name }) => name === "heavier") ?? {};
  using program = loadProgram({
    name: "heavier",
    type: "ext",
    attachTo: { program: target, function: "weight" },
    instructions,
    ...(spec.btf && { btf: spec.btf }),
  });
  using _exec = attachTracepoint(target, "sched:sched_process_exec");
  const weigh = () => startPrograms(1).map((pid) => hits.get(pid));
  assertEquals(weigh(), [1n]);
  {
    using link = attachTracing(program);
    assertEquals(weigh(), [10n]);
    const { info } = link;
    assertEquals(info.type === "tracing" && info.targetObjectId, target.info.id);
  }
  assertEquals(weigh(), [1n]);
});

test("attachTracing() of an iterator says so", { needs: [...NEEDS, "trampoline"] }, async () => {
  const { object } = await counter("iterators", "tasks");
  await using _object = object;
  assertThrows(
    () => attachTracing(object.programs.get("tasks")),
    SyscallError,
    "the program may be an iterator: use attachIterator()",
  );
});

test("attachTracing() of a raw tracepoint says so", { needs: NEEDS }, () => {
  using raw = loadProgram({ name: "raw", type: "raw_tracepoint", instructions: [mov(r0, 0), exit()] });
  assertThrows(
    () => attachTracing(raw),
    TypeError,
    "the program is of type raw_tracepoint, not tracing: use attachRawTracepoint()",
  );
});

function startPrograms(count: number): number[] {
  return Array.from({ length: count }, () => spawnSync("true").pid);
}

/** Calls openat(2) so many times in this thread, and returns its id. */
function openFiles(count: number): number[] {
  const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  for (let i = 0; i < count; i++) openFile("/dev/null").close();
  return [thread];
}
