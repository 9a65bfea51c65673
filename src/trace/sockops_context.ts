/**
 * What kernel functions that follow TCP connections are called with, as types.
 *
 * @module
 */

import type { KernelAccess } from "./context.ts";

/** What happens to a socket: `BPF_SOCK_OPS_…` of `include/uapi/linux/bpf.h`. */
export type SocketOperation =
  | "VOID"
  | "TIMEOUT_INIT"
  | "RWND_INIT"
  | "TCP_CONNECT_CB"
  | "ACTIVE_ESTABLISHED_CB"
  | "PASSIVE_ESTABLISHED_CB"
  | "NEEDS_ECN"
  | "BASE_RTT"
  | "RTO_CB"
  | "RETRANS_CB"
  | "STATE_CB"
  | "TCP_LISTEN_CB"
  | "RTT_CB";

/** What is told of a socket from then on that it was asked to be watched for. */
export type SocketCallback = "RTO_CB" | "RETRANS_CB" | "STATE_CB" | "RTT_CB";

/** A state of TCP: `BPF_TCP_…` of `include/uapi/linux/bpf.h`. */
export type TcpState =
  | "ESTABLISHED"
  | "SYN_SENT"
  | "SYN_RECV"
  | "FIN_WAIT1"
  | "FIN_WAIT2"
  | "TIME_WAIT"
  | "CLOSE"
  | "CLOSE_WAIT"
  | "LAST_ACK"
  | "LISTEN"
  | "CLOSING"
  | "NEW_SYN_RECV";

/** What a kernel function is called with for what happens to a TCP socket. */
export interface SockopsContext extends KernelAccess {
  /** What happens. */
  readonly op: SocketOperation;
  /** What the kernel says to it; see `BPF_SOCK_OPS_…` in `include/uapi/linux/bpf.h`. */
  readonly args: readonly [number, number, number, number];
  /** At `STATE_CB`: the state before. */
  readonly oldState: TcpState;
  /** At `STATE_CB`: the state now. */
  readonly newState: TcpState;
  /** What the kernel asks for, as at `TIMEOUT_INIT`: to be changed. */
  reply: number;
  /** `AF_INET` is 2, `AF_INET6` 10. */
  readonly family: number;
  /** The IPv4 address at the other end. */
  readonly remoteAddress: string;
  /** The IPv6 address at the other end. */
  readonly remoteAddress6: string;
  /** The own IPv6 address. */
  readonly localAddress6: string;
  /** The port at the other end. */
  readonly remotePort: number;
  /** The own IPv4 address. */
  readonly localAddress: string;
  /** The own port. */
  readonly localPort: number;
  /** How many packets may be on their way (`snd_cwnd`). */
  readonly congestionWindow: number;
  /** The smoothed round-trip time in eighths of microseconds (`srtt_us`). */
  readonly srtt: number;
  /** The state; at `STATE_CB` the one before. */
  readonly state: TcpState;
  /** The largest segment that is sent, in bytes (`mss_cache`). */
  readonly mss: number;
  /** How many packets are on their way. */
  readonly packetsOut: number;
  /** How many segments were sent again so far (`total_retrans`). */
  readonly retransmits: number;
  /** How many bytes came so far. */
  readonly bytesReceived: number;
  /** How many bytes the other end has got so far. */
  readonly bytesAcked: number;
  /** A number that no other socket has until the machine stops. */
  readonly cookie: number;
  /** Nanoseconds since the machine started, without those that it slept. */
  readonly nsecs: number;
  /** The CPU that the function runs on. */
  readonly cpu: number;
  /** Has the function run for these, too, from now on for this socket. 0 where that can be. */
  watch(...callbacks: readonly SocketCallback[]): number;
}
