import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, readFileSync } from "node:fs";
import process from "node:process";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import { useNative } from "../../ffi/mod.ts";
import { programArray } from "../../src/map/mod.ts";
import { attachAll, load } from "../../src/object/mod.ts";
import { attachPerfEvent, attachTracing, attachUprobe, attachXdp, type Link } from "../../src/link/mod.ts";
import { loadProgram } from "../../src/program/mod.ts";
import { explain, observe, type ProgramReport } from "../../src/report/mod.ts";
import { bpftool, eventually, fixture, shown } from "../_bpf.ts";
import { Cgroup } from "../_cgroup.ts";
import { test } from "../_harness.ts";
import { run } from "../_run.ts";
import { Network } from "../link/_network.ts";
import { withoutLinks } from "../link/_old_kernel.ts";
import { attachmentOf, codes, mapIn, number, programIn, silent, texts } from "./_silent.ts";

const NEEDS = ["root", "bpf", "btf", "tracefs"] as const;
const NONE = { for: 0 } as const;
const SHORT = { for: 20 } as const;

test(
  "A program that nobody attached is said not to be attached",
  { needs: [...NEEDS, "bpftool"] },
  async () => {
    await using object = await silent(["on_disaster"]);
    const program = object.programs.get("on_disaster");
    const report = await explain(object, SHORT);
    assertEquals(codes(programIn(report, "on_disaster")), ["problem not-attached"]);
    assertEquals(report.problems[0]?.of, 'program "on_disaster"');
    // bpftool finds no link either
    const links = bpftool("link", "show") as { prog_id?: number }[];
    assertEquals(links.some(({ prog_id }) => prog_id === program.info.id), false);
  },
);

test("A program that is attached and never runs is said to wait for its event", {
  needs: [...NEEDS, "bpftool"],
}, async () => {
  await using object = await silent(["on_disaster"]);
  using link = object.programs.get("on_disaster").attach() as Link;
  const part = programIn(await explain(object, SHORT), "on_disaster");
  assertEquals(part.runs, 0);
  const place = attachmentOf(part);
  assertEquals([place.linkId, place.place, place.own], [link.info.id, "raw tracepoint mark_victim", true]);
  assertEquals(shown("link", link.info.id).tp_name, "mark_victim");
  assertEquals(codes(place), ["problem idle"]);
  assertMatch(texts(place, "idle")[0] ?? "", /must run out of memory/);
});

test("A report names the system call that is called instead of another", {
  needs: [...NEEDS, "perf-link-info"],
}, async () => {
  await using object = await silent(["on_fork"]);
  using _link = object.programs.get("on_fork").attach();
  const part = programIn(await explain(object, SHORT), "on_fork");
  assertEquals(attachmentOf(part).place, "tracepoint sys_enter_fork");
  assertMatch(
    texts(attachmentOf(part), "idle")[0] ?? "",
    /no process called fork\(2\).* clone\(2\) instead$/,
  );
  assertMatch(texts(part, "prints")[0] ?? "", /trace_pipe/);
});

test("Runs are counted as bpftool counts them", { needs: [...NEEDS, "bpftool"] }, async () => {
  await using object = await silent(["on_number"]);
  const { id } = object.programs.get("on_number").info;
  using observation = observe(object);
  const before = Number(shown("prog", id).run_cnt ?? 0);
  number(object, 1, 3);
  const part = programIn(observation.report(), "on_number");
  assertEquals(Number(shown("prog", id).run_cnt) - before, 3);
  assertEquals(part.runs, 3);
  assertMatch(texts(part, "runs")[0] ?? "", /^it ran 3 times in /);
  assertEquals(texts(part, "not-attached"), ["nothing was found that attaches it, but it runs"]);
});

test("Runs before are told, and that nobody counts", { needs: NEEDS }, async () => {
  await using object = await silent(["on_number"]);
  {
    using _observation = observe(object);
    number(object, 1, 2);
  }
  const part = programIn(await explain(object, NONE), "on_number");
  assertEquals(part.runs, undefined);
  assertEquals(texts(part, "runs"), [
    "how often it ran was not counted: nobody asked for it; it ran 2 times earlier, while somebody counted",
  ]);
});

test(
  "A program that runs and sends nothing is said to filter, by which constants",
  { needs: NEEDS },
  async () => {
    await using object = await silent(["on_number"], { only_number: 5 });
    using observation = observe(object);
    number(object, 4, 2);
    const filtered = observation.report();
    assertEquals(texts(programIn(filtered, "on_number"), "filtered"), [
      'it ran and put nothing into "events": variables that it reads, and may filter by, are only_number = 5',
    ]);
    assertEquals(filtered.problems[0]?.code, "filtered");
    number(object, 5);
    assertEquals(texts(programIn(observation.report(), "on_number"), "filtered"), []);
  },
);

