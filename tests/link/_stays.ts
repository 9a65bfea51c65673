/**
 * A script that attaches programs in the ways that it is told, says so, and ends what it attached in the way that it is told:
 * it closes everything, an exception ends `using`, it ends itself, or it waits to be killed.
 *
 * @module
 */
import process from "node:process";
import { useNative } from "../../ffi/mod.ts";
import { exit, mov, r0 } from "../../src/asm/mod.ts";
import {
  attachCgroup,
  attachIterator,
  attachKprobe,
  attachKprobeMulti,
  type Attachment,
  attachNetfilter,
  attachNetns,
  attachPerfEvent,
  attachRawTracepoint,
  attachSockmap,
  attachTcx,
  attachTracepoint,
  attachTracing,
  attachUprobe,
  attachUprobeMulti,
  attachXdp,
  Link,
  PerfEventAttachment,
} from "../../src/link/mod.ts";
import { createMap, sockMap } from "../../src/map/mod.ts";
import { loadProgram, type LoadProgramOptions, type Program } from "../../src/program/mod.ts";
import { withoutPmu } from "./_old_kernel.ts";

/** A way to attach a program. */
export type Way =
  | "tracepoint"
  | "rawTracepoint"
  | "typedTracepoint"
  | "uprobe"
  | "uprobeByTracefs"
  | "uprobeMulti"
  | "perfEvent"
  | "iterator"
  | "xdp"
  | "tcx"
  | "cgroup"
  | "netfilter"
  | "netns"
  | "sockmap"
  | "kprobe"
  | "kprobeByTracefs"
  | "kprobeMulti"
  | "fentry"
  | "lsm"
  | "xdpWithoutLink"
  | "tcxWithoutLink"
  | "cgroupWithoutLink";

/** What the script is told. */
export interface Orders {
  readonly ways: readonly Way[];
  readonly end: "close" | "throw" | "exit" | "wait";
  /** What to attach to. */
  readonly device: string;
  readonly cgroup: string;
  readonly netns: string;
  readonly target: string;
}

/** What the script attached, by the numbers that the kernel gave. */
export interface Attached {
  readonly programs: readonly number[];
  readonly links: readonly number[];
}

interface Recipe extends Omit<LoadProgramOptions, "name" | "instructions"> {
  /** What the program returns: to let packets pass, for one. */
  readonly returns?: number;
  attach(program: Program, orders: Orders, stack: DisposableStack): Attachment;
}

function byTracefs<T>(kind: "uprobe" | "kprobe", attach: () => T): T {
  using _ = useNative(withoutPmu(kind));
  return attach();
}

