/**
 * What the section of a function says: the type of program, and where it attaches.
 *
 * @module
 */
import { BPF_ATTACH_TYPE as A, BPF_PROG_TYPE as P, NEWER_ATTACH_TYPE as N } from "../uapi/mod.ts";

/** `BPF_F_SLEEPABLE` and `BPF_F_XDP_HAS_FRAGS` of `BPF_PROG_LOAD`. */
const SLEEPABLE = 1 << 4;
const FRAGS = 1 << 5;
/** No flag of the kernel: the program is attached by the BTF id of a kernel function or type. */
const BTF = 1 << 31;

type Rule = readonly [pattern: string, type: number, attachType: number, flags: number];

/**
 * libbpf's table, in its order (`section_defs` of `libbpf.c`). A pattern that ends in `+` may be followed by a
 * slash and what to attach to; the others are whole names.
 */
const RULES: readonly Rule[] = [
  ["socket", P.SOCKET_FILTER, 0, 0],
  ["sk_reuseport/migrate", P.SK_REUSEPORT, A.SK_REUSEPORT_SELECT_OR_MIGRATE, 0],
  ["sk_reuseport", P.SK_REUSEPORT, A.SK_REUSEPORT_SELECT, 0],
  ["kprobe+", P.KPROBE, 0, 0],
  ["uprobe+", P.KPROBE, 0, 0],
  ["uprobe.s+", P.KPROBE, 0, SLEEPABLE],
  ["kretprobe+", P.KPROBE, 0, 0],
  ["uretprobe+", P.KPROBE, 0, 0],
  ["uretprobe.s+", P.KPROBE, 0, SLEEPABLE],
  ["kprobe.multi+", P.KPROBE, A.TRACE_KPROBE_MULTI, 0],
  ["kretprobe.multi+", P.KPROBE, A.TRACE_KPROBE_MULTI, 0],
  ["kprobe.session+", P.KPROBE, A.TRACE_KPROBE_SESSION, 0],
  ["uprobe.multi+", P.KPROBE, A.TRACE_UPROBE_MULTI, 0],
  ["uretprobe.multi+", P.KPROBE, A.TRACE_UPROBE_MULTI, 0],
  ["uprobe.session+", P.KPROBE, A.TRACE_UPROBE_SESSION, 0],
  ["uprobe.multi.s+", P.KPROBE, A.TRACE_UPROBE_MULTI, SLEEPABLE],
  ["uretprobe.multi.s+", P.KPROBE, A.TRACE_UPROBE_MULTI, SLEEPABLE],
  ["uprobe.session.s+", P.KPROBE, A.TRACE_UPROBE_SESSION, SLEEPABLE],
  ["ksyscall+", P.KPROBE, 0, 0],
  ["kretsyscall+", P.KPROBE, 0, 0],
  ["usdt+", P.KPROBE, 0, 0],
  ["usdt.s+", P.KPROBE, 0, SLEEPABLE],
  ["tc/ingress", P.SCHED_CLS, A.TCX_INGRESS, 0],
  ["tc/egress", P.SCHED_CLS, A.TCX_EGRESS, 0],
  ["tcx/ingress", P.SCHED_CLS, A.TCX_INGRESS, 0],
  ["tcx/egress", P.SCHED_CLS, A.TCX_EGRESS, 0],
  ["tc", P.SCHED_CLS, 0, 0],
  ["classifier", P.SCHED_CLS, 0, 0],
  ["action", P.SCHED_ACT, 0, 0],
  ["netkit/primary", P.SCHED_CLS, A.NETKIT_PRIMARY, 0],
  ["netkit/peer", P.SCHED_CLS, A.NETKIT_PEER, 0],
  ["tracepoint+", P.TRACEPOINT, 0, 0],
  ["tp+", P.TRACEPOINT, 0, 0],
  ["tracepoint.s+", P.TRACEPOINT, 0, SLEEPABLE],
  ["tp.s+", P.TRACEPOINT, 0, SLEEPABLE],
  ["raw_tracepoint+", P.RAW_TRACEPOINT, 0, 0],
  ["raw_tp+", P.RAW_TRACEPOINT, 0, 0],
  ["raw_tracepoint.s+", P.RAW_TRACEPOINT, 0, SLEEPABLE],
  ["raw_tp.s+", P.RAW_TRACEPOINT, 0, SLEEPABLE],
  ["raw_tracepoint.w+", P.RAW_TRACEPOINT_WRITABLE, 0, 0],
  ["raw_tp.w+", P.RAW_TRACEPOINT_WRITABLE, 0, 0],
  ["tp_btf+", P.TRACING, A.TRACE_RAW_TP, BTF],
  ["tp_btf.s+", P.TRACING, A.TRACE_RAW_TP, BTF | SLEEPABLE],
  ["fentry+", P.TRACING, A.TRACE_FENTRY, BTF],
  ["fmod_ret+", P.TRACING, A.MODIFY_RETURN, BTF],
  ["fexit+", P.TRACING, A.TRACE_FEXIT, BTF],
  ["fentry.s+", P.TRACING, A.TRACE_FENTRY, BTF | SLEEPABLE],
  ["fmod_ret.s+", P.TRACING, A.MODIFY_RETURN, BTF | SLEEPABLE],
  ["fexit.s+", P.TRACING, A.TRACE_FEXIT, BTF | SLEEPABLE],
  ["fsession+", P.TRACING, N.TRACE_FSESSION, BTF],
  ["fsession.s+", P.TRACING, N.TRACE_FSESSION, BTF | SLEEPABLE],
  ["fsession.multi+", P.TRACING, N.TRACE_FSESSION_MULTI, 0],
  ["fsession.multi.s+", P.TRACING, N.TRACE_FSESSION_MULTI, SLEEPABLE],
  ["fentry.multi+", P.TRACING, N.TRACE_FENTRY_MULTI, 0],
  ["fexit.multi+", P.TRACING, N.TRACE_FEXIT_MULTI, 0],
  ["fentry.multi.s+", P.TRACING, N.TRACE_FENTRY_MULTI, SLEEPABLE],
  ["fexit.multi.s+", P.TRACING, N.TRACE_FEXIT_MULTI, SLEEPABLE],
  ["freplace+", P.EXT, 0, BTF],
  ["lsm+", P.LSM, A.LSM_MAC, BTF],
  ["lsm.s+", P.LSM, A.LSM_MAC, BTF | SLEEPABLE],
  ["lsm_cgroup+", P.LSM, A.LSM_CGROUP, BTF],
  ["iter+", P.TRACING, A.TRACE_ITER, BTF],
  ["iter.s+", P.TRACING, A.TRACE_ITER, BTF | SLEEPABLE],
  ["syscall", P.SYSCALL, 0, SLEEPABLE],
  ["xdp.frags/devmap", P.XDP, A.XDP_DEVMAP, FRAGS],
  ["xdp/devmap", P.XDP, A.XDP_DEVMAP, 0],
  ["xdp.frags/cpumap", P.XDP, A.XDP_CPUMAP, FRAGS],
  ["xdp/cpumap", P.XDP, A.XDP_CPUMAP, 0],
  ["xdp.frags", P.XDP, A.XDP, FRAGS],
  ["xdp", P.XDP, A.XDP, 0],
  ["perf_event", P.PERF_EVENT, 0, 0],
  ["lwt_in", P.LWT_IN, 0, 0],
  ["lwt_out", P.LWT_OUT, 0, 0],
  ["lwt_xmit", P.LWT_XMIT, 0, 0],
  ["lwt_seg6local", P.LWT_SEG6LOCAL, 0, 0],
  ["sockops", P.SOCK_OPS, A.CGROUP_SOCK_OPS, 0],
  ["sk_skb/stream_parser", P.SK_SKB, A.SK_SKB_STREAM_PARSER, 0],
  ["sk_skb/stream_verdict", P.SK_SKB, A.SK_SKB_STREAM_VERDICT, 0],
  ["sk_skb/verdict", P.SK_SKB, A.SK_SKB_VERDICT, 0],
  ["sk_skb", P.SK_SKB, 0, 0],
  ["sk_msg", P.SK_MSG, A.SK_MSG_VERDICT, 0],
  ["lirc_mode2", P.LIRC_MODE2, A.LIRC_MODE2, 0],
  ["flow_dissector", P.FLOW_DISSECTOR, A.FLOW_DISSECTOR, 0],
  ["cgroup_skb/ingress", P.CGROUP_SKB, A.CGROUP_INET_INGRESS, 0],
  ["cgroup_skb/egress", P.CGROUP_SKB, A.CGROUP_INET_EGRESS, 0],
  ["cgroup/skb", P.CGROUP_SKB, 0, 0],
  ["cgroup/sock_create", P.CGROUP_SOCK, A.CGROUP_INET_SOCK_CREATE, 0],
  ["cgroup/sock_release", P.CGROUP_SOCK, A.CGROUP_INET_SOCK_RELEASE, 0],
  ["cgroup/sock", P.CGROUP_SOCK, A.CGROUP_INET_SOCK_CREATE, 0],
  ["cgroup/post_bind4", P.CGROUP_SOCK, A.CGROUP_INET4_POST_BIND, 0],
  ["cgroup/post_bind6", P.CGROUP_SOCK, A.CGROUP_INET6_POST_BIND, 0],
  ["cgroup/bind4", P.CGROUP_SOCK_ADDR, A.CGROUP_INET4_BIND, 0],
  ["cgroup/bind6", P.CGROUP_SOCK_ADDR, A.CGROUP_INET6_BIND, 0],
  ["cgroup/connect4", P.CGROUP_SOCK_ADDR, A.CGROUP_INET4_CONNECT, 0],
  ["cgroup/connect6", P.CGROUP_SOCK_ADDR, A.CGROUP_INET6_CONNECT, 0],
  ["cgroup/connect_unix", P.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_CONNECT, 0],
  ["cgroup/sendmsg4", P.CGROUP_SOCK_ADDR, A.CGROUP_UDP4_SENDMSG, 0],
  ["cgroup/sendmsg6", P.CGROUP_SOCK_ADDR, A.CGROUP_UDP6_SENDMSG, 0],
  ["cgroup/sendmsg_unix", P.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_SENDMSG, 0],
  ["cgroup/recvmsg4", P.CGROUP_SOCK_ADDR, A.CGROUP_UDP4_RECVMSG, 0],
  ["cgroup/recvmsg6", P.CGROUP_SOCK_ADDR, A.CGROUP_UDP6_RECVMSG, 0],
  ["cgroup/recvmsg_unix", P.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_RECVMSG, 0],
  ["cgroup/getpeername4", P.CGROUP_SOCK_ADDR, A.CGROUP_INET4_GETPEERNAME, 0],
  ["cgroup/getpeername6", P.CGROUP_SOCK_ADDR, A.CGROUP_INET6_GETPEERNAME, 0],
  ["cgroup/getpeername_unix", P.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_GETPEERNAME, 0],
  ["cgroup/getsockname4", P.CGROUP_SOCK_ADDR, A.CGROUP_INET4_GETSOCKNAME, 0],
  ["cgroup/getsockname6", P.CGROUP_SOCK_ADDR, A.CGROUP_INET6_GETSOCKNAME, 0],
  ["cgroup/getsockname_unix", P.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_GETSOCKNAME, 0],
  ["cgroup/sysctl", P.CGROUP_SYSCTL, A.CGROUP_SYSCTL, 0],
  ["cgroup/getsockopt", P.CGROUP_SOCKOPT, A.CGROUP_GETSOCKOPT, 0],
  ["cgroup/setsockopt", P.CGROUP_SOCKOPT, A.CGROUP_SETSOCKOPT, 0],
  ["cgroup/dev", P.CGROUP_DEVICE, A.CGROUP_DEVICE, 0],
  ["struct_ops+", P.STRUCT_OPS, 0, 0],
  ["struct_ops.s+", P.STRUCT_OPS, 0, SLEEPABLE],
  ["sk_lookup", P.SK_LOOKUP, A.SK_LOOKUP, 0],
  ["netfilter", P.NETFILTER, A.NETFILTER, 0],
];

