/**
 * Routes as rtnetlink has them (`struct rtmsg`, `net/ipv4/fib_frontend.c`, `net/ipv6/route.c`).
 *
 * @module
 */
import { ipv4, ipv6, LITTLE_ENDIAN } from "../codec/mod.ts";
import { NETLINK_FLAG, type NetlinkAttribute, routeRequest } from "../sys/mod.ts";

/** `RTA_…` of `include/uapi/linux/rtnetlink.h`. */
const ATTRIBUTE = { DST: 1, OIF: 4, GATEWAY: 5, PRIORITY: 6, ENCAP_TYPE: 21, ENCAP: 22 } as const;

/** `struct rtmsg` of the same, in bytes, and values of its fields. */
const MESSAGE_SIZE = 12;
const TABLE_MAIN = 254;
const PROTOCOL_STATIC = 4;
const SCOPE = { UNIVERSE: 0, LINK: 253 } as const;
const UNICAST = 1;

/** Families of addresses: `AF_INET` and `AF_INET6`. */
const FAMILY = { ipv4: 2, ipv6: 10 } as const;

/** A block of addresses, or one. */
export interface Prefix {
  readonly family: keyof typeof FAMILY;
  readonly address: Uint8Array;
  /** In bits. */
  readonly length: number;
}

/** A route with an encapsulation. */
export interface EncapRoute {
  readonly to: Prefix;
  /** The index of the device. */
  readonly device: number | undefined;
  readonly via: Prefix | undefined;
  readonly metric: number | undefined;
  /** `LWTUNNEL_ENCAP_…` and its attributes. */
  readonly encapType: number;
  readonly encap: readonly NetlinkAttribute[];
}

/** Takes `10.1.0.0/16` or `fd00::1` apart; `undefined` where the text is neither. */
export function parsePrefix(text: string): Prefix | undefined {
  const [address = "", length, ...more] = text.split("/");
  const family = address.includes(":") ? "ipv6" : "ipv4";
  const codec = family === "ipv6" ? ipv6 : ipv4;
  const bits = 8 * codec.size;
  const bytes = new Uint8Array(codec.size);
  try {
    codec.write(new DataView(bytes.buffer), 0, address);
  } catch {
    return undefined;
  }
  const isLength = length === undefined || /^\d{1,3}$/.test(length) && Number(length) <= bits;
  if (!isLength || more.length > 0) return undefined;
  return { family, address: bytes, length: length === undefined ? bits : Number(length) };
}

/** Adds a route to the main table; the kernel says `EEXIST` where there is one to the same block with the same metric. */
export function addRoute(action: string, route: EncapRoute): void {
  const flags = NETLINK_FLAG.CREATE | NETLINK_FLAG.EXCL;
  routeRequest(action, { type: "NEWROUTE", flags, header: header(route), attributes: attributes(route) });
}

/** Removes a route; of IPv4 this one alone, as its encapsulation has to be the same (`fib_nh_match`). */
export function deleteRoute(action: string, route: EncapRoute): void {
  routeRequest(action, { type: "DELROUTE", header: header(route), attributes: attributes(route) });
}

function header({ to: { family, length }, via }: EncapRoute): Uint8Array {
  // A route of IPv4 without a gateway is to neighbours
  const scope = family === "ipv4" && via === undefined ? SCOPE.LINK : SCOPE.UNIVERSE;
  const bytes = new Uint8Array(MESSAGE_SIZE);
  bytes.set([FAMILY[family], length, 0, 0, TABLE_MAIN, PROTOCOL_STATIC, scope, UNICAST]);
  return bytes;
}

function attributes({ to, device, via, metric, encapType, encap }: EncapRoute): NetlinkAttribute[] {
  const type = new Uint8Array(2);
  new DataView(type.buffer).setUint16(0, encapType, LITTLE_ENDIAN);
  return [
    [ATTRIBUTE.DST, to.address],
    [ATTRIBUTE.ENCAP_TYPE, type],
    [ATTRIBUTE.ENCAP, encap],
    ...(device === undefined ? [] : [[ATTRIBUTE.OIF, device] as const]),
    ...(via === undefined ? [] : [[ATTRIBUTE.GATEWAY, via.address] as const]),
    ...(metric === undefined ? [] : [[ATTRIBUTE.PRIORITY, metric] as const]),
  ];
}
