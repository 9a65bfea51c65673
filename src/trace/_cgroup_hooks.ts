/**
 * Where in cgroups kernel functions run, and what the structs have that they are called with. Offsets are those of
 * `include/uapi/linux/bpf.h`; what may be loaded and changed, `net/core/filter.c` and `kernel/bpf/cgroup.c` say.
 *
 * @module
 */
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import type { MemberSpec } from "../lang/mod.ts";
import type { CgroupHook as AttachHook } from "../link/core.ts";
import type { ProgramType } from "../program/mod.ts";
import type { CgroupContexts } from "./cgroup_context.ts";

type Members = Readonly<Record<string, MemberSpec>>;

/** A place in cgroups. */
export interface Hook {
  readonly type: ProgramType;
  readonly attachType: AttachHook;
  readonly members: Members;
  /** Packets are nobody's. */
  readonly ofTask: boolean;
  readonly packet?: "cgroupSkb";
  /** Whether the function may deny. */
  readonly canDeny: boolean;
}

const COOKIE = { cookie: { number: "bpf_get_socket_cookie" } } as const satisfies Members;

/** `struct bpf_sock_addr` */
const ANY_ADDRESS = {
  port: { offset: 24, size: 4, network: 2, writable: true },
  family: { offset: 28, size: 4 },
  type: { offset: 32, size: 4 },
  protocol: { offset: 36, size: 4 },
  ...COOKIE,
} as const satisfies Members;
const ADDRESS = {
  ...ANY_ADDRESS,
  address: { offset: 4, size: 4, shown: "ipv4", writable: true },
} as const satisfies Members;

const ADDRESS_6 = {
  ...ANY_ADDRESS,
  address: { offset: 8, address: "ipv6", writable: true },
} as const satisfies Members;

/** `struct bpf_sock` */
const SOCKET = {
  family: { offset: 4, size: 4 },
  type: { offset: 8, size: 4 },
  protocol: { offset: 12, size: 4 },
  ...COOKIE,
} as const satisfies Members;
const NEW_SOCKET = {
  ...SOCKET,
  device: { offset: 0, size: 4, writable: true },
  mark: { offset: 16, size: 4, writable: true },
  priority: { offset: 20, size: 4, writable: true },
} as const satisfies Members;
const BOUND_SOCKET = { ...SOCKET, port: { offset: 44, size: 4 } } as const satisfies Members;

/** `struct __sk_buff` */
const PACKET = {
  length: { offset: 0, size: 4 },
  mark: { offset: 8, size: 4, writable: true },
  protocol: { offset: 16, size: 4, network: 2 },
  priority: { offset: 32, size: 4, writable: true },
  device: { offset: 40, size: 4 },
  family: { offset: 88, size: 4 },
  remoteAddress: { offset: 92, size: 4, shown: "ipv4" },
  localAddress: { offset: 96, size: 4, shown: "ipv4" },
  remoteAddress6: { offset: 100, address: "ipv6" },
  localAddress6: { offset: 116, address: "ipv6" },
  remotePort: { offset: 132, size: 4, network: 4 },
  localPort: { offset: 136, size: 4 },
  ...COOKIE,
} as const satisfies Members;

/** `struct bpf_sysctl` */
const SYSCTL = {
  write: { offset: 0, size: 4, mask: 1 },
  position: { offset: 4, size: 4, writable: true },
  name: { text: "bpf_sysctl_get_name", size: 64, more: [0] },
  value: { text: "bpf_sysctl_get_current_value", size: 64, more: [] },
  newValue: { text: "bpf_sysctl_get_new_value", size: 64, more: [] },
} as const satisfies Members;

/** `struct bpf_cgroup_dev_ctx`, which has two numbers in its first: `BPF_DEVCG_ACC_…` above `BPF_DEVCG_DEV_…`. */
const [TYPE, ACCESS] = LITTLE_ENDIAN ? [0, 2] : [2, 0];
const DEVICE = {
  type: { offset: TYPE, size: 2, names: { block: 1, char: 2 } },
  mknod: { offset: ACCESS, size: 2, mask: 1 },
  read: { offset: ACCESS, size: 2, mask: 2 },
  write: { offset: ACCESS, size: 2, mask: 4 },
  major: { offset: 4, size: 4 },
  minor: { offset: 8, size: 4 },
} as const satisfies Members;