/** What {@linkcode parseSectionName} finds; the fields are those of `ProgramSpec`. */
export interface ProgramSection {
  /** The name without a leading `?`. */
  readonly section: string;
  /** False where the name starts with `?`. */
  readonly autoload: boolean;
  /** `enum bpf_prog_type`; 0 where the name tells none. */
  readonly type: number;
  /** `enum bpf_attach_type`; 0 where the type has none. */
  readonly attachType: number;
  /** What follows the type: `sched/sched_process_exec`; empty where nothing. */
  readonly attachTo: string;
  /** `BPF_F_…` of `BPF_PROG_LOAD`. */
  readonly flags: number;
  /** Whether the type is attached by a BTF id of the kernel. */
  readonly attachByBtf: boolean;
}

/**
 * Reads the argument of `SEC()`.
 *
 * A name that is in libbpf's table means what it means there. Any other name means what the first whole name
 * of the table that it starts with does, so that `xdp_drop`, `socket/2` and `tc_main` of older sources work;
 * what follows is then no place to attach to.
 *
 * @example
 * ```ts
 * import { parseSectionName } from "@waggle/ebpf/elf";
 *
 * parseSectionName("tp/sched/sched_process_exec").attachTo; // "sched/sched_process_exec"
 * parseSectionName("?fentry.s/vfs_read").autoload; // false
 * ```
 */
export function parseSectionName(name: string): ProgramSection {
  const autoload = !name.startsWith("?");
  const section = autoload ? name : name.slice(1);
  const [pattern, type, attachType, flags] = RULES.find(([pattern]) => matches(pattern, section)) ??
    RULES.find(([pattern]) => section.startsWith(pattern)) ?? ["", P.UNSPEC, 0, 0];
  return {
    section,
    autoload,
    type,
    attachType,
    attachTo: pattern.endsWith("+") ? section.slice(pattern.length) : "",
    flags: flags & ~BTF,
    attachByBtf: (flags & BTF) !== 0,
  };
}

/** Whether a name is one that a pattern stands for, as libbpf decides it (`sec_def_matches`). */
function matches(pattern: string, section: string): boolean {
  if (!pattern.endsWith("+")) return section === pattern;
  const end = pattern.length - 1;
  if (!section.startsWith(pattern.slice(0, end))) return false;
  return section.length === end || section[end] === "/";
}