test(
  "Programs that were refused or left out are in the report, with the reason",
  { needs: NEEDS },
  async () => {
    await using object = await load(fixture("silent"), { load: "optional" });
    const report = await explain(object, NONE);
    const refused = programIn(report, "refused");
    assertEquals(codes(refused), ["problem refused"]);
    assertEquals(texts(refused, "refused"), [object.refused.get("refused")?.message]);
    assertEquals(codes(programIn(report, "asked")), ["fact not-loaded"]);
    assertMatch(texts(programIn(report, "asked"), "not-loaded")[0] ?? "", /its section begins with "\?"/);
    assertEquals(codes(programIn(report, "on_demand")).slice(0, 1), ["fact not-attached"]);
  },
);

test("Programs called by tail calls are attached by the array", { needs: NEEDS }, async () => {
  await using object = await silent(["on_disaster", "on_number"]);
  const next = object.maps.get("next", programArray());
  const empty = await explain(object, NONE);
  assertEquals(codes(mapIn(empty, "next")), ["problem contents"]);
  next.set(1, object.programs.get("on_number"));
  const report = await explain(object, NONE);
  assertEquals(attachmentOf(programIn(report, "on_number")).place, 'tail calls by "next" [1]');
  assertEquals([mapIn(report, "next").entries, ...codes(mapIn(report, "next"))], [1, "fact contents"]);
});

test(
  "Links of what is gone are said to be shells",
  { needs: [...NEEDS, "network", "xdp", "tcx", "cgroup"] },
  async () => {
    await using object = await silent(["on_packet", "on_frame", "on_connect"]);
    const names = ["on_packet", "on_frame", "on_connect"];
    using links = new DisposableStack();
    {
      using network = new Network();
      using cgroup = new Cgroup();
      links.use(object.programs.get("on_packet").attach({ device: network.device }));
      links.use(object.programs.get("on_frame").attach({ device: network.device }));
      links.use(object.programs.get("on_connect").attach({ cgroup: cgroup.path }));
      const report = await explain(object, SHORT);
      const places = names.map((name) => attachmentOf(programIn(report, name)));
      assertEquals(places.map(({ place }) => place), [
        `XDP of device ${network.device}`,
        `tcx_ingress of device ${network.device}`,
        `cgroup ${cgroup.path} (cgroup_inet4_connect)`,
      ]);
      assertEquals(texts(places[2] ?? { findings: [] }, "idle"), [
        `no process is in cgroup ${cgroup.path}: echo PID > ${cgroup.path}/cgroup.procs`,
      ]);
    }
    const gone = async () => {
      const report = await explain(object, SHORT);
      return names.map((name) => codes(attachmentOf(programIn(report, name))).join());
    };
    // The kernel detaches programs of cgroups in its own time
    for (let i = 0; i < 100 && (await gone()).some((code) => code !== "problem gone"); i++);
    assertEquals(await gone(), Array(3).fill("problem gone"));
    const report = await explain(object, NONE);
    assertEquals(texts(attachmentOf(programIn(report, "on_packet")), "gone"), [
      "the network device is gone: the link is an empty shell: attach anew",
    ]);
  },
);

test(
  "Devices that are down or idle are told from those with packets",
  { needs: [...NEEDS, "network", "tcx"] },
  async () => {
    await using object = await silent(["on_frame"]);
    using network = new Network();
    const { device } = network;
    using _link = object.programs.get("on_frame").attach({ device });
    using observation = observe(object);
    network.send(9, 2);
    assertEquals(await eventually(() => (programIn(observation.report(), "on_frame").runs ?? 0) >= 2), true);
    run("ip", ["link", "set", device, "down"]);
    const down = programIn(await explain(object, SHORT), "on_frame");
    assertEquals(texts(attachmentOf(down), "idle"), [`device ${device} is down: ip link set ${device} up`]);
  },
);

test(
  "XDP programs without a link are found by their device",
  { needs: [...NEEDS, "network", "xdp", "bpftool"] },
  async () => {
    await using object = await silent(["on_packet"]);
    using network = new Network();
    const { id } = object.programs.get("on_packet").info;
    run("bpftool", ["net", "attach", "xdpgeneric", "id", `${id}`, "dev", network.device]);
    const part = attachmentOf(programIn(await explain(object, NONE), "on_packet"));
    assertEquals([part.linkId, part.place, part.own], [
      undefined,
      `XDP of device ${network.device}, without a link`,
      false,
    ]);
  },
);

