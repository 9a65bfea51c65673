/**
 * What the kernel knows about links.
 *
 * @module
 */
import { type AttachType, attachTypeName } from "../program/mod.ts";
import { type Attr, type Descriptor, objInfo } from "../sys/mod.ts";
import { BPF_LINK_TYPE, LINK_INFO } from "../uapi/mod.ts";
import { named } from "./_info_text.ts";
import {
  type KprobeMultiInfo,
  kprobeMultiInfo,
  type UprobeMultiInfo,
  uprobeMultiInfo,
} from "./info_multi.ts";

/** A link type as the kernel names it, in lower case: `xdp`, `perf_event`, `kprobe_multi`. */
export type LinkType = Lowercase<keyof typeof BPF_LINK_TYPE>;

/** Where a program is attached, as {@linkcode AttachType} names it; `attach type 99` where this library does not know it. */
export type AttachTypeName = AttachType | `attach type ${number}`;

/** What the kernel knows about any link. */
export interface AnyLinkInfo {
  /** The number that the kernel gave it. */
  readonly id: number;
  /** The number of the program that it runs; 0 in links of structs of functions. */
  readonly programId: number;
}

/** What the kernel knows about a link (`struct bpf_link_info`), told apart by `type`. */
export type LinkInfo =
  & AnyLinkInfo
  & (
    | { readonly type: "raw_tracepoint"; readonly name: string; readonly cookie: bigint }
    | {
      readonly type: "tracing";
      readonly attachType: AttachTypeName;
      /** The number of the BTF or program that the target is in. */
      readonly targetObjectId: number;
      /** The target's type in that BTF. */
      readonly targetTypeId: number;
      readonly cookie: bigint;
    }
    | { readonly type: "cgroup"; readonly cgroupId: bigint; readonly attachType: AttachTypeName }
    | {
      readonly type: "iter";
      /** What is listed, as in the section of the program: `task`, `bpf_map_elem`. */
      readonly target: string;
      /** The map whose elements are listed; 0 where the target is another. */
      readonly mapId: number;
      /** The thread that is listed, 0 for all. Since Linux 6.1, as what follows. */
      readonly tid: number;
      /** The process whose threads are listed, 0 for all. */
      readonly pid: number;
      /** The cgroup where the list starts, 0 where the target is another. */
      readonly cgroupId: bigint;
    }
    | {
      readonly type: "netns";
      /** The inode number of the network namespace, as `/proc/PID/ns/net` shows it. */
      readonly inode: number;
      readonly attachType: AttachTypeName;
    }
    | { readonly type: "xdp"; readonly device: number }
    | {
      readonly type: "tcx" | "netkit";
      readonly device: number;
      readonly attachType: AttachTypeName;
    }
    | {
      readonly type: "netfilter";
      /** `NFPROTO_…`: 2 is IPv4, 10 IPv6. */
      readonly family: number;
      /** `NF_INET_…`. */
      readonly hook: number;
      readonly priority: number;
      readonly flags: number;
    }
    | { readonly type: "struct_ops"; readonly mapId: number }
    | { readonly type: "sockmap"; readonly mapId: number; readonly attachType: AttachTypeName }
    | { readonly type: "perf_event"; readonly event: PerfEventInfo }
    | KprobeMultiInfo
    | UprobeMultiInfo
    | { readonly type: `type ${number}` | "unspec" }
  );

/** What the perf event of a link is, since Linux 6.6. */
export type PerfEventInfo =
  | {
    readonly kind: "uprobe" | "uretprobe";
    readonly path: string;
    /** In bytes from the start of the file. */
    readonly offset: number;
    /** Where the counter is that the kernel raises, in bytes from the start of the file; 0 for none. Since Linux 6.16; 0 before. */
    readonly refCounterOffset: number;
    readonly cookie: bigint;
  }
  | {
    readonly kind: "kprobe" | "kretprobe";
    readonly function: string;
    /** In bytes from the start of the function. */
    readonly offset: number;
    readonly address: bigint;
    readonly missed: bigint;
    readonly cookie: bigint;
  }
  | { readonly kind: "tracepoint"; readonly name: string; readonly cookie: bigint }
  | { readonly kind: "event"; readonly eventType: number; readonly config: bigint; readonly cookie: bigint }
  | { readonly kind: "unknown" };

type Info = Attr<typeof LINK_INFO>;

