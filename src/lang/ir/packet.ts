/**
 * Packets: where programs find them, and what headers they have.
 *
 * @module
 */

/** Which programs see packets, by where they run. */
export type PacketKind = "xdp" | "tc" | "cgroupSkb";

/** Where a program finds its packet. Offsets are in bytes, in the context. */
export interface PacketLayout {
  /** Of the address of its first byte, and of that behind its last one that can be read as it is. */
  readonly data: number;
  readonly dataEnd: number;
  /** The index of the device. */
  readonly device: number;
  /** Whether it starts with Ethernet's header, or with that of the network layer. */
  readonly startsWith: "ethernet" | "network";
  /** Whether it is a socket buffer, of which all but the start may be elsewhere. */
  readonly isBuffer: boolean;
  /** Whether it can be changed. */
  readonly isWritable: boolean;
}

/** `struct xdp_md` and `struct __sk_buff` of `include/uapi/linux/bpf.h`. */
export const PACKETS: Readonly<Record<PacketKind, PacketLayout>> = {
  xdp: { data: 0, dataEnd: 4, device: 12, startsWith: "ethernet", isBuffer: false, isWritable: true },
  tc: { data: 76, dataEnd: 80, device: 40, startsWith: "ethernet", isBuffer: true, isWritable: true },
  cgroupSkb: { data: 76, dataEnd: 80, device: 40, startsWith: "network", isBuffer: true, isWritable: false },
};

/** Members of `struct __sk_buff`, in bytes. */
export const SK_BUFF = {
  length: 0,
  mark: 8,
  protocol: 16,
  vlanPresent: 20,
  vlanTci: 24,
  priority: 32,
} as const;

/** Headers of packets. */
export type HeaderName =
  | "ethernet"
  | "arp"
  | "ipv4"
  | "ipv6"
  | "tcp"
  | "udp"
  | "icmp"
  | "icmpv6"
  | "sctp";

/** What is known of a header. */
export interface Header {
  /** What the kernel calls it. */
  readonly struct: string;
  /** How many bytes it has at least. */
  readonly size: number;
  readonly layer: "link" | "network" | "transport";
  /** By which the header before it says that it follows: `ETH_P_…`, or `IPPROTO_…`. */
  readonly number: number;
  /** Where its checksum is, in bytes. */
  readonly checksum?: number;
}

/** `include/uapi/linux/if_ether.h`, and `in.h`, `in6.h`. */
export const HEADERS: Readonly<Record<HeaderName, Header>> = {
  ethernet: { struct: "ethhdr", size: 14, layer: "link", number: 0 },
  // With the addresses behind it, which RFC 826 leaves open and are those of Ethernet and IPv4
  arp: { struct: "arphdr", size: 28, layer: "network", number: 0x0806 },
  ipv4: { struct: "iphdr", size: 20, layer: "network", number: 0x0800, checksum: 10 },
  ipv6: { struct: "ipv6hdr", size: 40, layer: "network", number: 0x86dd },
  tcp: { struct: "tcphdr", size: 20, layer: "transport", number: 6, checksum: 16 },
  udp: { struct: "udphdr", size: 8, layer: "transport", number: 17, checksum: 6 },
  icmp: { struct: "icmphdr", size: 8, layer: "transport", number: 1, checksum: 2 },
  icmpv6: { struct: "icmp6hdr", size: 8, layer: "transport", number: 58, checksum: 2 },
  sctp: { struct: "sctphdr", size: 12, layer: "transport", number: 132 },
};
