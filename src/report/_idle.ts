/**
 * Why nothing may happen at a place where a program is attached.
 *
 * @module
 */
import type { LinkInfo } from "../link/mod.ts";
import { cgroupPath, isPopulated } from "./_cgroups.ts";
import type { Device } from "./_devices.ts";
import { textIfThere } from "./_files.ts";
import { usersOf } from "./_processes.ts";
import type { Finding } from "./parts.ts";

/** The devices when the look began, and now. */
export interface DevicesSeen {
  readonly before: ReadonlyMap<number, Device>;
  readonly now: ReadonlyMap<number, Device>;
}

/** Why a program that did not run did not, by where its link is. */
export function idleFindings(info: LinkInfo, devices: DevicesSeen): Finding[] {
  const text = idleText(info, devices);
  return text === undefined ? [] : [{ level: "problem", code: "idle", text }];
}

function idleText(info: LinkInfo, devices: DevicesSeen): string | undefined {
  switch (info.type) {
    case "raw_tracepoint":
      return tracepointText(info.name);
    case "tracing":
      return tracingText(info.attachType);
    case "perf_event":
      return perfEventText(info);
    case "kprobe_multi":
      return CALLS;
    case "uprobe_multi":
      return fileText(info.path);
    case "xdp":
      return deviceText(info.device, "received", devices);
    case "tcx":
      return deviceText(info.device, info.attachType === "tcx_egress" ? "sent" : "received", devices);
    case "cgroup":
      return cgroupText(info.cgroupId);
    case "iter":
      return "an iterator runs when it is read, and only then: call lines() or text() of the link";
    default:
      return undefined;
  }
}

const CALLS = "nobody called the function: calls that the compiler put in line (inlined) are not seen";

/** What makes tracepoints happen that people try first. */
const HOW: Readonly<Record<string, string>> = {
  sched_process_exec: "start a program, such as true",
  sched_process_fork: "start a process",
  sched_process_exit: "end a process",
  mark_victim: "the kernel must run out of memory",
};

/** What the C library calls in the place of system calls whose names programs have in their sources. */
const INSTEAD: Readonly<Record<string, string>> = {
  open: "openat",
  creat: "openat",
  fork: "clone",
  vfork: "clone",
  stat: "newfstatat",
  lstat: "newfstatat",
  fstat: "newfstatat",
  access: "faccessat2",
  unlink: "unlinkat",
  rename: "renameat2",
  send: "sendto",
  recv: "recvfrom",
  accept: "accept4",
  poll: "ppoll",
  select: "pselect6",
  pipe: "pipe2",
  dup2: "dup3",
  exit: "exit_group",
};

function tracepointText(name: string): string {
  const call = /^sys_(?:enter|exit)_(?:new)?(\w+)$/.exec(name)?.[1];
  const how = HOW[name];
  if (call === undefined) {
    return `the kernel did not come by that tracepoint meanwhile${how ? `: ${how}` : ""}`;
  }
  const instead = INSTEAD[call];
  const hint = instead ? `: programs that say so often call ${instead}(2) instead` : "";
  return `no process called ${call}(2) meanwhile${hint}`;
}

function tracingText(attachType: string): string | undefined {
  if (attachType === "trace_raw_tp") return "the kernel did not come by that tracepoint meanwhile";
  if (attachType === "lsm_mac") {
    // Programs attach all the same: the kernel asks only the modules of the list
    const modules = textIfThere("/sys/kernel/security/lsm")?.trim();
    return modules !== undefined && !modules.split(",").includes("bpf")
      ? `the kernel asks no BPF programs: its security modules are ${modules}: start it with lsm=${modules},bpf`
      : "the kernel did not ask for that permission meanwhile";
  }
  return attachType.startsWith("trace_") ? CALLS : undefined;
}

function perfEventText({ event }: LinkInfo & { readonly type: "perf_event" }): string | undefined {
  switch (event.kind) {
    case "tracepoint":
      return tracepointText(event.name);
    case "kprobe":
    case "kretprobe":
      return CALLS;
    case "uprobe":
    case "uretprobe":
      return fileText(event.path);
    case "event":
      return "the event was not counted often enough meanwhile: CPUs that sleep count little, and some clocks stop";
    default:
      return undefined;
  }
}

function fileText(path: string): string {
  const { count, hidden } = usersOf(path);
  if (count > 0) {
    const who = count === 1 ? "1 process has" : `${count} processes have`;
    return `${who} ${path} in memory, but nobody came by the place: calls inside it may be put in line, or ` +
      "another file is used than it seems (another version, a container's, a static library)";
  }
  return hidden > 0
    ? `no process that this one may look into runs ${path} (it may not look into ${hidden})`
    : `no process runs ${path} now`;
}

function deviceText(
  index: number,
  direction: "received" | "sent",
  { before, now }: DevicesSeen,
): string | undefined {
  const device = now.get(index);
  if (!device) return undefined;
  if (!device.up) return `device ${device.name} is down: ip link set ${device.name} up`;
  const packets = device[direction] - (before.get(index) ?? device)[direction];
  return packets > 0
    ? `device ${device.name} ${direction} ${packets} packets meanwhile, but not by here: a program before it may ` +
      "have decided on them"
    : `device ${device.name} ${direction} no packet meanwhile`;
}

function cgroupText(id: bigint): string | undefined {
  const path = cgroupPath(id);
  if (path === undefined) return undefined;
  return isPopulated(path) === false
    ? `no process is in cgroup ${path}: echo PID > ${path}/cgroup.procs`
    : `the processes of cgroup ${path} did nothing that it is asked about meanwhile`;
}
