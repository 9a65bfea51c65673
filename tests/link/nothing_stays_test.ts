/** Nothing that was attached stays, however its process ends: as others see it. */
import { assertEquals } from "@std/assert";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface, type Interface } from "node:readline";
import { cleanupProbes } from "../../src/link/mod.ts";
import { bpftool, eventually, type Facts, idsOf, shown } from "../_bpf.ts";
import { startScript } from "../_child.ts";
import { Cgroup } from "../_cgroup.ts";
import { type Need, test } from "../_harness.ts";
import { missing } from "../_needs.ts";
import { run } from "../_run.ts";
import { Namespace } from "./_namespace.ts";
import { Network } from "./_network.ts";
import type { Attached, Orders, Way } from "./_stays.ts";
import { target } from "./_target.ts";

const NEEDS = ["bpf", "btf", "tracefs", "cgroup", "xdp", "bpftool", "cc"] as const;

/** What each way needs beside. */
const WAYS: Readonly<Partial<Record<Way, readonly Need[]>>> = {
  tracepoint: [],
  rawTracepoint: [],
  typedTracepoint: [],
  uprobe: [],
  uprobeByTracefs: [],
  uprobeMulti: ["uprobe-multi"],
  perfEvent: [],
  iterator: [],
  xdp: [],
  tcx: ["tcx"],
  cgroup: [],
  netfilter: ["netfilter"],
  netns: [],
  sockmap: ["sockmap-link"],
  kprobe: ["kprobe"],
  kprobeByTracefs: ["kprobe"],
  kprobeMulti: ["kprobe-multi"],
  fentry: ["trampoline"],
  lsm: ["lsm"],
};

const ways = () =>
  (Object.entries(WAYS) as [Way, readonly Need[]][]).filter(([, needs]) =>
    needs.every((need) => missing(need) === undefined)
  ).map(([way]) => way);

/** Where the script attaches, and what others see there. */
class Places implements Disposable {
  readonly #stack = new DisposableStack();
  readonly #network = this.#stack.use(new Network());
  readonly #cgroup = this.#stack.use(new Cgroup());
  readonly #namespace = this.#stack.use(new Namespace());

