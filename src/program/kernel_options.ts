/**
 * What the kernel must be built with for types of programs.
 *
 * @module
 */
import type { ProgramType } from "./type.ts";

/** The option of the kernel's configuration that each type comes with: include/linux/bpf_types.h. */
export const KERNEL_OPTIONS: Readonly<Partial<Record<ProgramType, string>>> = {
  socket_filter: "CONFIG_NET",
  sched_cls: "CONFIG_NET",
  sched_act: "CONFIG_NET",
  xdp: "CONFIG_NET",
  lwt_in: "CONFIG_NET",
  lwt_out: "CONFIG_NET",
  lwt_xmit: "CONFIG_NET",
  lwt_seg6local: "CONFIG_NET",
  sock_ops: "CONFIG_NET",
  sk_skb: "CONFIG_NET",
  sk_msg: "CONFIG_NET",
  flow_dissector: "CONFIG_NET",
  cgroup_skb: "CONFIG_CGROUP_BPF",
  cgroup_sock: "CONFIG_CGROUP_BPF",
  cgroup_sock_addr: "CONFIG_CGROUP_BPF",
  cgroup_device: "CONFIG_CGROUP_BPF",
  cgroup_sysctl: "CONFIG_CGROUP_BPF",
  cgroup_sockopt: "CONFIG_CGROUP_BPF",
  kprobe: "CONFIG_BPF_EVENTS",
  tracepoint: "CONFIG_BPF_EVENTS",
  perf_event: "CONFIG_BPF_EVENTS",
  raw_tracepoint: "CONFIG_BPF_EVENTS",
  raw_tracepoint_writable: "CONFIG_BPF_EVENTS",
  tracing: "CONFIG_BPF_EVENTS",
  lirc_mode2: "CONFIG_BPF_LIRC_MODE2",
  sk_reuseport: "CONFIG_INET",
  sk_lookup: "CONFIG_INET",
  struct_ops: "CONFIG_BPF_JIT",
  ext: "CONFIG_BPF_JIT",
  lsm: "CONFIG_BPF_LSM",
  netfilter: "CONFIG_NETFILTER_BPF_LINK",
};
