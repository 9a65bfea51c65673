import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { readdirSync, readlinkSync } from "node:fs";
import process from "node:process";
import { addressOf, keepAlive, native } from "../../ffi/mod.ts";
import { NotFoundError } from "../../src/errors.ts";
import { u64 } from "../../src/codec/mod.ts";
import { moduleBtfs } from "../../src/kernel/mod.ts";
import { type Attachment, IteratorLink, Link, type LinkInfo, queryPrograms } from "../../src/link/mod.ts";
import { attachAll, type AttachOptions, type BpfObject, load } from "../../src/object/mod.ts";
import { cString } from "../../src/sys/mod.ts";
import { bpftool, eventually, fixture, idsOf, shown } from "../_bpf.ts";
import { Cgroup } from "../_cgroup.ts";
import { type Need, test } from "../_harness.ts";
import { Network } from "../link/_network.ts";
import { missing } from "../_needs.ts";
import { call, target } from "../link/_target.ts";

const NEEDS = ["bpf", "btf", "tracefs"] as const;

// Kept for the rest of the process, and no leak of the first test that looks for a function in them
if (missing("bpf") === undefined) moduleBtfs();

/** `__NR_mkdirat`. */
const MKDIRAT = process.arch === "x64" ? 258 : 34;

/** The programs that are loaded by default and are not attached by their sections. */
const NAMES = ["on_tracepoint", "on_packet", "on_ingress", "on_request", "on_filter", "on_cpu"] as const;

/** The object, whose programs count the calls of this thread. */
function object(options: Parameters<typeof load>[1] = {}): Promise<BpfObject> {
  const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  return load(fixture("attach"), { variables: { thread, mkdirat: BigInt(MKDIRAT) }, ...options });
}

/** How often a program ran. */
function hits(object: BpfObject, program: string): bigint {
  return object.variables.get(`${program}_hits`, u64).get();
}

/** Calls mkdirat(2) so many times, in vain. */
function makeFolders(count: number): void {
  const path = cString("/proc/waggle/folder");
  for (let i = 0; i < count; i++) native().syscall(MKDIRAT, -100, addressOf(path), 0);
  keepAlive(path);
}

function infoOf(attachment: Attachment): LinkInfo {
  assertInstanceOf(attachment, Link);
  return attachment.info;
}

/** Programs at mkdirat(2), and what bpftool calls their links. */
const BY_SECTION: readonly (readonly [program: string, type: string, needs: readonly Need[]])[] = [
  ["on_tracepoint", "perf_event", []],
  ["on_raw", "raw_tracepoint", []],
  ["on_typed", "raw_tracepoint", []],
  ["on_call", "perf_event", ["kprobe"]],
  ["on_return", "perf_event", ["kprobe"]],
  ["on_syscall", "perf_event", ["kprobe"]],
  ["on_function", "tracing", ["trampoline"]],
  ["on_functions", "kprobe_multi", ["kprobe-multi"]],
  ["on_session", "kprobe_multi", ["kprobe-session"]],
];

for (const [name, type, needs] of BY_SECTION) {
  test(`attach() of ${name} attaches to what the section names`, {
    needs: [...NEEDS, ...needs, "bpftool"],
  }, async () => {
    await using all = await object({ only: [name] });
    const program = all.programs.get(name);
    {
      using link = program.attach();
      const before = hits(all, name);
      makeFolders(3);
      // A session runs at the call and at the return
      assertEquals(hits(all, name) - before, name === "on_session" ? 6n : 3n);
      const facts = shown("link", infoOf(link).id);
      assertEquals([facts.type, facts.prog_id], [type, program.info.id]);
    }
    const before = hits(all, name);
    makeFolders(3);
    assertEquals(hits(all, name), before);
  });
}

test("attach() takes the cookie of what has one", { needs: [...NEEDS, "perf-link-info"] }, async () => {
  await using all = await object({ only: ["on_tracepoint"] });
  using program = all.programs.get("on_tracepoint").clone();
  using link = program.attach({ cookie: 7n });
  const info = infoOf(link);
  assertEquals(info.type === "perf_event" && info.event, {
    kind: "tracepoint",
    name: "sys_enter_mkdirat",
    cookie: 7n,
  });
});