/** `struct bpf_sockopt` */
const OPTION = {
  level: { offset: 24, size: 4, signed: true },
  option: { offset: 28, size: 4, signed: true },
  length: { offset: 32, size: 4, signed: true },
} as const satisfies Members;

const inTask = { ofTask: true, canDeny: true } as const;
const address = { type: "cgroup_sock_addr", members: ADDRESS, ...inTask } as const;
const address6 = { type: "cgroup_sock_addr", members: ADDRESS_6, ...inTask } as const;
const socket = { type: "cgroup_sock", ...inTask } as const;
const packet = {
  type: "cgroup_skb",
  members: PACKET,
  ofTask: false,
  packet: "cgroupSkb",
  canDeny: true,
} as const;
const option = { type: "cgroup_sockopt", ...inTask } as const;

/** The places. */
export const HOOKS: Readonly<Record<keyof CgroupContexts, Hook>> = {
  ingress: { ...packet, attachType: "cgroup_inet_ingress" },
  egress: { ...packet, attachType: "cgroup_inet_egress" },
  sock_create: { ...socket, attachType: "cgroup_inet_sock_create", members: NEW_SOCKET },
  sock_release: { ...socket, attachType: "cgroup_inet_sock_release", members: NEW_SOCKET, canDeny: false },
  post_bind4: {
    ...socket,
    attachType: "cgroup_inet4_post_bind",
    members: { ...BOUND_SOCKET, address: { offset: 24, size: 4, shown: "ipv4" } },
  },
  post_bind6: {
    ...socket,
    attachType: "cgroup_inet6_post_bind",
    members: { ...BOUND_SOCKET, address: { offset: 28, address: "ipv6" } },
  },
  bind4: { ...address, attachType: "cgroup_inet4_bind" },
  bind6: { ...address6, attachType: "cgroup_inet6_bind" },
  connect4: { ...address, attachType: "cgroup_inet4_connect" },
  connect6: { ...address6, attachType: "cgroup_inet6_connect" },
  sendmsg4: {
    ...address,
    attachType: "cgroup_udp4_sendmsg",
    members: { ...ADDRESS, source: { offset: 40, size: 4, shown: "ipv4", writable: true } },
  },
  sendmsg6: {
    ...address6,
    attachType: "cgroup_udp6_sendmsg",
    members: { ...ADDRESS_6, source: { offset: 44, address: "ipv6", writable: true } },
  },
  recvmsg4: { ...address, attachType: "cgroup_udp4_recvmsg", canDeny: false },
  recvmsg6: { ...address6, attachType: "cgroup_udp6_recvmsg", canDeny: false },
  getpeername4: { ...address, attachType: "cgroup_inet4_getpeername", canDeny: false },
  getpeername6: { ...address6, attachType: "cgroup_inet6_getpeername", canDeny: false },
  getsockname4: { ...address, attachType: "cgroup_inet4_getsockname", canDeny: false },
  getsockname6: { ...address6, attachType: "cgroup_inet6_getsockname", canDeny: false },
  sysctl: { type: "cgroup_sysctl", attachType: "cgroup_sysctl", members: SYSCTL, ...inTask },
  dev: { type: "cgroup_device", attachType: "cgroup_device", members: DEVICE, ...inTask },
  getsockopt: {
    ...option,
    attachType: "cgroup_getsockopt",
    members: { ...OPTION, retval: { offset: 36, size: 4, signed: true, writable: true } },
  },
  setsockopt: {
    ...option,
    attachType: "cgroup_setsockopt",
    members: {
      ...OPTION,
      level: { ...OPTION.level, writable: true },
      option: { ...OPTION.option, writable: true },
    },
  },
};
