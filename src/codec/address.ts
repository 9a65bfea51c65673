import { formatIpv6, parseIpv4, parseIpv6 } from "./_address_text.ts";
import { checkText, describe } from "./_check.ts";
import type { Codec } from "./codec.ts";

/**
 * An IPv4 address (`__be32`, `struct in_addr`), 4 bytes in network byte order, as text: `192.0.2.1`.
 *
 * @example
 * ```ts
 * import { be16, ipv4, struct } from "@waggle/ebpf/codec";
 *
 * const Peer = struct({ address: ipv4, port: be16 });
 * Peer.write(new DataView(new ArrayBuffer(Peer.size)), 0, { address: "192.0.2.1", port: 443 });
 * ```
 */
export const ipv4: Codec<string> = {
  size: 4,
  align: 4,
  type: "ipv4",
  read: (view, at) =>
    `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`,
  write(view, at, value) {
    const bytes = parseIpv4(checkText("ipv4", value)) ?? refuse("ipv4", value, "an IPv4 address");
    writeBytes(view, at, bytes);
  },
};

/**
 * An IPv6 address (`struct in6_addr`), 16 bytes in network byte order, as text in the form of RFC 5952: `2001:db8::1`,
 * and `::ffff:192.0.2.1` for mapped IPv4 addresses.
 *
 * Writing takes every form of RFC 4291, section 2.2.
 */
export const ipv6: Codec<string> = {
  size: 16,
  align: 4,
  type: "ipv6",
  read(view, at) {
    const groups: number[] = [];
    for (let i = 0; i < 16; i += 2) groups.push(view.getUint16(at + i));
    return formatIpv6(groups);
  },
  write(view, at, value) {
    const groups = parseIpv6(checkText("ipv6", value)) ?? refuse("ipv6", value, "an IPv6 address");
    groups.forEach((group, i) => view.setUint16(at + 2 * i, group));
  },
};

/**
 * A hardware address (`unsigned char[ETH_ALEN]`), 6 bytes, as text: `02:00:00:00:00:01`.
 *
 * Writing takes `-` for `:`, and upper case.
 */
export const mac: Codec<string> = {
  size: 6,
  align: 1,
  type: "mac",
  read(view, at) {
    let text = hex(view, at);
    for (let i = 1; i < 6; i++) text += `:${hex(view, at + i)}`;
    return text;
  },
  write(view, at, value) {
    const valid = /^[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})$/i.test(checkText("mac", value));
    if (!valid) refuse("mac", value, "a hardware address");
    writeBytes(view, at, value.split(/[:-]/).map((pair) => parseInt(pair, 16)));
  },
};

/** Every byte in hexadecimal: making them anew costs five times as much. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hex(view: DataView, at: number): string {
  return HEX[view.getUint8(at)] ?? "";
}

function writeBytes(view: DataView, at: number, bytes: readonly number[]): void {
  bytes.forEach((byte, i) => view.setUint8(at + i, byte));
}

function refuse(type: string, value: string, what: string): never {
  throw new RangeError(`Cannot encode ${describe(value)} as ${type}: not ${what}`);
}