test("attach() of an iterator lists what the options say", { needs: NEEDS }, async () => {
  await using all = await object({ only: ["on_task"] });
  using link = all.programs.get("on_task").attach({ pid: process.pid });
  assertInstanceOf(link, IteratorLink);
  const threads = readdirSync("/proc/self/task").length;
  assertEquals(link.lines().every((line) => line === "task"), true);
  assertEquals(Math.abs(link.lines().length - threads) <= 2, true); // threads come and go
});

test("attach() takes another target than that of the section", { needs: ["bpf", "cc"] }, async () => {
  const path = target();
  const attachTo = { on_user: `${path}:waggle_first` };
  await using all = await object({ only: ["on_user"], attachTo });
  using _link = all.programs.get("on_user").attach();
  call(path, "first", 4);
  call(path, "second", 4);
  assertEquals(hits(all, "on_user"), 4n);
});

test(
  "attach() attaches to all that a pattern matches",
  { needs: ["bpf", "cc", "uprobe-multi"] },
  async () => {
    const path = target();
    await using all = await object({ only: ["on_users"], attachTo: { on_users: `${path}:waggle_?*` } });
    using link = all.programs.get("on_users").attach({ pid: process.pid });
    call(path, "first", 4);
    assertEquals([hits(all, "on_users"), infoOf(link).type], [0n, "uprobe_multi"]); // of another process
    link.close();
    using _link = all.programs.get("on_users").attach();
    call(path, "first", 4);
    call(path, "second", 1);
    assertEquals(hits(all, "on_users"), 5n);
  },
);

test("load() refuses targets that programs of a section do not have", { needs: NEEDS }, async () => {
  await using all = await object({ only: ["on_request"] });
  const program = all.programs.get("on_request");
  const only = ["on_packet", "on_tracepoint", "on_raw", "on_typed"];
  for (
    const [name, to, error, message] of [
      ["on_packet", "lo", TypeError, '(xdp): "lo" is nothing that SEC("xdp") attaches to'],
      ["on_tracepoint", "mkdirat", TypeError, '"mkdirat" is nothing that SEC("tp") attaches to'],
      [
        "on_raw",
        { program },
        TypeError,
        'a function of program "on_request" is nothing that SEC("raw_tp") attaches to',
      ],
      ["on_typed", "no_such_event", NotFoundError, 'the kernel has no "no_such_event" to attach to'],
      ["no_program", "x", NotFoundError, 'Cannot say what to attach to for "no_program"'],
    ] as const
  ) {
    await assertRejects(() => object({ only, attachTo: { [name]: to } }), error, message);
  }
});

test("attach() attaches to places that the options name", {
  needs: [...NEEDS, "tcx", "xdp", "cgroup", "network"],
}, async () => {
  using network = new Network();
  using cgroup = new Cgroup();
  const { device } = network;
  await using all = await object();
  const { programs } = all;
  const send = () => network.send(9, 3);

  for (const name of ["on_packet", "on_ingress"]) {
    {
      using _link = programs.get(name).attach({ device });
      send();
      assertEquals(await eventually(() => hits(all, name) >= 3n), true, name);
    }
    const before = hits(all, name);
    send();
    assertEquals(hits(all, name), before);
  }

  using egress = programs.get("on_egress").attach({ cgroup: cgroup.path });
  const info = infoOf(egress);
  assertEquals(info.type === "cgroup" && [info.attachType, info.cgroupId], ["cgroup_inet_egress", cgroup.id]);

  using lookup = programs.get("on_lookup").attach({ netns: "self" });
  assertEquals(
    queryPrograms({ netns: "self", attachType: "sk_lookup" }).programs.map(({ linkId }) => linkId),
    [infoOf(lookup).id],
  );
  using _tick = programs.get("on_tick").attach({
    event: { type: "software", event: "page-faults", period: 1 },
  });
  call(target(), "faults", 10);
  assertEquals(hits(all, "on_tick") >= 10n, true);
});

test("attach() says what keeps a program from being attached", { needs: NEEDS }, async () => {
  await using all = await object({ load: "optional", only: [...NAMES, "on_user", "on_users"] });
  for (
    const [name, options, message] of [
      ["on_packet", {}, "(xdp): its section leaves the place open: give device"],
      ["on_ingress", { device: undefined }, "(tc/ingress): its section leaves the place open: give device"],
      ["on_tracepoint", { device: "lo" }, 'it takes no option "device"'],
      ["on_packet", { device: "lo", cookie: 1n }, 'it takes no option "cookie"'],
      ["on_request", {}, "(syscall): it is not attached but run: use run()"],
      ["on_filter", {}, "its section names no direction"],
      ["on_cpu", {}, "it runs for the CPUs of a map"],
      ["on_users", {}, 'SEC("uprobe.multi") does not say to what'],
    ] as const
  ) {
    assertThrows(
      () => all.programs.get(name).attach(options as AttachOptions),
      TypeError,
      message,
    );
  }
  assertThrows(
    () => all.programs.get("on_user").attach(),
    NotFoundError,
    '"no_such_file"',
  );
});

