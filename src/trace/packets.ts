/**
 * What kernel functions are called with that see packets.
 *
 * @module
 */

import type { KernelAccess } from "./context.ts";

/**
 * A header of a packet, with the members of the kernel's struct: numbers in the machine's order, and addresses as they are in
 * the packet, which events and keys show as text. Which there are is checked when the function is compiled.
 *
 * Where the program may change packets, members are assigned to: `ip.ttl -= 1`, `tcp.dest = 8080`, `ip.saddr = "192.0.2.1"`. The
 * checksums of IPv4, TCP, UDP and ICMP are kept right; one that is assigned to stays as it is given.
 */
export interface PacketHeader {
  /** A member by its name in C. */
  // deno-lint-ignore no-explicit-any -- as of KernelStruct
  [member: string]: any;
}

/**
 * What all that see packets have of them. Headers are found behind tags of VLANs, options of IPv4 and extensions of IPv6, and are
 * `undefined` where the packet has none: as of all fragments but the first, which say nothing of ports. Where they are is looked up
 * once, at the start of the function.
 */
export interface PacketContext extends KernelAccess {
  /** The index of the network device. */
  readonly device: number;
  /** The length of the packet in bytes, as the program sees it. For XDP since Linux 5.18. */
  readonly length: number;
  /** Nanoseconds since the machine started, without those that it slept. */
  readonly nsecs: number;
  /** Nanoseconds since the machine started, those that it slept among them. Since Linux 5.8. */
  readonly boottime: number;
  /** The CPU that the function runs on. */
  readonly cpu: number;
  /** The memory node of the CPU. */
  readonly numa: number;
  /** A random number of 32 bits. */
  readonly random: number;
  /** `struct iphdr`. */
  ipv4(): PacketHeader | undefined;
  /** `struct ipv6hdr`. */
  ipv6(): PacketHeader | undefined;
  /** `struct arphdr`, with the addresses behind it of Ethernet and IPv4: `ar_sha`, `ar_sip`, `ar_tha`, `ar_tip`. */
  arp(): PacketHeader | undefined;
  /** `struct tcphdr`, of IPv4 and IPv6. */
  tcp(): PacketHeader | undefined;
  /** `struct udphdr`, of IPv4 and IPv6. */
  udp(): PacketHeader | undefined;
  /** `struct icmphdr`. */
  icmp(): PacketHeader | undefined;
  /** `struct icmp6hdr`. */
  icmpv6(): PacketHeader | undefined;
  /** `struct sctphdr`, of IPv4 and IPv6. */
  sctp(): PacketHeader | undefined;
  /** The number of the VLAN of the packet's outer tag (802.1Q, 802.1ad), or with 1 of the tag behind it. */
  vlan(index?: 0 | 1): number | undefined;
  /** Where what is behind the header of the transport layer starts, in bytes from the start of the packet. */
  readonly payloadOffset: number | undefined;
  /**
   * What the packet has from so many bytes on, as far as there is room for: `most` bytes, a constant. For events. For XDP since
   * Linux 5.18.
   */
  bytes(offset: number, most: number): Uint8Array;
  /** What is behind the header of the transport layer, as {@linkcode bytes} has it; empty where there is none. */
  payload(most: number): Uint8Array;
  /** The number in network order that is so many bytes from the start of the packet; `u8` by default. */
  load(offset: number, type?: "u8" | "u16" | "u32"): number | undefined;
}

/** With what packets have at a network device. Headers can be changed there. */
export interface FrameContext extends PacketContext {
  /** `struct ethhdr`. */
  ethernet(): PacketHeader | undefined;
  /** Sends the packet out by the network device with this index: return what it returns. */
  redirect(device: number): "redirect";
}
