/**
 * Network interfaces by name.
 *
 * @module
 */
import { addressOf, allocate, keepAlive } from "../../ffi/mod.ts";
import { NotFoundError } from "../errors.ts";
import { cString } from "./attr.ts";
import { syscall, trySyscall } from "./call.ts";
import { Descriptor } from "./descriptor.ts";

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 0x80002;
const SIOCGIFINDEX = 0x8933;
const IFNAMSIZ = 16;

/**
 * The index of a network interface in this process's network namespace.
 *
 * @throws {NotFoundError} There is none of that name.
 */
export function interfaceIndex(name: string): number {
  const text = cString(name);
  if (text.length > IFNAMSIZ) {
    throw new NotFoundError(`Cannot find network interface "${name}": the name is too long`);
  }
  // struct ifreq: 16 bytes of name, then a union of up to 24 bytes that begins with the index
  const request = allocate(IFNAMSIZ + 24);
  request.set(text);
  using socket = new Descriptor(syscall("open a socket", "socket", AF_INET, SOCK_DGRAM_CLOEXEC, 0), "socket");
  if (trySyscall("ioctl", socket.fd, SIOCGIFINDEX, addressOf(request)) < 0) {
    throw new NotFoundError(`Cannot find network interface "${name}": "ip link" lists those there are`);
  }
  keepAlive(request);
  return new DataView(request.buffer).getInt32(IFNAMSIZ, true);
}
