/**
 * Requests to the kernel about network devices: rtnetlink(7).
 *
 * @module
 */
import { allocate } from "../../ffi/mod.ts";
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { joinedBytes } from "./arrays.ts";
import { cString, textOf } from "./attr.ts";
import { syscallError } from "./call.ts";
import type { Descriptor } from "./descriptor.ts";
import { ERRNO } from "./errno.ts";
import { openSocket, receiveFrom, sendTo, setSocketOption } from "./socket.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0;

const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;

/** Types of messages and flags of `include/uapi/linux/netlink.h`. */
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
const NLA_F_NESTED = 0x8000;

/** How a request is meant: `NLM_F_…` of the same. */
export const NETLINK_FLAG = {
  /** Also answers a request for something new with what came of it. */
  ECHO: 8,
  /** Of something new: fails where it is there already. */
  EXCL: 0x200,
  /** Of something new: makes it where it is not there. */
  CREATE: 0x400,
  /** Of a question: asks for all there are. */
  DUMP: 0x300,
} as const;

/** What rtnetlink can be asked, as messages name it: `NEWTFILTER` of `RTM_NEWTFILTER`. */
export type RouteRequestType =
  | `${"GET" | "SET"}LINK`
  | `${"NEW" | "DEL"}ROUTE`
  | `${"NEW" | "DEL" | "GET"}QDISC`
  | `${"NEW" | "DEL" | "GET"}TFILTER`;

/** `RTM_…` of `include/uapi/linux/rtnetlink.h`. */
const ROUTE_REQUEST: Readonly<Record<RouteRequestType, number>> = {
  GETLINK: 18,
  SETLINK: 19,
  NEWROUTE: 24,
  DELROUTE: 25,
  NEWQDISC: 36,
  DELQDISC: 37,
  GETQDISC: 38,
  NEWTFILTER: 44,
  DELTFILTER: 45,
  GETTFILTER: 46,
};

/** In bytes: `struct nlmsghdr`, `struct nlmsgerr` with the header alone that it repeats, and `struct nlattr`. */
const HEADER_SIZE = 16;
const ERROR_SIZE = 4 + HEADER_SIZE;
const ATTRIBUTE_SIZE = 4;
/** `struct ifinfomsg`, in bytes, and where it has the index of the device. */
const LINK_SIZE = 16;
const INDEX_AT = 4;

const LONGEST_REPLY = 1 << 16;

/** An attribute to send: a number of 32 bits, a text that gets its NUL, bytes as they are, or more attributes. */
export type NetlinkAttribute = readonly [
  type: number,
  value: number | string | Uint8Array | readonly NetlinkAttribute[],
];

/** What is asked of rtnetlink. */
export interface RouteRequest {
  /** What it is. */
  readonly type: RouteRequestType;
  /** Of {@linkcode NETLINK_FLAG}. */
  readonly flags?: number;
  /** The struct that such messages begin with: `struct tcmsg`. */
  readonly header: Uint8Array;
  /** What follows it. */
  readonly attributes?: readonly NetlinkAttribute[];
}

/**
 * Asks about a network device, or for a change of it. Returns the attributes of the answer, by type; none where the
 * answer is that it is done.
 *
 * @param action What for, in messages: `list the programs of device "eth0"`.
 *
 * @throws {SyscallError} The kernel refuses; the message has the driver's own words, where it says some.
 */
export function linkRequest(
  action: string,
  request: "GETLINK" | "SETLINK",
  device: number,
  attributes: readonly NetlinkAttribute[] = [],
): Map<number, DataView> {
  const header = new Uint8Array(LINK_SIZE);
  new DataView(header.buffer).setInt32(INDEX_AT, device, LITTLE_ENDIAN);
  const [answer] = routeRequest(action, { type: request, header, attributes });
  return answer === undefined ? new Map() : netlinkAttributes(answer, LINK_SIZE);
}

/**
 * Asks rtnetlink. Returns the messages of the answer without their `struct nlmsghdr`: those of a list, the one that was
 * asked for, or none where the answer is that it is done.
 *
 * @param action What for, in messages: `list the filters of device "eth0"`.
 *
 * @throws {SyscallError} The kernel refuses; the message has its own words, where it says some.
 */
