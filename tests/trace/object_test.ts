import { assert, assertEquals, assertRejects } from "@std/assert";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { NotSupportedError } from "../../src/errors.ts";
import { hash, struct, u32, u64 } from "../../mod.ts";
import { load } from "../../src/object/mod.ts";
import {
  cgroup,
  hash as shared,
  iter,
  type KernelHash,
  perfEvent,
  rawTracepoint,
  sockops,
  tc,
  timers,
  tracepoint,
  type TracepointContext,
  uprobe,
  uretprobe,
  usdt,
  xdp,
  type XdpContext,
} from "../../src/trace/mod.ts";
import { objectOf } from "../../src/trace/_object.ts";
import { FunctionSource } from "../../src/trace/_source.ts";
import { parseElf } from "../../src/elf/mod.ts";
import type { Program } from "../../src/program/mod.ts";
import { cgroupRoot } from "../_needs.ts";
import { usdtTarget } from "../link/_usdt_target.ts";
import { bpftool, type Facts } from "../_bpf.ts";
import { test } from "../_harness.ts";
import { run, withFile, withFolder } from "../_run.ts";

const NEEDS = ["bpf", "btf", "tracefs"] as const;

/** Calls getpriority(2) so many times, by which functions here know the process. */
function fire(times: number): void {
  for (let i = 0; i < times; i++) process.getBuiltinModule("node:os").getPriority(0);
}

const SCRIPT = fileURLToPath(import.meta.url);

/** Counts calls by process. */
const count = (c: TracepointContext, { calls }: { calls: KernelHash<number, bigint> }) => {
  if (c.args.which === 0) calls.count(c.pid);
};

/** The object file of a function that does not run any more. */
async function counting(): Promise<Uint8Array> {
  using calls = shared(u32, u64);
  using probe = tracepoint("syscalls:sys_enter_getpriority", { calls }, count);
  return await probe.toObject();
}

