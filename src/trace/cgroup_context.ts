/**
 * What kernel functions of cgroups are called with, as types.
 *
 * @module
 */
import type { TaskContext } from "./context.ts";
import type { PacketContext } from "./packets.ts";

/** What a kernel function is called with where a process names the address of another socket, or is told it. */
export interface SocketAddressContext extends TaskContext {
  /** The IPv4 or, where the hook is one of IPv6, the IPv6 address that it names. May be changed. */
  address: string;
  /** The port that it names. May be changed. */
  port: number;
  /** `AF_INET` is 2, `AF_INET6` 10. */
  readonly family: number;
  /** `SOCK_STREAM` is 1, `SOCK_DGRAM` 2. */
  readonly type: number;
  /** `IPPROTO_TCP` is 6, `IPPROTO_UDP` 17. */
  readonly protocol: number;
  /** A number that no other socket has until the machine stops. */
  readonly cookie: number;
}

/** What a kernel function is called with for a datagram that is sent. */
export interface DatagramContext extends SocketAddressContext {
  /** The address that it is sent from, `0.0.0.0` or `::` where the kernel chooses. May be changed. */
  source: string;
}

/** What a kernel function is called with for a socket. */
export interface SocketContext extends TaskContext {
  /** `AF_INET` is 2, `AF_INET6` 10. */
  readonly family: number;
  /** `SOCK_STREAM` is 1, `SOCK_DGRAM` 2. */
  readonly type: number;
  /** `IPPROTO_TCP` is 6, `IPPROTO_UDP` 17; 0 where the type says it. */
  readonly protocol: number;
  /** A number that no other socket has until the machine stops. */
  readonly cookie: number;
}

/** What a kernel function is called with for a new socket, and for one that ends. */
export interface NewSocketContext extends SocketContext {
  /** The index of the device that the socket is bound to (`SO_BINDTODEVICE`), 0 of none. May be changed. */
  device: number;
  /** `SO_MARK`. May be changed. */
  mark: number;
  /** `SO_PRIORITY`. May be changed. */
  priority: number;
}

/** What a kernel function is called with for a socket that has got an address and a port. */
export interface BoundSocketContext extends SocketContext {
  /** The address, `0.0.0.0` or `::` for all. */
  readonly address: string;
  /** The port. */
  readonly port: number;
}

/** What a kernel function is called with for a packet of a socket, which starts with the header of IP. */
export interface CgroupPacketContext extends PacketContext {
  /** `ETH_P_IP` is 0x0800, `ETH_P_IPV6` 0x86dd. */
  readonly protocol: number;
  /** `SO_MARK`. May be changed. */
  mark: number;
  /** `SO_PRIORITY`. May be changed. */
  priority: number;
  /** Of the socket: `AF_INET` is 2, `AF_INET6` 10. */
  readonly family: number;
  /** The IPv4 address of the socket. */
  readonly localAddress: string;
  /** The IPv6 address of the socket. */
  readonly localAddress6: string;
  /** The port of the socket. */
  readonly localPort: number;
  /** The IPv4 address that the socket is connected to. */
  readonly remoteAddress: string;
  /** The IPv6 address that the socket is connected to. */
  readonly remoteAddress6: string;
  /** The port that the socket is connected to; 0 of none. */
  readonly remotePort: number;
  /** A number that no other socket has until the machine stops. */
  readonly cookie: number;
}

/** What a kernel function is called with where a file of `/proc/sys` is read or written. */
export interface SysctlContext extends TaskContext {
  /** The file below `/proc/sys`: `kernel/ostype`, of up to 63 bytes. */
  readonly name: string;
  /** Whether it is written. */
  readonly write: boolean;
  /** Where in the file, in bytes. May be changed. */
  position: number;
  /** What the file says now, of up to 63 bytes, with the end of its line. */
  readonly value: string;
  /** What is written, of up to 63 bytes, with the end of its line where there is one; nothing where the file is read. */
  readonly newValue: string;
}

/** What a kernel function is called with where a device is opened, or the file of one made. */
export interface DeviceContext extends TaskContext {
  /** The kind of device. */
  readonly type: "block" | "char";
  /** The number of its driver. */
  readonly major: number;
  /** Its number there. */
  readonly minor: number;
  /** Whether it is opened to be read. */
  readonly read: boolean;
  /** Whether it is opened to be written. */
  readonly write: boolean;
  /** Whether a file of it is made. */
  readonly mknod: boolean;
}

/** What a kernel function is called with for an option of a socket. */
export interface SocketOptionContext extends TaskContext {
  /** `SOL_SOCKET` is 1, `SOL_IP` 0, `SOL_TCP` 6. */
  readonly level: number;
  /** The number of the option at its level. */
  readonly option: number;
  /** How many bytes its value has. */
  readonly length: number;
}

/** What a kernel function is called with where an option of a socket was asked for. */
export interface AskedOptionContext extends SocketOptionContext {
  /** What the kernel answers: 0, or an error below it. May be made 0. */
  retval: number;
}

/** What a kernel function is called with where an option of a socket is set. */
export interface GivenOptionContext extends SocketOptionContext {
  /** May be changed. */
  level: number;
  /** May be changed. */
  option: number;
}

/** What a kernel function is called with, by the hook. */
export interface CgroupContexts {
  /** Packets that sockets get. */
  readonly ingress: CgroupPacketContext;
  /** Packets that sockets send. */
  readonly egress: CgroupPacketContext;
  /** New sockets, of IP. */
  readonly sock_create: NewSocketContext;
  /** Sockets of IP that end. Since Linux 5.9. */
  readonly sock_release: NewSocketContext;
  /** After `bind()`. */
  readonly post_bind4: BoundSocketContext;
  /** After `bind()`. */
  readonly post_bind6: BoundSocketContext;
  /** `bind()`. */
  readonly bind4: SocketAddressContext;
  /** `bind()`. */
  readonly bind6: SocketAddressContext;
  /** `connect()`. */
  readonly connect4: SocketAddressContext;
  /** `connect()`. */
  readonly connect6: SocketAddressContext;
  /** `sendto()` and `sendmsg()` of datagrams with an address. */
  readonly sendmsg4: DatagramContext;
  /** `sendto()` and `sendmsg()` of datagrams with an address. */
  readonly sendmsg6: DatagramContext;
  /** The sender that `recvfrom()` and `recvmsg()` tell, which cannot be refused. Since Linux 5.2. */
  readonly recvmsg4: SocketAddressContext;
  /** The sender that `recvfrom()` and `recvmsg()` tell, which cannot be refused. Since Linux 5.2. */
  readonly recvmsg6: SocketAddressContext;
  /** The address that `getpeername()` tells, which cannot be refused. Since Linux 5.8. */
  readonly getpeername4: SocketAddressContext;
  /** The address that `getpeername()` tells, which cannot be refused. Since Linux 5.8. */
  readonly getpeername6: SocketAddressContext;
  /** The address that `getsockname()` tells, which cannot be refused. Since Linux 5.8. */
  readonly getsockname4: SocketAddressContext;
  /** The address that `getsockname()` tells, which cannot be refused. Since Linux 5.8. */
  readonly getsockname6: SocketAddressContext;
  /** Files of `/proc/sys` that are read and written. Since Linux 5.2. */
  readonly sysctl: SysctlContext;
  /** Devices that are opened and made. */
  readonly dev: DeviceContext;
  /** After the kernel answered `getsockopt()`. Since Linux 5.3. */
  readonly getsockopt: AskedOptionContext;
  /** `setsockopt()`. Since Linux 5.3. */
  readonly setsockopt: GivenOptionContext;
}