  orders(ways: readonly Way[], end: Orders["end"]): Orders {
    const [device, cgroup, netns] = [this.#network.device, this.#cgroup.path, this.#namespace.path];
    return { ways, end, device, cgroup, netns, target: target() };
  }

  /** What the tools of others list at these places. */
  get listed(): Readonly<Record<string, unknown>> {
    const { device } = this.#network;
    const [net] = bpftool("net", "show", "dev", device) as [Facts];
    return {
      net: Object.values(net).flat(),
      cgroup: JSON.parse(run("bpftool", ["-j", "cgroup", "show", this.#cgroup.path]).trim() || "[]"),
      link: /xdp.*/.exec(run("ip", ["link", "show", "dev", device]))?.[0] ?? "",
      qdiscs: run("tc", ["qdisc", "show", "dev", device]).replace(/ \d+: /g, " "),
      filters: ["ingress", "egress"].map((side) => run("tc", ["filter", "show", "dev", device, side])),
    };
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

/** The events of tracefs that a process made. */
function events(pid: number | undefined): string[] {
  return ["uprobe", "kprobe"].flatMap((kind) => {
    try {
      const text = readFileSync(`/sys/kernel/tracing/${kind}_events`, "utf8");
      return text.split("\n").filter((line) => line.includes(`waggle_${pid}_`));
    } catch {
      return []; // the kernel has no such probes
    }
  });
}

/** Those of the numbers that the kernel still has. */
function left({ programs, links }: Attached): Attached {
  const [all, allLinks] = [new Set(idsOf("prog")), new Set(idsOf("link"))];
  return { programs: programs.filter((id) => all.has(id)), links: links.filter((id) => allLinks.has(id)) };
}

/** A script that has attached what it was told to. */
class Script implements AsyncDisposable {
  readonly attached: Attached;
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #lines: Interface;

  private constructor(child: ChildProcess, closed: Promise<unknown>, lines: Interface, attached: Attached) {
    this.#process = child;
    this.#closed = closed;
    this.#lines = lines;
    this.attached = attached;
    this.pid = child.pid ?? 0;
  }

  static async start(orders: Orders): Promise<Script> {
    const script = new URL("_stays.ts", import.meta.url);
    const child = startScript(script, { args: [JSON.stringify(orders)], permissions: ["-A"] });
    const lines = createInterface(child.stdout ?? process.stdin);
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => stderr += text);
    const closed = once(child, "close");
    const first = await Promise.race([once(lines, "line"), closed]);
    if (typeof first[0] !== "string") throw new Error(`The script ended: ${stderr}`);
    return new Script(child, closed, lines, JSON.parse(first[0]));
  }

  /** Tells it to end what it attached, and waits until it has. */
  async end(): Promise<void> {
    const ended = Promise.race([once(this.#lines, "line"), this.#closed]);
    // Deno takes a process that it sent a signal for dead, and sends no other: kill() of node:child_process
    process.kill(this.pid, "SIGUSR2");
    await ended;
  }

  /** Ends it, as whoever runs out of memory is. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

for (
  const [end, how] of [
    ["close", "that was closed"],
    ["throw", "of a block that an exception ends"],
    ["exit", "of a process that ends"],
    ["wait", "of a process that is killed"],
  ] as const
) {
  test(`nothing stays attached ${how}`, { needs: NEEDS }, async () => {
    using places = new Places();
    const before = places.listed;
    await using script = await Script.start(places.orders(ways(), end));
    const { attached, pid } = script;
    const there = places.listed;
    assertEquals([attached.programs.length, left(attached)], [ways().length, attached]);
    assertEquals(attached.links.length >= attached.programs.length, true);
    for (const [i, id] of attached.programs.entries()) {
      assertEquals(shown("prog", id).name, `stays_${ways()[i]}`.slice(0, 15));
    }
    assertEquals([there.net, there.cgroup].map((list) => (list as unknown[]).length > 0), [true, true]);
    assertEquals(there.link === before.link, false);
    assertEquals(events(pid).length, missing("kprobe") === undefined ? 2 : 1);
    if (end === "wait") await script.kill();
    else await script.end();
    const none = () => Object.values(left(attached)).every((ids) => ids.length === 0);
    // The kernel ends programs in its own time
    assertEquals(await eventually(none), true, JSON.stringify(left(attached)));
    assertEquals(places.listed, before);
    // Tracefs alone keeps what a process left: the next one removes it
    if (end === "close" || end === "throw") assertEquals(events(pid), []);
    else {assertEquals(
        cleanupProbes().filter((probe) => probe.pid === pid).length,
        missing("kprobe") === undefined ? 2 : 1,
      );}
    assertEquals(events(pid), []);
  });
}

test("what was attached without a link stays when its process is killed, until its place goes", {
  needs: [...NEEDS, "tcx"],
}, async () => {
  let attached: Attached = { programs: [], links: [] };
  {
    using places = new Places();
    const before = places.listed;
    {
      await using script = await Script.start(
        places.orders(["xdpWithoutLink", "tcxWithoutLink", "cgroupWithoutLink"], "wait"),
      );
      attached = script.attached;
    }
    assertEquals(left(attached), attached);
    const { net, cgroup, link } = places.listed;
    const ids = [net, cgroup].flatMap((list) => (list as Facts[]).map(({ id }) => id));
    const [xdp, , sockets] = attached.programs;
    assertEquals([attached.links, ids], [[], [xdp, sockets]]);
    assertEquals(link === before.link, false);
  }
  const gone = () => left(attached).programs.length === 0;
  assertEquals(await eventually(gone), true, JSON.stringify(left(attached)));
});

test("what was attached without a link goes when it is closed, and when an exception ends its block", {
  needs: [...NEEDS, "tcx"],
}, async () => {
  for (const end of ["close", "throw"] as const) {
    using places = new Places();
    const before = places.listed;
    await using script = await Script.start(
      places.orders(["xdpWithoutLink", "tcxWithoutLink", "cgroupWithoutLink"], end),
    );
    assertEquals(left(script.attached), script.attached);
    await script.end();
    assertEquals(await eventually(() => left(script.attached).programs.length === 0), true);
    assertEquals(places.listed, before);
  }
});
