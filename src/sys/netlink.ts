/**
 * Requests to the kernel about network devices: rtnetlink(7).
 *
 * @module
 */
import { allocate } from "../../ffi/mod.ts";
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { textOf } from "./attr.ts";
import { syscallError } from "./call.ts";
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
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
const NLA_F_NESTED = 0x8000;

const ROUTE_REQUEST = { GETLINK: 18, SETLINK: 19 } as const;

/** In bytes: `struct nlmsghdr`, `struct nlmsgerr` with the header alone that it repeats, and `struct nlattr`. */
const HEADER_SIZE = 16;
const ERROR_SIZE = 4 + HEADER_SIZE;
const ATTRIBUTE_SIZE = 4;
/** `struct ifinfomsg`, in bytes, and where it has the index of the device. */
const LINK_SIZE = 16;
const INDEX_AT = 4;

const LONGEST_REPLY = 1 << 16;

/** An attribute to send: a number of 32 bits, or more attributes. */
export type NetlinkAttribute = readonly [type: number, value: number | readonly NetlinkAttribute[]];

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
  using socket = openSocket("a netlink socket", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  // Older kernels answer without words
  setSocketOption(socket, NETLINK_CAP_ACK, 1, SOL_NETLINK);
  setSocketOption(socket, NETLINK_EXT_ACK, 1, SOL_NETLINK);
  sendTo(socket, message(ROUTE_REQUEST[request], device, attributes));
  const buffer = allocate(LONGEST_REPLY);
  // rtnetlink answers before sendto(2) returns
  const reply = receiveFrom(socket, buffer);
  const call = `netlink(RTM_${request})`;
  if (reply === undefined) throw syscallError(ERRNO.EAGAIN, call, action);
  const view = new DataView(buffer.buffer, buffer.byteOffset, Math.min(reply.length, buffer.length));
  if (view.getUint16(4, LITTLE_ENDIAN) !== NLMSG_ERROR) {
    return netlinkAttributes(view, HEADER_SIZE + LINK_SIZE);
  }
  const errno = -view.getInt32(HEADER_SIZE, LITTLE_ENDIAN);
  if (errno === 0) return new Map();
  const hasWords = (view.getUint16(6, LITTLE_ENDIAN) & NLM_F_ACK_TLVS) !== 0;
  const words = hasWords
    ? netlinkAttributes(view, HEADER_SIZE + ERROR_SIZE).get(NLMSGERR_ATTR_MSG)
    : undefined;
  throw syscallError(errno, call, action, words && textOf(bytesOf(words)));
}

function message(type: number, device: number, attributes: readonly NetlinkAttribute[]): Uint8Array {
  const body = attributes.map(encode);
  const size = body.reduce((sum, { length }) => sum + length, HEADER_SIZE + LINK_SIZE);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, size, LITTLE_ENDIAN);
  view.setUint16(4, type, LITTLE_ENDIAN);
  view.setUint16(6, NLM_F_REQUEST | (type === ROUTE_REQUEST.SETLINK ? NLM_F_ACK : 0), LITTLE_ENDIAN);
  view.setInt32(HEADER_SIZE + INDEX_AT, device, LITTLE_ENDIAN);
  let at = HEADER_SIZE + LINK_SIZE;
  for (const part of body) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function encode([type, value]: NetlinkAttribute): Uint8Array {
  const parts = typeof value === "number" ? [] : value.map(encode);
  const size = typeof value === "number" ? 4 : parts.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(ATTRIBUTE_SIZE + size);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.length, LITTLE_ENDIAN);
  view.setUint16(2, typeof value === "number" ? type : type | NLA_F_NESTED, LITTLE_ENDIAN);
  if (typeof value === "number") view.setInt32(ATTRIBUTE_SIZE, value, LITTLE_ENDIAN);
  let at = ATTRIBUTE_SIZE;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
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
    at += (size + 3) & ~3; // NLMSG_ALIGN
  }
  return attributes;
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
