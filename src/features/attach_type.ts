/**
 * Attach types.
 *
 * @module
 */
import type { AttachType, ProgramType } from "../program/mod.ts";
import { BPF_ATTACH_TYPE } from "../uapi/mod.ts";
import type { FeatureAnswer } from "./answer.ts";
import { ATTACH_TYPE_SINCE } from "./_attach_type_since.ts";
import {
  attachCapabilities,
  attemptAttach,
  attemptLink,
  attemptLoad,
  attemptTarget,
  hasFunction,
  toNoAddress,
  toNoDescriptor,
  toNoFile,
  toNoInterface,
} from "./_links.ts";
import { attemptMap } from "./_map.ts";
import { failure, type Outcome } from "./_outcome.ts";
import { checkName, probe } from "./_probe.ts";
import { attemptProgram, RETURN } from "./_program.ts";

/** Every attach type, in the kernel's order. */
export const ATTACH_TYPE_NAMES: readonly AttachType[] = Object.keys(BPF_ATTACH_TYPE)
  .map((name) => name.toLowerCase() as AttachType);

/** The programs of an attach type, and how to find out about it. */
type Probe = readonly [ProgramType, (attachType: AttachType) => Outcome | { readonly reason: string }];

/** Looked at when the program is attached. */
function attached(type: ProgramType): Probe {
  return [type, (attachType) => attemptAttach(type, attachType)];
}

/** Looked at when the program is loaded and when it is attached. */
function cgroup(type: ProgramType): Probe {
  return [type, (attachType) => attemptAttach(type, attachType, attachType)];
}

/** Looked at when the program is loaded: `bpf_prog_load_check_attach`. */
function loaded(type: ProgramType): Probe {
  return [type, (attachType) => attemptLoad(type, attachType)];
}

function targeted(type: ProgramType): Probe {
  return [type, (attachType) => attemptTarget(type, attachType)];
}

/** Of types with one attach type, that came with them. */
function only(type: ProgramType): Probe {
  return [type, () => {
    const { errno } = attemptProgram({ type, instructions: RETURN });
    return errno === 0 ? "present" : failure(errno);
  }];
}

/** Of maps that hold programs since they have values of 8 bytes (`struct bpf_devmap_val`), which came together. */
function inMap(type: "devmap" | "cpumap"): Probe {
  return ["xdp", () => attemptMap(type, { fields: { value_size: 8 } })];
}

const INTERFACE: Probe = ["sched_cls", (attachType) => attemptLink(toNoInterface(attachType))];
const FUNCTIONS: Probe = ["kprobe", (attachType) => attemptLink(toNoAddress(attachType))];
const FILES: Probe = ["kprobe", (attachType) => attemptLink(toNoFile(attachType))];
const ADDRESS = cgroup("cgroup_sock_addr");

const PROBES: Readonly<Record<AttachType, Probe>> = {
  cgroup_inet_ingress: cgroup("cgroup_skb"),
  cgroup_inet_egress: cgroup("cgroup_skb"),
  cgroup_inet_sock_create: cgroup("cgroup_sock"),
  cgroup_sock_ops: attached("sock_ops"),
  sk_skb_stream_parser: attached("sk_skb"),
  sk_skb_stream_verdict: attached("sk_skb"),
  cgroup_device: attached("cgroup_device"),
  sk_msg_verdict: attached("sk_msg"),
  cgroup_inet4_bind: ADDRESS,
  cgroup_inet6_bind: ADDRESS,
  cgroup_inet4_connect: ADDRESS,
  cgroup_inet6_connect: ADDRESS,
  cgroup_inet4_post_bind: cgroup("cgroup_sock"),
  cgroup_inet6_post_bind: cgroup("cgroup_sock"),
  cgroup_udp4_sendmsg: ADDRESS,
  cgroup_udp6_sendmsg: ADDRESS,
  lirc_mode2: only("lirc_mode2"),
  flow_dissector: only("flow_dissector"),
  cgroup_sysctl: attached("cgroup_sysctl"),
  cgroup_udp4_recvmsg: ADDRESS,
  cgroup_udp6_recvmsg: ADDRESS,
  cgroup_getsockopt: cgroup("cgroup_sockopt"),
  cgroup_setsockopt: cgroup("cgroup_sockopt"),
  trace_raw_tp: targeted("tracing"),
  trace_fentry: targeted("tracing"),
  trace_fexit: targeted("tracing"),
  modify_return: targeted("tracing"),
  lsm_mac: targeted("lsm"),
  trace_iter: targeted("tracing"),
  cgroup_inet4_getpeername: ADDRESS,
  cgroup_inet6_getpeername: ADDRESS,
  cgroup_inet4_getsockname: ADDRESS,
  cgroup_inet6_getsockname: ADDRESS,
  xdp_devmap: inMap("devmap"),
  cgroup_inet_sock_release: cgroup("cgroup_sock"),
  xdp_cpumap: inMap("cpumap"),
  sk_lookup: loaded("sk_lookup"),
  xdp: ["xdp", () => hasFunction("bpf_xdp_link_attach")],
  sk_skb_verdict: attached("sk_skb"),
  sk_reuseport_select: loaded("sk_reuseport"),
  sk_reuseport_select_or_migrate: loaded("sk_reuseport"),
  perf_event: ["tracepoint", (attachType) => attemptLink(toNoDescriptor("tracepoint", attachType))],
  trace_kprobe_multi: FUNCTIONS,
  lsm_cgroup: targeted("lsm"),
  struct_ops: ["struct_ops", () => hasFunction("bpf_struct_ops_link_create")],
  netfilter: loaded("netfilter"),
  tcx_ingress: INTERFACE,
  tcx_egress: INTERFACE,
  trace_uprobe_multi: FILES,
  cgroup_unix_connect: ADDRESS,
  cgroup_unix_sendmsg: ADDRESS,
  cgroup_unix_recvmsg: ADDRESS,
  cgroup_unix_getpeername: ADDRESS,
  cgroup_unix_getsockname: ADDRESS,
  netkit_primary: INTERFACE,
  netkit_peer: INTERFACE,
  trace_kprobe_session: FUNCTIONS,
  trace_uprobe_session: FILES,
};

/**
 * Whether the kernel has an attach type. Nothing is attached for that: the kernel is asked to attach to what is not
 * there.
 *
 * @example
 * ```ts ignore
 * import { probeAttachType } from "@waggle/ebpf/features";
 *
 * const { state } = probeAttachType("trace_fentry"); // "refused" where the machine lets nobody write trampolines
 * ```
 *
 * @throws {TypeError} There is no such attach type.
 */
export function probeAttachType(attachType: AttachType): FeatureAnswer {
  checkName("attach type", attachType, ATTACH_TYPE_NAMES);
  const [programType, attempt] = PROBES[attachType];
  const feature = { feature: `attach type "${attachType}"`, since: ATTACH_TYPE_SINCE[attachType] };
  return probe(feature, attachCapabilities(programType), () => {
    const found = attempt(attachType);
    return typeof found === "object" ? { ...feature, state: "unknown", ...found, missing: [] } : found;
  });
}
