/**
 * Kernel functions that follow TCP connections.
 *
 * @module
 */
import type { MemberSpec } from "../lang/mod.ts";
import { attachCgroup } from "../link/core.ts";
import { given, type Rest } from "./_overload.ts";
import type { CgroupFunctionOptions } from "./cgroup.ts";
import { type Probe, probe, type Returned } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";
import type { SockopsContext } from "./sockops_context.ts";

/** `BPF_SOCK_OPS_…` of `include/uapi/linux/bpf.h`. */
const OPS = {
  VOID: 0,
  TIMEOUT_INIT: 1,
  RWND_INIT: 2,
  TCP_CONNECT_CB: 3,
  ACTIVE_ESTABLISHED_CB: 4,
  PASSIVE_ESTABLISHED_CB: 5,
  NEEDS_ECN: 6,
  BASE_RTT: 7,
  RTO_CB: 8,
  RETRANS_CB: 9,
  STATE_CB: 10,
  TCP_LISTEN_CB: 11,
  RTT_CB: 12,
} as const;

/** `BPF_TCP_…` there. */
const STATES = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECV: 3,
  FIN_WAIT1: 4,
  FIN_WAIT2: 5,
  TIME_WAIT: 6,
  CLOSE: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
  NEW_SYN_RECV: 12,
} as const;

/** `BPF_SOCK_OPS_…_CB_FLAG` there. */
const CALLBACKS = { RTO_CB: 1, RETRANS_CB: 2, STATE_CB: 4, RTT_CB: 8 } as const;

/** `struct bpf_sock_ops` there; `sock_ops_is_valid_access` has what may be changed. */
const MEMBERS: Readonly<Record<string, MemberSpec>> = {
  op: { offset: 0, size: 4, names: OPS },
  args: { offset: 4, size: 4, length: 4 },
  oldState: { offset: 4, size: 4, names: STATES },
  newState: { offset: 8, size: 4, names: STATES },
  reply: { offset: 4, size: 4, writable: true },
  family: { offset: 20, size: 4 },
  remoteAddress: { offset: 24, size: 4, shown: "ipv4" },
  localAddress: { offset: 28, size: 4, shown: "ipv4" },
  remoteAddress6: { offset: 32, address: "ipv6" },
  localAddress6: { offset: 48, address: "ipv6" },
  remotePort: { offset: 64, size: 4, network: 4 },
  localPort: { offset: 68, size: 4 },
  congestionWindow: { offset: 76, size: 4 },
  srtt: { offset: 80, size: 4 },
  state: { offset: 88, size: 4, names: STATES },
  mss: { offset: 112, size: 4 },
  packetsOut: { offset: 128, size: 4 },
  retransmits: { offset: 136, size: 4 },
  bytesReceived: { offset: 168, size: 8 },
  bytesAcked: { offset: 176, size: 8 },
  cookie: { number: "bpf_get_socket_cookie" },
  watch: { flags: "bpf_sock_ops_cb_flags_set", names: CALLBACKS },
};

/**
 * Runs a function in the kernel at what happens to the TCP sockets of a cgroup and those below it: `c.op` is what. Connections
 * are seen as they begin; what comes later, such as the end, for those that were asked to be watched: `c.watch("STATE_CB")`.
 *
 * @param path The directory of the cgroup (version 2): `/sys/fs/cgroup/system.slice`.
 *
 * @example Connections, and how much came by them
 * ```ts ignore
 * import { sockops } from "@waggle/ebpf/trace";
 *
 * using ends = sockops("/sys/fs/cgroup", (c) => {
 *   if (c.op === "ACTIVE_ESTABLISHED_CB") c.watch("STATE_CB");
 *   if (c.op !== "STATE_CB" || c.newState !== "CLOSE") return;
 *   return { to: c.remoteAddress, port: c.remotePort, bytes: c.bytesReceived };
 * });
 * for await (const { to, port, bytes } of ends) console.log(to, port, bytes);
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such cgroup.
 * @throws {PermissionError} The process lacks a capability.
 */
export function sockops<R>(
  path: string,
  body: (c: SockopsContext) => R,
  options?: CgroupFunctionOptions,
): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function sockops<const S extends SharedThings, R>(
  path: string,
  shared: S,
  body: (c: SockopsContext, shared: KernelSide<S>) => R,
  options?: CgroupFunctionOptions,
): Probe<Returned<R>>;
export function sockops<R>(path: string, ...rest: Rest<CgroupFunctionOptions>): Probe<Returned<R>> {
  const { options, ...handed } = given(rest);
  return probe({
    ...handed,
    context: { kind: "struct", members: MEMBERS, ofTask: false },
    program: { name: "sockops", type: "sock_ops", expectedAttachType: "cgroup_sock_ops" },
    section: "sockops",
    result: 1n,
  }, (program) => attachCgroup(program, path, { ...options, attachType: "cgroup_sock_ops" }));
}
