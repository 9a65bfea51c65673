/**
 * What is attached where, as far as this process may know.
 *
 * @module
 */
import { WaggleError } from "../errors.ts";
import { type CgroupHook, type LinkInfo, listLinks, listTc, openLink, queryPrograms } from "../link/mod.ts";
import type { Program } from "../program/mod.ts";
import { allocate, taskFdQuery, textOf } from "../sys/mod.ts";
import { cgroupPaths } from "./_cgroups.ts";
import type { Device } from "./_devices.ts";
import { ifThere, namesIfThere, textIfThere } from "./_files.ts";

/** A program's attachment: a link, or one that the kernel has no link for. */
export type Attached =
  | { readonly kind: "link"; readonly info: LinkInfo; readonly own: boolean }
  | { readonly kind: "other"; readonly text: string; readonly own: boolean };

/** What was found at one moment. */
export interface AttachedNow {
  readonly links: readonly { readonly info: LinkInfo; readonly own: boolean }[];
  /** Programs of this process's perf events without a link: before Linux 5.15. */
  readonly perfEvents: readonly { readonly programId: number; readonly text: string }[];
  /** Why links of other processes are not known; `undefined` where they are. */
  readonly incomplete: string | undefined;
}

/** Lists links of all processes, or where that is refused those of this one, which needs no permission. */
export function attachedNow(): AttachedNow {
  const own: LinkInfo[] = [];
  const perfEvents: { programId: number; text: string }[] = [];
  const pid = Number.parseInt(textIfThere("/proc/self/stat") ?? "", 10);
  for (const name of namesIfThere("/proc/self/fd")) {
    const fd = Number(name);
    const facts = textIfThere(`/proc/self/fdinfo/${fd}`);
    if (facts === undefined) continue;
    if (/^link_id:/m.test(facts)) {
      using link = ifKnown(() => openLink({ fd }));
      const info = link && ifKnown(() => link.info);
      if (info) own.push(info);
    } else if (!/^(map|prog|btf)_id:/m.test(facts)) {
      const event = perfEventOf(pid, fd);
      if (event) perfEvents.push(event);
    }
  }
  const ownIds = new Set(own.map(({ id }) => id));
  try {
    const links = listLinks().map((info) => ({ info, own: ownIds.has(info.id) }));
    return { links, perfEvents, incomplete: undefined };
  } catch (error) {
    if (!(error instanceof WaggleError)) throw error;
    return { links: own.map((info) => ({ info, own: true })), perfEvents, incomplete: error.message };
  }
}

/** `enum bpf_task_fd_type` of include/uapi/linux/bpf.h. */
const EVENT_TYPES = ["raw tracepoint", "tracepoint", "kprobe", "kretprobe", "uprobe", "uretprobe"] as const;

/** The program of a perf event: BPF_TASK_FD_QUERY, for `CAP_SYS_ADMIN`; since Linux 4.18. */
function perfEventOf(pid: number, fd: number): { programId: number; text: string } | undefined {
  const name = allocate(256);
  const answer = ifKnown(() => taskFdQuery({ pid, fd, buf: name, buf_len: name.length }));
  const programId = answer?.get("prog_id") ?? 0;
  if (!answer || programId === 0) return undefined;
  const offset = answer.get64("probe_offset");
  const place = `${EVENT_TYPES[answer.get("fd_type")] ?? "perf event"} ${textOf(name)}`;
  return { programId, text: offset === 0n ? place : `${place}+0x${offset.toString(16)}` };
}

/** What attaches one program. Places without links are looked for where no link is found. */
export function attachmentsOf(
  program: Program,
  { id, type }: { readonly id: number; readonly type: string },
  { links, perfEvents }: AttachedNow,
  devices: ReadonlyMap<number, Device>,
): Attached[] {
  const found: Attached[] = [
    ...links.filter(({ info }) => info.programId === id).map((link) => ({ kind: "link" as const, ...link })),
    ...perfEvents.filter(({ programId }) => programId === id)
      .map(({ text }) => ({ kind: "other" as const, text, own: true })),
  ];
  return found.length > 0 ? found : [...withoutLink(program, id, type, devices)];
}

function* withoutLink(
  { expectedAttachType }: Program,
  id: number,
  type: string,
  devices: ReadonlyMap<number, Device>,
): Generator<Attached> {
  const other = (text: string): Attached => ({ kind: "other", text, own: false });
  for (const { name: device } of type === "xdp" ? devices.values() : []) {
    const there = ifKnown(() => queryPrograms({ device, attachType: "xdp" }))?.programs ?? [];
    if (there.some((program) => program.id === id)) yield other(`XDP of device ${device}, without a link`);
  }
  for (const { name: device } of type === "sched_cls" ? devices.values() : []) {
    for (const direction of ["ingress", "egress"] as const) {
      const filters = ifKnown(() => listTc(device, direction)) ?? [];
      for (const { programId, priority } of filters) {
        if (programId === id) {
          yield other(`tc filter of device ${device} (${direction}, priority ${priority})`);
        }
      }
    }
  }
  const inCgroup = type.startsWith("cgroup_") || type === "sock_ops";
  if (!inCgroup || expectedAttachType === undefined) return;
  const attachType = expectedAttachType as CgroupHook;
  for (const cgroup of cgroupPaths()) {
    const there = ifKnown(() => queryPrograms({ cgroup, attachType }))?.programs ?? [];
    if (there.some((program) => program.id === id)) {
      yield other(`cgroup ${cgroup} (${attachType}), without a link`);
    }
  }
}

function ifKnown<T>(ask: () => T): T | undefined {
  try {
    return ifThere(ask);
  } catch (error) {
    if (error instanceof WaggleError) return undefined;
    throw error;
  }
}