test("bpftool loads what toObject() writes, with its maps and lines", {
  needs: [...NEEDS, "bpffs", "bpftool"],
}, async () => {
  using calls = shared(u32, u64);
  using probe = tracepoint("syscalls:sys_enter_getpriority", { calls }, count);
  const bytes = await probe.toObject();
  const folder = `/sys/fs/bpf/waggle-object-${process.pid}`;
  mkdirSync(folder);
  try {
    withFile(
      bytes,
      (path) => run("bpftool", ["prog", "loadall", path, `${folder}/programs`, "pinmaps", `${folder}/maps`]),
    );
    const map = bpftool("map", "show", "pinned", `${folder}/maps/calls`) as Facts;
    const ours = calls.map.info;
    assertEquals(
      [map["type"], map["bytes_key"], map["bytes_value"], map["max_entries"]],
      [ours.type, ours.keySize, ours.valueSize, ours.maxEntries],
    );
    const pin = `${folder}/programs/sys_enter_getpriority`;
    assertEquals((bpftool("prog", "show", "pinned", pin) as Facts)["tag"], probe.program.info.tag);
    const dump = run("bpftool", ["prog", "dump", "xlated", "pinned", pin, "linum"]);
    const line = readFileSync(SCRIPT, "utf8").split("\n").findIndex((line) =>
      line.includes("calls.count(c.pid)")
    );
    const [, file = "", number] = /; .*calls\.count\(c\.pid\).* \[file:(\S+) line_num:(\d+) /.exec(dump) ??
      [];
    assertEquals([basename(file), Number(number)], ["object_test.ts", line + 1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("libbpf loads, attaches and runs what toObject() writes", { needs: [...NEEDS, "clang"] }, async () => {
  const bytes = await counting();
  withFolder((folder) => {
    const [file, source, program] = ["counting.bpf.o", "main.c", "main"].map((name) => join(folder, name));
    writeFileSync(file ?? "", bytes);
    writeFileSync(
      source ?? "",
      `#include <bpf/libbpf.h>
#include <bpf/bpf.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>
int main(int argc, char **argv) {
  struct bpf_object *object = bpf_object__open_file(argv[1], NULL);
  if (!object || bpf_object__load(object)) return 1;
  struct bpf_program *program = bpf_object__next_program(object, NULL);
  if (!bpf_program__attach(program)) return 2;
  for (int i = 0; i < 9; i++) getpriority(PRIO_PROCESS, 0);
  __u32 pid = getpid();
  __u64 count = 0;
  int map = bpf_object__find_map_fd_by_name(object, "calls");
  if (bpf_map_lookup_elem(map, &pid, &count)) return 3;
  printf("%s %llu\\n", bpf_program__section_name(program), count);
}
`,
    );
    run("clang", ["-O1", "-o", program ?? "", source ?? "", "-lbpf"]);
    assertEquals(
      execFileSync(program ?? "", [file ?? ""], { encoding: "utf8" }),
      "tp/syscalls/sys_enter_getpriority 9\n",
    );
  });
});

test("load() loads, attaches and runs what toObject() writes", { needs: NEEDS }, async () => {
  await using object = await load(await counting());
  using _link = object.programs.get("sys_enter_getpriority").attach();
  fire(5);
  assertEquals(object.maps.get("calls", hash(u32, u64)).get(process.pid), 5n);
});

test("objects have the maps of events, and arguments of the kernel", { needs: NEEDS }, async () => {
  using probe = rawTracepoint(
    "sched_process_exec",
    (c) => ({ pid: c.pid, file: c.str(c.args.bprm.filename) }),
  );
  const bytes = await probe.toObject();
  await using object = await load(bytes);
  const ours = probe.program.info;
  const theirs = object.programs.get("sched_process_exec").info;
  assertEquals([theirs.type, theirs.tag], [ours.type, ours.tag]);
  const facts = [...object.maps].map(({ info: { type, maxEntries } }) => [type, maxEntries]);
  assertEquals(facts, [["ringbuf", 1 << 20], ["percpu_array", 1]]);
});

/** Has libbpf load the program of an object, and calls `body` with where it is pinned meanwhile. */
function withPinned(bytes: Uint8Array, body: (pin: string) => void): void {
  const pin = `/sys/fs/bpf/waggle-program-${process.pid}`;
  try {
    withFile(bytes, (path) => run("bpftool", ["prog", "load", path, pin]));
    body(pin);
  } finally {
    rmSync(pin, { force: true });
  }
}

const GROUP = cgroupRoot() ?? "";

/** Functions by where they run, and what the program's type is for bpftool. */
const PLACES: readonly (readonly [place: string, type: string, () => Writable])[] = [
  ["xdp", "xdp", () => xdp("lo", (c) => c.length > 60 ? "pass" : undefined, { mode: "generic" })],
  ["tc", "sched_cls", () => tc("lo", "egress", (c) => c.mark === 1 ? "ok" : undefined)],
  ["cgroup_skb/egress", "cgroup_skb", () => cgroup("egress", GROUP, () => "allow")],
  ["cgroup/connect4", "cgroup_sock_addr", () => cgroup("connect4", GROUP, () => "allow")],
  ["cgroup/sock_create", "cgroup_sock", () => cgroup("sock_create", GROUP, () => "allow")],
  ["cgroup/post_bind6", "cgroup_sock", () => cgroup("post_bind6", GROUP, () => "allow")],
  ["cgroup/sysctl", "cgroup_sysctl", () => cgroup("sysctl", GROUP, () => "allow")],
  ["cgroup/dev", "cgroup_device", () => cgroup("dev", GROUP, () => "allow")],
  ["cgroup/setsockopt", "cgroup_sockopt", () => cgroup("setsockopt", GROUP, () => "allow")],
  ["sockops", "sock_ops", () => sockops(GROUP, (c) => ({ op: c.op }))],
  ["uprobe", "kprobe", () => uprobe("libc:getpriority", (c) => ({ which: c.args[0] }))],
  ["uretprobe", "kprobe", () => uretprobe("libc:getpriority", (c) => ({ result: c.retval }))],
  [
    "perf_event",
    "perf_event",
    () => perfEvent({ type: "software", event: "cpu-clock", frequency: 9 }, (c) => ({ pid: c.pid })),
  ],
  ["iter/task", "tracing", () => iter("task", (c) => c.task && ({ pid: c.task.pid }))],
];

interface Writable extends Disposable {
  readonly program: Program;
  toObject(): Promise<Uint8Array>;
}

for (const [section, type, open] of PLACES) {
  test(`libbpf loads the object of a function for ${section}`, {
    needs: [...NEEDS, "cgroup", "bpffs", "bpftool"],
  }, async () => {
    using written = open();
    const bytes = await written.toObject();
    const [program] = parseElf(bytes).programs;
    assert(program?.section.startsWith(section), program?.section);
    withPinned(bytes, (pin) => {
      const facts = bpftool("prog", "show", "pinned", pin) as Facts;
      assertEquals([facts["type"], facts["tag"]], [type, written.program.info.tag]);
    });
  });
}

test(
  "libbpf loads objects with timers and locks",
  { needs: [...NEEDS, "xdp", "bpffs", "bpftool"] },
  async () => {
    using pairs = shared(u32, struct({ count: u64, size: u64 }), { locks: true });
    using later = timers<{ size: number; name: string }>();
    using probe = xdp("lo", { pairs, later }, (c, { pairs, later }) => {
      const size = c.length;
      pairs.locked(0, (pair) => {
        pair.count += 1;
        pair.size += size;
      });
      later.start({ size, name: "a" }, 1000, (key) => void pairs.set(key.size, { count: 1, size: 2 }));
      return "pass";
    }, { mode: "generic" });
    const bytes = await probe.toObject();
    withPinned(bytes, (pin) => {
      assertEquals((bpftool("prog", "show", "pinned", pin) as Facts)["tag"], probe.program.info.tag);
    });
    await using object = await load(bytes);
    const map = object.maps.get("pairs", hash(u32, struct({ count: u64, size: u64, lock: u32 })));
    map.set(0, { count: 0n, size: 0n, lock: 0 });
    object.programs.get("xdp").run({ data: new Uint8Array(64), repeat: 3 });
    assertEquals(map.get(0), { count: 3n, size: 192n, lock: 0 });
  },
);

test("load() attaches a written uprobe where it was", { needs: NEEDS }, async () => {
  using calls = shared(u32, u64);
  using probe = uprobe("libc:getpriority", { calls }, (c, { calls }) => calls.count(c.pid));
  await using object = await load(await probe.toObject());
  probe.close();
  using _link = object.programs.get("getpriority").attach();
  fire(4);
  assertEquals(object.maps.get("calls", hash(u32, u64)).get(process.pid), 4n);
});

for (const way of ["may_goto", "bpf_loop"] as const) {
  test(`objects have loops that the kernel runs by ${way}`, {
    needs: [way === "may_goto" ? "may-goto" : "bpf-loop", "bpffs", "bpftool"],
  }, async () => {
    using found = shared(u32, u64);
    const body = (_c: XdpContext, { found }: { found: KernelHash<number, bigint> }) => {
      let sum = 0;
      outer: for (let i = 0; i < 100_000; i++) {
        for (let k = 0; k < 5000; k++) {
          if (k > 3) continue outer;
          sum += i ^ k;
          found.set(k, sum);
        }
      }
      return "drop";
    };
    using source = new FunctionSource({
      function: body,
      shared: { found },
      context: { kind: "xdp" },
      program: { name: "loops", type: "xdp" },
      section: "xdp",
      results: { pass: 2n, drop: 1n },
      result: 2n,
    });
    const bytes = objectOf(source, { loops: () => way });
    await using object = await load(bytes);
    const sums = new Map<number, bigint>();
    body({} as XdpContext, { found: sums as unknown as KernelHash<number, bigint> });
    assertEquals(object.programs.get("loops").run({ data: new Uint8Array(64) }).returnValue, 1);
    const theirs = [...object.maps.get("found", hash(u32, u64))].sort(([a], [b]) => a - b);
    assertEquals(theirs, [...sums].map(([key, sum]) => [key, BigInt(sum)]));
    withPinned(bytes, (pin) => {
      const dump = run("bpftool", ["prog", "dump", "xlated", "pinned", pin, "linum"]);
      assertEquals(dump.includes("int loop1()"), way === "bpf_loop", dump);
      assertEquals(
        /; .*found\.set\(k, sum\);.* \[file:\S*object_test.ts line_num:\d+ /.test(dump),
        true,
        dump,
      );
    });
  });
}

test("toObject() of what libbpf has no section for is refused", { needs: [...NEEDS, "cc"] }, async () => {
  using probe = usdt(usdtTarget().file, "waggle:registers", ({ args }) => ({ first: args[0] }));
  await assertRejects(
    () => probe.toObject(),
    NotSupportedError,
    "libbpf has no section for where it attaches",
  );
});

test(
  "toObject() of what is of this kernel alone is refused",
  { needs: [...NEEDS, "cgroup", "task-kfuncs"] },
  async () => {
    const what: readonly (readonly [probe: Writable, message: string])[] = [
      [
        cgroup("sock_create", GROUP, (c) => c.symbol("vfs_read") === 0 ? "deny" : "allow"),
        'it asks for the address of "vfs_read"',
      ],
      [
        iter("task", (c) => {
          c.call("bpf_rcu_read_lock");
          c.call("bpf_rcu_read_unlock");
        }),
        "it calls bpf_rcu_read_lock(), which is found in this kernel alone",
      ],
    ];
    for (const [probe, message] of what) {
      await assertRejects(() => probe.toObject(), NotSupportedError, message);
      probe[Symbol.dispose]();
    }
  },
);
