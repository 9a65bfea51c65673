/**
 * Headers of packets: the address of one, once the verifier saw that the packet is long enough.
 *
 * @module
 */
import { add, and, jgt, jlt, jne, ldx, lsh, mov, r0, r1, r2, r3, type Register64 } from "../../asm/mod.ts";
import { LITTLE_ENDIAN } from "../../codec/mod.ts";
import type { HeaderName } from "../ir/tree.ts";
import type { Label } from "./code.ts";
import { CONTEXT, type Emitter } from "./emitter.ts";

/** `sizeof(struct ethhdr)`, and where it says what comes next. */
const ETHERNET = { size: 14, type: 12 } as const;
/** `ETH_P_IP` and `ETH_P_IPV6` of `include/uapi/linux/if_ether.h`. */
const ETHER_TYPES = { ipv4: 0x0800, ipv6: 0x86dd } as const;
/** `sizeof(struct iphdr)` without options, and where it says what comes next. */
const IPV4 = { size: 20, protocol: 9 } as const;
/** `sizeof(struct ipv6hdr)`, and where it says what comes next. */
const IPV6 = { size: 40, protocol: 6 } as const;
/** `IPPROTO_…` of `include/uapi/linux/in.h`, and the size of the header. */
const TRANSPORTS = {
  tcp: { protocol: 6, size: 20 },
  udp: { protocol: 17, size: 8 },
  icmp: { protocol: 1, size: 8 },
} as const;

/** `data` and `data_end` of `struct xdp_md`. */
const DATA = 0;
const DATA_END = 4;

/** Computes the address of a header into r0, or jumps where the packet has none. */
export function emitHeader(emitter: Emitter, header: HeaderName, missing: Label): void {
  const { code } = emitter;
  code.add(ldx("u32", r2, [CONTEXT, DATA_END]), ldx("u32", r1, [CONTEXT, DATA]));
  switch (header) {
    case "ethernet":
      return reach(emitter, r1, 0, ETHERNET.size, missing);
    case "ipv4":
    case "ipv6":
      return network(emitter, header, missing);
    default:
      return transport(emitter, header, missing);
  }
}

/** Puts the address of what is `offset` bytes behind `from` into r0, where the packet has `size` bytes there. */
function reach({ code }: Emitter, from: Register64, offset: number, size: number, missing: Label): void {
  code.add(mov(r0, from), add(r0, offset + size));
  code.jump(jgt(r0, r2, 0), missing);
  code.add(mov(r0, from), ...offset > 0 ? [add(r0, offset)] : []);
}

/** In network order, as the packet has it. */
function bigEndian16(value: number): number {
  return LITTLE_ENDIAN ? (value & 0xff) << 8 | value >> 8 : value;
}

function network(emitter: Emitter, header: "ipv4" | "ipv6", missing: Label): void {
  const { code } = emitter;
  reach(emitter, r1, ETHERNET.size, header === "ipv4" ? IPV4.size : IPV6.size, missing);
  code.add(ldx("u16", r3, [r1, ETHERNET.type]));
  code.jump(jne(r3, bigEndian16(ETHER_TYPES[header]), 0), missing);
}

/** Behind IPv4, whose length it says itself in words of 4 bytes, and behind IPv6 without further headers. */
function transport(emitter: Emitter, header: "tcp" | "udp" | "icmp", missing: Label): void {
  const { code } = emitter;
  const { protocol, size } = TRANSPORTS[header];
  network(emitter, "ipv4", missing);
  code.add(ldx("u8", r3, [r0, IPV4.protocol]));
  code.jump(jne(r3, protocol, 0), missing);
  code.add(ldx("u8", r3, [r0, 0]), and(r3, 0xf), lsh(r3, 2));
  code.jump(jlt(r3, IPV4.size, 0), missing);
  code.add(add(r0, r3), mov(r1, r0));
  reach(emitter, r1, 0, size, missing);
}
