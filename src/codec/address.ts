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

/** A number from 0 to 255 without zeroes before it, which some would read as octal, as `inet_pton(3)` wants it. */
const BYTE = /^(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])$/;

/** The four bytes of `192.0.2.1`; `undefined` where the text is no address. */
function parseIpv4(text: string): number[] | undefined {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => BYTE.test(part)) ? parts.map(Number) : undefined;
}

/** The first 12 bytes of IPv4-mapped addresses (`::ffff:192.0.2.1`), as 16-bit groups: RFC 4291, 2.5.5.2. */
const MAPPED = [0, 0, 0, 0, 0, 0xffff];

/** The text of an address in its one canonical form: RFC 5952, 4 and 5. */
function formatIpv6(groups: readonly number[]): string {
  if (MAPPED.every((group, i) => group === groups[i])) {
    return `::ffff:${dotted(groups[6] ?? 0, groups[7] ?? 0)}`;
  }
  const { start, length } = longestZeros(groups);
  // A single group of zeroes is written as it is: RFC 5952, 4.2.2
  if (length < 2) return groupsText(groups, 0, 8);
  return `${groupsText(groups, 0, start)}::${groupsText(groups, start + length, 8)}`;
}

function groupsText(groups: readonly number[], from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i++) text += (i > from ? ":" : "") + groups[i]?.toString(16);
  return text;
}

function dotted(high: number, low: number): string {
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

/** The longest run of zeroes, of several as long the first: RFC 5952, 4.2.3. */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > longest.length) longest = { start, length: end - start };
    start = end;
  }
  return longest;
}

/** The eight 16-bit groups of an address in any form of RFC 4291, 2.2; `undefined` where the text is none. */
function parseIpv6(text: string): number[] | undefined {
  const [left = "", right, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const head = parseGroups(left, right === undefined);
  if (right === undefined) return head?.length === 8 ? head : undefined;
  const tail = parseGroups(right, true);
  if (head === undefined || tail === undefined) return undefined;
  const zeros = 8 - head.length - tail.length;
  // "::" stands for one or more groups
  return zeros < 1 ? undefined : [...head, ...new Array<number>(zeros).fill(0), ...tail];
}

/** Groups between colons, of which the last two may be an IPv4 address where these are the end of the text. */
function parseGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(parseInt(part, 16));
      continue;
    }
    const bytes = atEnd && i === parts.length - 1 ? parseIpv4(part) : undefined;
    if (bytes === undefined) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = bytes;
    groups.push(a << 8 | b, c << 8 | d);
  }
  return groups;
}
