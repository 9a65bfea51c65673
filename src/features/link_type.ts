/**
 * Types of links.
 *
 * @module
 */
import { Attr, ERRNO, tryBpf } from "../sys/mod.ts";
import { ID_ATTR } from "../uapi/mod.ts";
import type { FeatureAnswer } from "./answer.ts";
import {
  attachCapabilities,
  attemptLink,
  attemptTarget,
  hasFunction,
  type LinkProbe,
  TO_NO_FAMILY,
  toNoAddress,
  toNoDescriptor,
  toNoFile,
  toNoInterface,
} from "./_links.ts";
import { failure, type Outcome } from "./_outcome.ts";
import { checkName, probe } from "./_probe.ts";

/** A type of links as the kernel names it, in lower case: `tcx`, `kprobe_multi`. */
export type ProbedLinkType =
  | "raw_tracepoint"
  | "tracing"
  | "cgroup"
  | "iter"
  | "netns"
  | "xdp"
  | "perf_event"
  | "kprobe_multi"
  | "struct_ops"
  | "netfilter"
  | "tcx"
  | "uprobe_multi"
  | "netkit"
  | "sockmap";

interface TypeProbe {
  readonly since: string;
  /** How to find out: by a link to nothing, by a function that makes such links, or otherwise. */
  readonly by: LinkProbe | string | (() => Outcome);
}

/** Versions: `enum bpf_link_type` in the history of include/uapi/linux/bpf.h. */
const PROBES: Readonly<Record<ProbedLinkType, TypeProbe>> = {
  raw_tracepoint: { since: "5.8", by: knowsLinks },
  // What is called by a trampoline; typed raw tracepoints are links of type raw_tracepoint
  tracing: { since: "5.8", by: () => attemptTarget("tracing", "trace_fentry") },
  cgroup: { since: "5.8", by: toNoDescriptor("cgroup_skb", "cgroup_inet_ingress", "cgroup_inet_ingress") },
  iter: { since: "5.8", by: () => attemptTarget("tracing", "trace_iter") },
  netns: { since: "5.8", by: toNoDescriptor("flow_dissector", "flow_dissector") },
  // An interface that is none is EINVAL: bpf_xdp_link_attach
  xdp: { since: "5.9", by: "bpf_xdp_link_attach" },
  perf_event: { since: "5.15", by: toNoDescriptor("tracepoint", "perf_event") },
  kprobe_multi: { since: "5.18", by: toNoAddress("trace_kprobe_multi") },
  struct_ops: { since: "6.4", by: "bpf_struct_ops_link_create" },
  netfilter: { since: "6.4", by: TO_NO_FAMILY },
  tcx: { since: "6.6", by: toNoInterface("tcx_ingress") },
  uprobe_multi: { since: "6.6", by: toNoFile("trace_uprobe_multi") },
  netkit: { since: "6.7", by: toNoInterface("netkit_primary") },
  sockmap: { since: "6.10", by: toNoDescriptor("sk_skb", "sk_skb_verdict") },
};

/** Every type of links, in the kernel's order. */
export const LINK_TYPES: readonly ProbedLinkType[] = Object.keys(PROBES) as ProbedLinkType[];

/** Whether the kernel has links at all: it has some, or says that there are none or who may list them. */
function knowsLinks(): Outcome {
  const result = tryBpf("LINK_GET_NEXT_ID", new Attr(ID_ATTR, {}));
  return result >= 0 ? "present" : failure(-result, [ERRNO.ENOENT]);
}

/**
 * Whether the kernel has links of a type.
 *
 * @example
 * ```ts ignore
 * import { probeLinkType } from "@waggle/ebpf/features";
 *
 * const hook = probeLinkType("tcx").state === "present" ? "tcx" : "clsact";
 * ```
 *
 * @throws {TypeError} There is no such type.
 */
export function probeLinkType(type: ProbedLinkType): FeatureAnswer {
  checkName("link type", type, LINK_TYPES);
  const { since, by } = PROBES[type];
  const feature = { feature: `link type "${type}"`, since };
  const needed = typeof by === "object" ? attachCapabilities(by.programType) : CAPABLE;
  return probe(feature, needed, () => {
    if (typeof by === "function") return by();
    if (typeof by === "object") return attemptLink(by);
    const found = hasFunction(by);
    return typeof found === "string" ? found : { ...feature, state: "unknown", ...found, missing: [] };
  });
}

const CAPABLE = ["CAP_BPF", "CAP_PERFMON"] as const;