/** Where a program begins; in position-independent ones of Debian the address is the place in the file. */
function entryOf(path: string): number {
  return Number(/Entry point address: +(0x[0-9a-f]+)/.exec(run("llvm-readelf", ["-h", path]))?.[1] ?? NaN);
}

test(
  "A file that nobody runs is told from one that runs",
  { needs: [...NEEDS, "llvm-readelf", "perf-link-info"] },
  async () => {
    await using object = await silent(["on_call"]);
    const folder = `/tmp/waggle-report-${crypto.randomUUID()}`;
    run("mkdir", [folder]);
    try {
      const path = `${folder}/sleeper`;
      copyFileSync(run("sh", ["-c", "readlink -f $(command -v sleep)"]).trim(), path);
      chmodSync(path, 0o755);
      using _link = attachUprobe(object.programs.get("on_call"), path, entryOf(path));
      const idle = async () =>
        texts(attachmentOf(programIn(await explain(object, SHORT), "on_call")), "idle")[0] ?? "";
      // Some machines have a process that even root may not look into
      assertMatch(
        await idle(),
        /^no process( that this one may look into)? runs \/tmp\/waggle-report-\S+\/sleeper /,
      );
      const child = spawn(path, ["60"]);
      try {
        let text = "";
        for (let i = 0; i < 50 && !text.startsWith("1 process"); i++) text = await idle();
        assertEquals(text.startsWith(`1 process has ${path} in memory, but nobody came by`), true);
      } finally {
        child.kill();
        await new Promise((resolve) => child.on("close", resolve));
      }
    } finally {
      run("rm", ["-r", folder]);
    }
  },
);

test("Perf events without a link are found, as before Linux 5.15", { needs: NEEDS }, async () => {
  await using object = await silent(["on_fork"]);
  const attach = () => {
    using _native = useNative(withoutLinks());
    return object.programs.get("on_fork").attach();
  };
  using attachment = attach();
  const part = attachmentOf(programIn(await explain(object, SHORT), "on_fork"));
  assertEquals([part.linkId, part.place, part.own], [undefined, "tracepoint sys_enter_fork", true]);
  const { subject } = await explain(attachment, NONE);
  assertMatch("place" in subject ? subject.place : "", /which is no link before Linux 5\.15$/);
});

test(
  "A link that another process or a pin holds is said not to be ours",
  { needs: [...NEEDS, "bpffs"] },
  async () => {
    await using object = await silent(["on_disaster"]);
    const path = `/sys/fs/bpf/waggle-report-${crypto.randomUUID()}`;
    const link = object.programs.get("on_disaster").attach() as Link;
    link.pin(path);
    link.close();
    try {
      const part = attachmentOf(programIn(await explain(object, NONE), "on_disaster"));
      assertEquals(part.own, false);
      const text = (await explain(object, NONE)).text();
      assertMatch(text, /link \d+ \(raw tracepoint mark_victim\), which a pin or another process holds/);
    } finally {
      run("rm", [path]);
    }
  },
);

test("Links are explained with their program, also when they are closed", { needs: NEEDS }, async () => {
  await using object = await silent(["on_disaster"]);
  const link = object.programs.get("on_disaster").attach();
  {
    using observation = observe(link);
    const { subject } = observation.report();
    assertEquals(subject.kind === "attachment" && subject.program?.name, "on_disaster");
    link.close();
    const { subject: closed, problems } = observation.report();
    assertEquals(codes(closed), ["problem closed"]);
    assertEquals(problems[0]?.code, "closed");
  }
  object.close();
  assertEquals((await explain(object, NONE)).problems[0]?.code, "closed");
});

test("explain() says what it cannot explain", { needs: NEEDS }, async () => {
  const nothing = { close() {}, [Symbol.dispose]() {} };
  await assertRejects(() => explain(nothing), TypeError, "it is no object, program, map or link");
  assertThrows(() => observe(nothing), TypeError);
  await using object = await silent(["on_number"]);
  for (const bad of [-1, NaN, Infinity]) {
    await assertRejects(() => explain(object, { for: bad }), RangeError, `Cannot explain for ${bad} ms`);
  }
});

test("A signal ends the counting, and the report comes", { needs: NEEDS }, async () => {
  await using object = await silent(["on_number"]);
  const { duration } = await explain(object, { for: 60_000, signal: AbortSignal.timeout(10) });
  assertEquals(duration < 30_000, true);
});