export function routeRequest(action: string, request: RouteRequest): DataView[] {
  using socket = openSocket("a netlink socket", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  // Older kernels answer without words
  setSocketOption(socket, NETLINK_CAP_ACK, 1, SOL_NETLINK);
  setSocketOption(socket, NETLINK_EXT_ACK, 1, SOL_NETLINK);
  sendTo(socket, message(request));
  const call = `netlink(RTM_${request.type})`;
  const answers: DataView[] = [];
  for (;;) {
    for (const { type, flags, body } of nextMessages(socket, call, action)) {
      if (type !== NLMSG_ERROR && type !== NLMSG_DONE) {
        answers.push(body);
        continue;
      }
      const errno = -body.getInt32(0, LITTLE_ENDIAN);
      if (errno === 0) return answers;
      throw syscallError(errno, call, action, (flags & NLM_F_ACK_TLVS) !== 0 ? wordsOf(type, body) : "");
    }
  }
}

interface Message {
  readonly type: number;
  readonly flags: number;
  readonly body: DataView;
}

/** The next part of an answer. rtnetlink answers before sendto(2) returns, and lists on before recvfrom(2) does. */
function nextMessages(socket: Descriptor, call: string, action: string): Message[] {
  const buffer = allocate(LONGEST_REPLY);
  const reply = receiveFrom(socket, buffer);
  if (reply === undefined) throw syscallError(ERRNO.EAGAIN, call, action);
  const end = Math.min(reply.length, buffer.length);
  const view = new DataView(buffer.buffer, buffer.byteOffset, end);
  const messages: Message[] = [];
  for (let at = 0; at + HEADER_SIZE <= end;) {
    const size = view.getUint32(at, LITTLE_ENDIAN);
    if (size < HEADER_SIZE || at + size > end) break;
    messages.push({
      type: view.getUint16(at + 4, LITTLE_ENDIAN),
      flags: view.getUint16(at + 6, LITTLE_ENDIAN),
      body: new DataView(buffer.buffer, buffer.byteOffset + at + HEADER_SIZE, size - HEADER_SIZE),
    });
    at += align(size);
  }
  return messages;
}

/** What the kernel says of an error. A list ends with the error number alone. */
function wordsOf(type: number, body: DataView): string {
  const words = netlinkAttributes(body, type === NLMSG_DONE ? 4 : ERROR_SIZE).get(NLMSGERR_ATTR_MSG);
  return words === undefined ? "" : netlinkText(words);
}

function message({ type, flags = 0, header, attributes = [] }: RouteRequest): Uint8Array {
  const body = joinedBytes([header, ...attributes.map(encode)]);
  const bytes = new Uint8Array(HEADER_SIZE + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, LITTLE_ENDIAN);
  view.setUint16(4, ROUTE_REQUEST[type], LITTLE_ENDIAN);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_ACK | flags, LITTLE_ENDIAN);
  bytes.set(body, HEADER_SIZE);
  return bytes;
}

/** An attribute, padded for the next one. */
function encode([type, value]: NetlinkAttribute): Uint8Array {
  const isNested = typeof value === "object" && !(value instanceof Uint8Array);
  const payload = isNested ? joinedBytes(value.map(encode)) : bytesOf(value);
  const bytes = new Uint8Array(align(ATTRIBUTE_SIZE + payload.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, ATTRIBUTE_SIZE + payload.length, LITTLE_ENDIAN);
  view.setUint16(2, isNested ? type | NLA_F_NESTED : type, LITTLE_ENDIAN);
  bytes.set(payload, ATTRIBUTE_SIZE);
  return bytes;
}

function bytesOf(value: number | string | Uint8Array): Uint8Array {
  if (typeof value === "string") return cString(value);
  if (typeof value !== "number") return value;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, LITTLE_ENDIAN);
  return bytes;
}

/** `NLMSG_ALIGN` and `NLA_ALIGN`. */
function align(size: number): number {
  return (size + 3) & ~3;
}

/** The attributes from an offset on, by type; `netlinkAttributes(value, 0)` takes nested ones apart. */
export function netlinkAttributes(view: DataView, start: number): Map<number, DataView> {
  const attributes = new Map<number, DataView>();
  for (let at = start; at + ATTRIBUTE_SIZE <= view.byteLength;) {
    const size = view.getUint16(at, LITTLE_ENDIAN);
    if (size < ATTRIBUTE_SIZE || at + size > view.byteLength) break;
    const type = view.getUint16(at + 2, LITTLE_ENDIAN) & ~NLA_F_NESTED;
    const value = new DataView(view.buffer, view.byteOffset + at + ATTRIBUTE_SIZE, size - ATTRIBUTE_SIZE);
    attributes.set(type, value);
    at += align(size);
  }
  return attributes;
}

/** The text of an attribute, without its NUL. */
export function netlinkText(view: DataView): string {
  return textOf(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}