test("attachAll() attaches what sections place, and leaves the rest", { needs: NEEDS }, async () => {
  await using all = await object();
  using links = attachAll(all);
  assertEquals(links.names(), ["on_tracepoint", "on_raw", "on_typed", "on_task"]);
  assertEquals([...links.left], [
    ["on_packet", "its section leaves the place open: give device"],
    ["on_ingress", "its section leaves the place open: give device"],
    ["on_egress", "its section leaves the place open: give cgroup"],
    ["on_lookup", "its section leaves the place open: give netns"],
    ["on_tick", "its section leaves the place open: give event"],
    ["on_request", "it is not attached but run: use run()"],
    [
      "on_filter",
      'its section names no direction: write SEC("tcx/ingress"), or use attachTcx() or attachTc()',
    ],
    ["on_cpu", "it runs for the CPUs of a map, which it is put into"],
  ]);
  const counts = () => ["on_tracepoint", "on_raw", "on_typed"].map((name) => hits(all, name));
  const before = counts();
  makeFolders(2);
  assertEquals(counts(), before.map((count) => count + 2n));
  assertInstanceOf(links.get("on_task"), IteratorLink);
  assertThrows(() => links.get("on_packet"), NotFoundError, "give device");
  assertThrows(() => links.get("on_tracepiont"), NotFoundError, 'did you mean "on_tracepoint"');
});

test("attachAll() detaches all when it is closed, with the places of the options too", {
  needs: [...NEEDS, "tcx", "xdp", "network", "bpftool"],
}, async () => {
  using network = new Network();
  await using all = await object();
  const ids: number[] = [];
  {
    using links = attachAll(all, { device: network.device });
    assertEquals(links.names(), [
      "on_tracepoint",
      "on_raw",
      "on_typed",
      "on_task",
      "on_packet",
      "on_ingress",
    ]);
    ids.push(...[...links].map((link) => infoOf(link).id));
    assertEquals(new Set(ids).size, 6);
    assertEquals(ids.every((id) => idsOf("link").includes(id)), true);
  }
  assertEquals(await eventually(() => !idsOf("link").some((id) => ids.includes(id))), true);
});

test("attachAll() detaches the others where one is refused, or reports it", {
  needs: [...NEEDS, "bpftool"],
}, async () => {
  await using all = await object({ attachTo: { on_raw: "no_such_event" } });
  const { id } = all.programs.get("on_tracepoint").info;
  const linked = () =>
    (bpftool("link", "show") as { prog_id: number }[]).filter(({ prog_id }) => prog_id === id).length;
  assertThrows(() => attachAll(all), NotFoundError, '"no_such_event"');
  assertEquals(await eventually(() => linked() === 0), true);

  using links = attachAll(all, { attach: "optional" });
  assertEquals(links.names(), ["on_tracepoint", "on_typed", "on_task"]);
  assertEquals([...links.refused.keys()], ["on_raw"]);
  assertEquals(linked(), 1);
  assertThrows(() => links.get("on_raw"), NotFoundError, '"no_such_event"');
});

test("attachAll() refuses options that no program takes, and objects without anything to attach", {
  needs: NEEDS,
}, async () => {
  await using all = await object({ only: ["on_tracepoint", "on_request"] });
  assertThrows(
    () => attachAll(all, { device: "lo" }),
    TypeError,
    'Cannot attach object "attach": none of its programs takes option "device"',
  );
  await using none = await object({ only: ["on_request", "on_cpu"] });
  assertThrows(
    () => attachAll(none),
    NotFoundError,
    'Cannot attach object "attach": "on_request": it is not attached but run: use run(); "on_cpu": it runs for',
  );
});

test("attachAll() registers structs", { needs: [...NEEDS, "uapi-kernel"] }, async () => {
  await using congestion = await load(fixture("congestion"));
  using links = attachAll(congestion);
  assertEquals([links.names(), [...links.left]], [["plain", "linked"], []]);
  assertEquals(infoOf(links.get("linked")).type, "struct_ops");
});