/** Reads what there is. */
export function readLinkInfo(link: Descriptor): LinkInfo {
  const info = objInfo(link, LINK_INFO, {});
  const base = { id: info.get("id"), programId: info.get("prog_id") };
  const type = linkTypeName(info.get("type"));
  switch (type) {
    case "raw_tracepoint":
      return {
        ...base,
        type,
        name: named(link, "raw_tracepoint.tp_name", "raw_tracepoint.tp_name_len"),
        cookie: info.get64("raw_tracepoint.cookie"),
      };
    case "tracing":
      return {
        ...base,
        type,
        attachType: attachTypeName(info.get("tracing.attach_type")),
        targetObjectId: info.get("tracing.target_obj_id"),
        targetTypeId: info.get("tracing.target_btf_id"),
        cookie: info.get64("tracing.cookie"),
      };
    case "cgroup":
      return {
        ...base,
        type,
        cgroupId: info.get64("cgroup.cgroup_id"),
        attachType: attachTypeName(info.get("cgroup.attach_type")),
      };
    case "iter":
      return { ...base, type, ...iteratorInfo(link, info) };
    case "netns":
      return {
        ...base,
        type,
        inode: info.get("netns.netns_ino"),
        attachType: attachTypeName(info.get("netns.attach_type")),
      };
    case "xdp":
      return { ...base, type, device: info.get("xdp.ifindex") };
    case "tcx":
    case "netkit":
      return {
        ...base,
        type,
        device: info.get(`${type}.ifindex`),
        attachType: attachTypeName(info.get(`${type}.attach_type`)),
      };
    case "netfilter":
      return {
        ...base,
        type,
        family: info.get("netfilter.pf"),
        hook: info.get("netfilter.hooknum"),
        priority: info.get("netfilter.priority") | 0,
        flags: info.get("netfilter.flags"),
      };
    case "struct_ops":
      return { ...base, type, mapId: info.get("struct_ops.map_id") };
    case "sockmap":
      return {
        ...base,
        type,
        mapId: info.get("sockmap.map_id"),
        attachType: attachTypeName(info.get("sockmap.attach_type")),
      };
    case "perf_event":
      return { ...base, type, event: perfEventInfo(link, info) };
    case "kprobe_multi":
      return { ...base, ...kprobeMultiInfo(link, info) };
    case "uprobe_multi":
      return { ...base, ...uprobeMultiInfo(link, info) };
    default:
      return { ...base, type };
  }
}

/** Which fields there are depends on the target: `bpf_iter_link_fill_link_info`. */
function iteratorInfo(link: Descriptor, info: Info) {
  const target = named(link, "iter.target_name", "iter.target_name_len");
  const isTask = target.startsWith("task");
  return {
    target,
    mapId: /map_elem$|storage_map$|^sockmap$/.test(target) ? info.get("iter.map.map_id") : 0,
    tid: isTask ? info.get("iter.task.tid") : 0,
    pid: isTask ? info.get("iter.task.pid") : 0,
    cgroupId: target === "cgroup" ? info.get64("iter.cgroup.cgroup_id") : 0n,
  };
}

/** `enum bpf_perf_event_type`. */
const PERF_EVENT_KINDS = [
  "unknown",
  "uprobe",
  "uretprobe",
  "kprobe",
  "kretprobe",
  "tracepoint",
  "event",
] as const;

function perfEventInfo(link: Descriptor, info: Info): PerfEventInfo {
  const kind = PERF_EVENT_KINDS[info.get("perf_event.type")] ?? "unknown";
  switch (kind) {
    case "uprobe":
    case "uretprobe":
      return {
        kind,
        path: named(link, "perf_event.uprobe.file_name", "perf_event.uprobe.name_len"),
        offset: info.get("perf_event.uprobe.offset"),
        refCounterOffset: Number(info.get64("perf_event.uprobe.ref_ctr_offset")),
        cookie: info.get64("perf_event.uprobe.cookie"),
      };
    case "kprobe":
    case "kretprobe":
      return {
        kind,
        function: named(link, "perf_event.kprobe.func_name", "perf_event.kprobe.name_len"),
        offset: info.get("perf_event.kprobe.offset"),
        address: info.get64("perf_event.kprobe.addr"),
        missed: info.get64("perf_event.kprobe.missed"),
        cookie: info.get64("perf_event.kprobe.cookie"),
      };
    case "tracepoint":
      return {
        kind,
        name: named(link, "perf_event.tracepoint.tp_name", "perf_event.tracepoint.name_len"),
        cookie: info.get64("perf_event.tracepoint.cookie"),
      };
    case "event":
      return {
        kind,
        eventType: info.get("perf_event.event.type"),
        config: info.get64("perf_event.event.config"),
        cookie: info.get64("perf_event.event.cookie"),
      };
    default:
      return { kind };
  }
}

const LINK_TYPES: ReadonlyMap<number, LinkType> = new Map(
  Object.entries(BPF_LINK_TYPE).map(([name, number]) => [number, name.toLowerCase() as LinkType]),
);

function linkTypeName(type: number): LinkType | `type ${number}` {
  return LINK_TYPES.get(type) ?? `type ${type}`;
}
