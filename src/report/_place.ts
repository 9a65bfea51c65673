/**
 * Places where links attach programs, in words.
 *
 * @module
 */
import { WaggleError } from "../errors.ts";
import { btfOfId } from "../kernel/mod.ts";
import type { LinkInfo, PerfEventInfo } from "../link/mod.ts";
import { cgroupPath } from "./_cgroups.ts";
import type { Device } from "./_devices.ts";

/** A place in words, and whether it is there. */
export interface Place {
  readonly text: string;
  /** What is gone that the link was made for; `undefined` where it is there, or that cannot be told. */
  readonly gone?: string;
}

/**
 * Links keep no more than a 0 of what is gone: `bpf_xdp_link_release`, `tcx_link_release`,
 * `bpf_cgroup_link_auto_detach`.
 */
export function placeOf(info: LinkInfo, devices: ReadonlyMap<number, Device>): Place {
  switch (info.type) {
    case "raw_tracepoint":
      return { text: `raw tracepoint ${info.name}` };
    case "tracing":
      return { text: `${info.attachType.replace(/^trace_/, "")} ${targetName(info)}` };
    case "cgroup":
      return info.cgroupId === 0n
        ? { text: `cgroup (${info.attachType})`, gone: "the cgroup" }
        : { text: `cgroup ${cgroupPath(info.cgroupId) ?? info.cgroupId} (${info.attachType})` };
    case "iter":
      return { text: `iterator ${info.target}` };
    case "netns":
      return info.inode === 0
        ? { text: `network namespace (${info.attachType})`, gone: "the network namespace" }
        : { text: `network namespace ${info.inode} (${info.attachType})` };
    case "xdp":
      return onDevice("XDP", info.device, devices);
    case "tcx":
    case "netkit":
      return onDevice(info.attachType, info.device, devices);
    case "netfilter":
      return {
        text: `netfilter of ${
          info.family === 2 ? "IPv4" : "IPv6"
        } (hook ${info.hook}, priority ${info.priority})`,
      };
    case "struct_ops":
      return { text: `struct_ops map ${info.mapId}` };
    case "sockmap":
      return info.mapId === 0
        ? { text: `sockmap (${info.attachType})`, gone: "the map of sockets" }
        : { text: `sockmap ${info.mapId} (${info.attachType})` };
    case "perf_event":
      return { text: perfEventText(info.event) };
    case "kprobe_multi":
      return { text: `${info.count} functions of the kernel` };
    case "uprobe_multi":
      return { text: `${info.count} places of ${info.path}` };
    default:
      return { text: info.type };
  }
}

function onDevice(what: string, index: number, devices: ReadonlyMap<number, Device>): Place {
  if (index === 0) return { text: what, gone: "the network device" };
  const device = devices.get(index);
  return { text: `${what} of device ${device?.name ?? `${index}, which is not in this network namespace`}` };
}

/** The name of a function or type in the BTF of the kernel, a module or a program. */
function targetName({ targetObjectId, targetTypeId }: LinkInfo & { readonly type: "tracing" }): string {
  try {
    return btfOfId(targetObjectId).nameOf(targetTypeId);
  } catch (error) {
    if (!(error instanceof WaggleError)) throw error;
    return `(type ${targetTypeId} of BTF ${targetObjectId})`; // ids are for CAP_SYS_ADMIN
  }
}

function perfEventText(event: PerfEventInfo): string {
  switch (event.kind) {
    case "kprobe":
    case "kretprobe":
      return `${event.kind} ${event.function}${offsetText(event.offset)}`;
    case "uprobe":
    case "uretprobe":
      return `${event.kind} ${event.path}${offsetText(event.offset)}`;
    case "tracepoint":
      return `tracepoint ${event.name}`;
    case "event":
      return `perf event (type ${event.eventType}, config ${event.config})`;
    default:
      return "perf event"; // kernels before Linux 6.6 do not say
  }
}

function offsetText(offset: number): string {
  return offset === 0 ? "" : `+0x${offset.toString(16)}`;
}