test(
  "A closed XDP attachment leaves the program unattached",
  { needs: [...NEEDS, "network", "xdp"] },
  async () => {
    await using object = await silent(["on_packet"]);
    using network = new Network();
    const program = object.programs.get("on_packet");
    const link = attachXdp(program, network.device);
    assertEquals((await explain(program, NONE)).problems, []);
    link.close();
    assertEquals((await explain(program, NONE)).problems.map(({ code }) => code), ["not-attached"]);
  },
);

test("What attaches a program to several places is explained link by link", { needs: NEEDS }, async () => {
  await using object = await load(fixture("probes"), { only: ["on_tick"] });
  const event = { type: "software", event: "cpu-clock", frequency: 99 } as const;
  using sampling = attachPerfEvent(object.programs.get("on_tick"), event);
  const { subject } = await explain(sampling, NONE);
  const parts = subject.kind === "attachments" ? subject.attachments : [];
  assertEquals(parts.map(({ linkId }) => linkId), sampling.links.map(({ info }) => info.id));
  assertEquals(parts.map(({ program }) => program?.name), sampling.links.map(() => "on_tick"));
});

test("attachAll() is explained with what it left alone", { needs: NEEDS }, async () => {
  await using object = await silent(["on_disaster", "on_packet"]);
  using attachments = attachAll(object);
  const { subject } = await explain(attachments, NONE);
  assertEquals(subject.kind === "attachments" && subject.attachments.length, 1);
  assertEquals(texts(subject, "not-attached"), [
    `"on_packet" was left alone: ${attachments.left.get("on_packet")}`,
  ]);
});

test("An iterator is said to run when it is read", { needs: NEEDS }, async () => {
  await using object = await load(fixture("attach"), { only: ["on_task"] });
  using _link = object.programs.get("on_task").attach();
  const part = attachmentOf(programIn(await explain(object, SHORT), "on_task"));
  assertEquals([part.place, ...codes(part)], ["iterator task", "problem idle"]);
  assertMatch(texts(part, "idle")[0] ?? "", /runs when it is read/);
});

/** Attach points of functions, whose targets links know as types. */
const FUNCTIONS = [
  ["on_function", ["trampoline"], /^fentry \w+mkdirat$/],
  ["on_call", ["kprobe", "perf-link-info"], /^kprobe \w+mkdirat$/],
] as const;

for (const [name, needs, place] of FUNCTIONS) {
  test(`${name} is said to wait for a call`, { needs: [...NEEDS, ...needs] }, async () => {
    const mkdirat = BigInt(process.arch === "x64" ? 258 : 34);
    await using object = await load(fixture("attach"), { only: [name], variables: { mkdirat } });
    using _link = object.programs.get(name).attach();
    const part = attachmentOf(programIn(await explain(object, SHORT), name));
    assertMatch(part.place, place);
    assertMatch(texts(part, "idle")[0] ?? "", /nobody called the function/);
  });
}

test(
  "A program of LSM that the kernel never asks is told why",
  { needs: [...NEEDS, "trampoline"] },
  async () => {
    using program = loadProgram({
      name: "never",
      type: "lsm",
      attachTo: "sb_pivotroot",
      expectedAttachType: "lsm_mac",
      instructions: [mov(r0, 0), exit()],
    });
    using _link = attachTracing(program);
    const { subject } = await explain(program, SHORT);
    const part = attachmentOf(subject as ProgramReport);
    assertEquals(part.place, "lsm_mac bpf_lsm_sb_pivotroot");
    const modules = readFileSync("/sys/kernel/security/lsm", "utf8").trim();
    const asked = modules.split(",").includes("bpf");
    assertEquals(texts(part, "idle"), [
      asked
        ? "the kernel did not ask for that permission meanwhile"
        : `the kernel asks no BPF programs: its security modules are ${modules}: start it with lsm=${modules},bpf`,
    ]);
  },
);

test(
  "Functions of a struct are attached by their struct",
  { needs: [...NEEDS, "uapi-kernel"] },
  async () => {
    await using object = await load(fixture("congestion"));
    const place = async () =>
      programIn(await explain(object, SHORT), "waggle_ssthresh").attachments.map((one) => one.place);
    assertEquals(texts(programIn(await explain(object, SHORT), "waggle_ssthresh"), "not-attached"), [
      "it is a function of a struct: attachStructOps() of the object",
    ]);
    {
      using _plain = object.attachStructOps("plain");
      assertEquals(await place(), ['struct "plain", without a link']);
    }
    using _linked = object.attachStructOps("linked");
    assertEquals(await place(), [`struct_ops map ${object.maps.get("linked").info.id}`]);
  },
);
