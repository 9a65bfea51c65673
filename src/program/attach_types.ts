/**
 * Which attach types go with which type of programs, and which versions of Linux know the types.
 *
 * @module
 */
import { type AttachType, attachTypeNumber, type ProgramType } from "./type.ts";

/** Types that the kernel wants to know the target of when it loads them: `check_attach_btf_id` in kernel/bpf/verifier.c. */
export const LOADED_FOR_A_TARGET: ReadonlySet<string> = new Set<ProgramType>(["tracing", "lsm", "ext"]);

/** What types with one way to attach have by default; the kernel itself fills others in (`bpf_prog_load_fixup_attach_type`). */
const DEFAULTS: Readonly<Partial<Record<ProgramType, AttachType>>> = {
  sk_lookup: "sk_lookup",
  netfilter: "netfilter",
  lsm: "lsm_mac",
};

/** The attach type of programs of a type, where nobody says another. */
export function defaultAttachType(type: ProgramType): number {
  const name = DEFAULTS[type];
  return name === undefined ? 0 : attachTypeNumber(name);
}

/** The attach types that the kernel takes when it loads programs: `bpf_prog_load_check_attach` in kernel/bpf/syscall.c. */
export const ATTACH_TYPES = {
  cgroup_sock: [
    "cgroup_inet_sock_create",
    "cgroup_inet_sock_release",
    "cgroup_inet4_post_bind",
    "cgroup_inet6_post_bind",
  ],
  cgroup_sock_addr: [
    "cgroup_inet4_bind",
    "cgroup_inet6_bind",
    "cgroup_inet4_connect",
    "cgroup_inet6_connect",
    "cgroup_unix_connect",
    "cgroup_inet4_getpeername",
    "cgroup_inet6_getpeername",
    "cgroup_unix_getpeername",
    "cgroup_inet4_getsockname",
    "cgroup_inet6_getsockname",
    "cgroup_unix_getsockname",
    "cgroup_udp4_sendmsg",
    "cgroup_udp6_sendmsg",
    "cgroup_unix_sendmsg",
    "cgroup_udp4_recvmsg",
    "cgroup_udp6_recvmsg",
    "cgroup_unix_recvmsg",
  ],
  cgroup_skb: ["cgroup_inet_ingress", "cgroup_inet_egress"],
  cgroup_sockopt: ["cgroup_setsockopt", "cgroup_getsockopt"],
  sk_lookup: ["sk_lookup"],
  sk_reuseport: ["sk_reuseport_select", "sk_reuseport_select_or_migrate"],
  netfilter: ["netfilter"],
} as const;

/** The version of Linux that brought a type, major and minor: `BPF_PROG_TYPE_…` in the history of include/uapi/linux/bpf.h. */
export const TYPE_SINCE: Readonly<Record<string, readonly [number, number]>> = {
  socket_filter: [3, 19],
  kprobe: [4, 1],
  sched_cls: [4, 1],
  sched_act: [4, 1],
  tracepoint: [4, 7],
  xdp: [4, 8],
  perf_event: [4, 9],
  cgroup_skb: [4, 10],
  cgroup_sock: [4, 10],
  lwt_in: [4, 10],
  lwt_out: [4, 10],
  lwt_xmit: [4, 10],
  sock_ops: [4, 13],
  sk_skb: [4, 14],
  cgroup_device: [4, 15],
  sk_msg: [4, 17],
  raw_tracepoint: [4, 17],
  cgroup_sock_addr: [4, 17],
  lwt_seg6local: [4, 18],
  lirc_mode2: [4, 18],
  sk_reuseport: [4, 19],
  flow_dissector: [4, 20],
  cgroup_sysctl: [5, 2],
  raw_tracepoint_writable: [5, 2],
  cgroup_sockopt: [5, 3],
  tracing: [5, 5],
  struct_ops: [5, 6],
  ext: [5, 6],
  lsm: [5, 7],
  sk_lookup: [5, 9],
  syscall: [5, 14],
  netfilter: [6, 4],
};

/** The version of Linux that brought a type of programs: `5.14`. */
export function programTypeSince(type: ProgramType): string | undefined {
  return TYPE_SINCE[type]?.join(".");
}