const RECIPES: Readonly<Record<Way, Recipe>> = {
  tracepoint: {
    type: "tracepoint",
    attach: (program) => attachTracepoint(program, "sched:sched_process_exec"),
  },
  rawTracepoint: {
    type: "raw_tracepoint",
    attach: (program) => attachRawTracepoint(program, "sched_process_exec"),
  },
  typedTracepoint: {
    type: "tracing",
    expectedAttachType: "trace_raw_tp",
    attachTo: "sched_process_exec",
    attach: (program) => attachTracing(program),
  },
  uprobe: { type: "kprobe", attach: (program, { target }) => attachUprobe(program, target, "waggle_first") },
  uprobeByTracefs: {
    type: "kprobe",
    attach: (program, { target }) =>
      byTracefs("uprobe", () => attachUprobe(program, target, "waggle_second")),
  },
  uprobeMulti: {
    type: "kprobe",
    expectedAttachType: "trace_uprobe_multi",
    attach: (program, { target }) => attachUprobeMulti(program, target, { symbols: ["waggle_first"] }),
  },
  perfEvent: {
    type: "perf_event",
    attach: (program) => attachPerfEvent(program, { type: "software", event: "cpu-clock", frequency: 1 }),
  },
  iterator: {
    type: "tracing",
    expectedAttachType: "trace_iter",
    attachTo: "task",
    attach: (program) => attachIterator(program),
  },
  xdp: { type: "xdp", returns: 2, attach: (program, { device }) => attachXdp(program, device) },
  tcx: {
    type: "sched_cls",
    returns: -1,
    attach: (program, { device }) => attachTcx(program, device, "ingress"),
  },
  cgroup: {
    type: "cgroup_sock",
    expectedAttachType: "cgroup_inet_sock_create",
    returns: 1,
    attach: (program, { cgroup }) => attachCgroup(program, cgroup),
  },
  netfilter: {
    type: "netfilter",
    expectedAttachType: "netfilter",
    returns: 1,
    attach: (program) => attachNetfilter(program, { family: "ipv4", hook: "input", priority: 12_345 }),
  },
  netns: {
    type: "sk_lookup",
    expectedAttachType: "sk_lookup",
    returns: 1,
    attach: (program, { netns }) => attachNetns(program, netns),
  },
  sockmap: {
    type: "sk_msg",
    expectedAttachType: "sk_msg_verdict",
    returns: 1,
    attach: (program, _, stack) =>
      attachSockmap(program, stack.use(createMap(sockMap(), { maxEntries: 1 })), "sk_msg_verdict"),
  },
  kprobe: { type: "kprobe", attach: (program) => attachKprobe(program, "do_sys_openat2") },
  kprobeByTracefs: {
    type: "kprobe",
    attach: (program) => attachKprobe(program, "do_sys_openat2", { return: true, maxActive: 8 }),
  },
  kprobeMulti: {
    type: "kprobe",
    expectedAttachType: "trace_kprobe_multi",
    attach: (program) => attachKprobeMulti(program, { symbols: ["do_sys_openat2"] }),
  },
  fentry: {
    type: "tracing",
    expectedAttachType: "trace_fentry",
    attachTo: "do_sys_openat2",
    attach: (program) => attachTracing(program),
  },
  lsm: {
    type: "lsm",
    expectedAttachType: "lsm_mac",
    attachTo: "file_open",
    attach: (program) => attachTracing(program),
  },
  xdpWithoutLink: {
    type: "xdp",
    returns: 2,
    attach: (program, { device }) => attachXdp(program, device, { as: "program" }),
  },
  tcxWithoutLink: {
    type: "sched_cls",
    returns: -1,
    attach: (program, { device }) => attachTcx(program, device, "egress", { mode: "program" }),
  },
  cgroupWithoutLink: {
    type: "cgroup_sock",
    expectedAttachType: "cgroup_inet_sock_create",
    returns: 1,
    attach: (program, { cgroup }) => attachCgroup(program, cgroup, { mode: "multi" }),
  },
};

/** Attaches all of them; they end with the stack. */
function attachAll(orders: Orders, stack: DisposableStack): Attached {
  const links: number[] = [];
  const programs = orders.ways.map((way) => {
    const { attach, returns = 0, ...options } = RECIPES[way];
    const name = `stays_${way}`;
    const program = stack.use(loadProgram({ ...options, name, instructions: [mov(r0, returns), exit()] }));
    const attachment = stack.use(attach(program, orders, stack));
    const own = attachment instanceof PerfEventAttachment ? attachment.links : [attachment];
    for (const link of own) if (link instanceof Link) links.push(link.info.id);
    return program.info.id;
  });
  return { programs, links };
}

if (import.meta.main) {
  const orders: Orders = JSON.parse(process.argv[2] ?? "");
  const told = new Promise((resolve) => process.on("SIGUSR2", resolve));
  const alive = setInterval(() => {}, 1000);
  try {
    using stack = new DisposableStack();
    console.log(JSON.stringify(attachAll(orders, stack)));
    await told;
    if (orders.end === "throw") throw new Error("ends the block");
    if (orders.end === "exit") process.exit(0);
    if (orders.end === "wait") await new Promise(() => {});
  } catch (error) {
    if ((error as Error).message !== "ends the block") throw error;
  }
  console.log("ended");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  clearInterval(alive);
}
