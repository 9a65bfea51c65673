/**
 * What the kernel asks of a process for types of programs.
 *
 * @module
 */
import type { Capability } from "../kernel/mod.ts";
import { BPF_PROG_TYPE } from "../uapi/mod.ts";

/** Types that ask for `CAP_PERFMON` beside `CAP_BPF`: `is_perfmon_prog_type` in kernel/bpf/syscall.c. */
export const TRACING: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE.KPROBE,
  BPF_PROG_TYPE.TRACEPOINT,
  BPF_PROG_TYPE.PERF_EVENT,
  BPF_PROG_TYPE.RAW_TRACEPOINT,
  BPF_PROG_TYPE.RAW_TRACEPOINT_WRITABLE,
  BPF_PROG_TYPE.TRACING,
  BPF_PROG_TYPE.LSM,
  BPF_PROG_TYPE.STRUCT_OPS,
  BPF_PROG_TYPE.EXT,
]);

/** Types that ask for nothing beside `CAP_BPF`; all others ask for `CAP_NET_ADMIN`: `is_net_admin_prog_type`. */
const PLAIN: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE.SOCKET_FILTER,
  BPF_PROG_TYPE.CGROUP_SKB,
  BPF_PROG_TYPE.SK_REUSEPORT,
  BPF_PROG_TYPE.SK_LOOKUP,
  BPF_PROG_TYPE.SYSCALL,
]);

/** The capabilities that programs of a type need. */
export function neededCapabilities(type: number): readonly Capability[] {
  if (TRACING.has(type)) return ["CAP_BPF", "CAP_PERFMON"];
  return PLAIN.has(type) ? ["CAP_BPF"] : ["CAP_BPF", "CAP_NET_ADMIN"];
}
