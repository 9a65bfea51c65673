/**
 * Packets made by hand, as the documents lay them out: RFC 791, 768, 792, 8200, 9293 and IEEE 802.1Q.
 *
 * @module
 */

/** Bytes: numbers are one each, texts are written in hexadecimal. */
export function bytes(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => {
    if (typeof part === "number") return [part];
    if (typeof part !== "string") return [...part];
    return (part.replaceAll(/[\s:]/g, "").match(/../g) ?? []).map((pair) => parseInt(pair, 16));
  }));
}

/** Two bytes, the high one first. */
export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

/** The Internet checksum of RFC 1071, with what it begins with. */
export function checksum(data: Uint8Array, start = 0): number {
  let sum = start;
  for (let i = 0; i < data.length; i += 2) sum += (data[i] ?? 0) << 8 | (data[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/** A frame of Ethernet with tags. */
export function frame(
  type: number,
  payload: Uint8Array,
  tags: readonly (readonly [type: number, tci: number])[] = [],
): Uint8Array {
  const tagged = tags.map(([type, tci]) => bytes(u16(type), u16(tci)));
  return bytes("02:00:00:00:00:02", "02:00:00:00:00:01", ...tagged, u16(type), payload);
}

/** Addresses of the documentation: RFC 5737, RFC 3849. */
export const V4 = { from: "c0000201", to: "c6336402" } as const; // 192.0.2.1, 198.51.100.2
export const V6 = {
  from: "20010db8000000000000000000000001",
  to: "20010db8000000010000000000000002",
} as const;

/** Options of {@linkcode ipv4}. */
export interface Ipv4Options {
  /** In hexadecimal, in words of 4 bytes. */
  readonly options?: string;
  /** Flags and offset. */
  readonly fragment?: number;
}

/** A packet of IPv4, with options, or of a fragment. */
export function ipv4(
  protocol: number,
  payload: Uint8Array,
  { options = "", fragment = 0 }: Ipv4Options = {},
): Uint8Array {
  const words = 5 + options.length / 8;
  const length = words * 4 + payload.length;
  const head = (sum: number) =>
    bytes(
      0x40 | words,
      0,
      u16(length),
      u16(1),
      u16(fragment),
      64,
      protocol,
      u16(sum),
      V4.from,
      V4.to,
      options,
    );
  return bytes(head(checksum(head(0))), payload);
}

/** A packet of IPv6; extensions are given with the number of the next header. */
export function ipv6(next: number, payload: Uint8Array): Uint8Array {
  return bytes("60000000", u16(payload.length), next, 64, V6.from, V6.to, payload);
}

/** The sum of the pseudo header of IPv4 or IPv6. */
function pseudo(version: 4 | 6, protocol: number, length: number): number {
  const { from, to } = version === 4 ? V4 : V6;
  return ~checksum(bytes(from, to, u16(protocol), u16(length))) & 0xffff;
}

/** A segment of TCP with a right checksum, with options in words of 4 bytes. */
export function tcp(
  version: 4 | 6,
  from: number,
  to: number,
  payload: Uint8Array = bytes(),
  options = "",
): Uint8Array {
  const words = 5 + options.length / 8;
  const make = (sum: number) =>
    bytes(
      u16(from),
      u16(to),
      "00000001",
      "00000000",
      words << 4,
      0x02,
      u16(1024),
      u16(sum),
      u16(0),
      options,
      payload,
    );
  const empty = make(0);
  return make(checksum(empty, pseudo(version, 6, empty.length)));
}

/** A datagram of UDP with a right checksum, or without one. */
export function udp(
  version: 4 | 6,
  from: number,
  to: number,
  payload: Uint8Array = bytes(),
  unsummed = false,
): Uint8Array {
  const make = (sum: number) => bytes(u16(from), u16(to), u16(8 + payload.length), u16(sum), payload);
  const empty = make(0);
  return unsummed ? empty : make(checksum(empty, pseudo(version, 17, empty.length)));
}

/** An echo request: of ICMP, or of ICMPv6. */
export function echo(version: 4 | 6, payload: Uint8Array = bytes("0102030405060708")): Uint8Array {
  const make = (sum: number) => bytes(version === 4 ? 8 : 128, 0, u16(sum), u16(7), u16(1), payload);
  const empty = make(0);
  return make(checksum(empty, version === 4 ? 0 : pseudo(6, 58, empty.length)));
}
