/**
 * Sockets by system calls: no runtime tells the descriptors of its own.
 *
 * @module
 */
import { addressOf, allocate, keepAlive } from "../../ffi/mod.ts";
import { checked, syscall, trySyscall } from "./call.ts";
import { Descriptor } from "./descriptor.ts";
import { ERRNO } from "./errno.ts";

const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const SOL_SOCKET = 1;
const MSG_TRUNC = 0x20;

/** Options that BPF programs are attached by: `include/uapi/asm-generic/socket.h`. */
export const SOCKET_OPTION = {
  DETACH_FILTER: 27,
  ATTACH_BPF: 50,
  ATTACH_REUSEPORT_EBPF: 52,
  DETACH_REUSEPORT_BPF: 68,
} as const;

/** Opens a socket that never blocks. `what` names it in messages. */
export function openSocket(what: string, domain: number, type: number, protocol: number): Descriptor {
  const fd = syscall(`open ${what}`, "socket", domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  return new Descriptor(fd, what);
}

/** Binds a socket to an address, a `struct sockaddr_…`. */
export function bindSocket(socket: Descriptor, address: Uint8Array<ArrayBuffer>): void {
  const bytes = allocate(address.length);
  bytes.set(address);
  syscall(`bind ${socket.what}`, "bind", socket.fd, addressOf(bytes), bytes.length);
  keepAlive(bytes);
}

/** Sets an option that is an `int`. Returns 0, or `-errno`. */
export function setSocketOption(
  socket: Descriptor,
  option: number,
  value: number,
  level: number = SOL_SOCKET,
): number {
  const bytes = allocate(4);
  new Int32Array(bytes.buffer, bytes.byteOffset, 1)[0] = value;
  const result = trySyscall("setsockopt", socket.fd, level, option, addressOf(bytes), bytes.length);
  keepAlive(bytes);
  return result;
}

/** What a socket received. */
export interface Received {
  /** In bytes, before it was cut to the buffer. */
  readonly length: number;
  /** A `struct sockaddr_…`. */
  readonly from: DataView;
}

const ADDRESS_SIZE = 128; // struct sockaddr_storage

/** Takes the next datagram into the buffer; `undefined` where there is none. */
export function receiveFrom(socket: Descriptor, buffer: Uint8Array<ArrayBuffer>): Received | undefined {
  const address = allocate(ADDRESS_SIZE);
  const size = allocate(4);
  new Uint32Array(size.buffer, size.byteOffset, 1)[0] = ADDRESS_SIZE;
  const length = trySyscall(
    "recvfrom",
    socket.fd,
    addressOf(buffer),
    buffer.length,
    MSG_TRUNC,
    addressOf(address),
    addressOf(size),
  );
  keepAlive(buffer, address, size);
  if (length === -ERRNO.EAGAIN) return undefined;
  checked(length, "recvfrom", `receive from ${socket.what}`);
  return { length, from: new DataView(address.buffer, address.byteOffset, address.length) };
}

/** Sends to where the socket is bound. */
export function sendTo(socket: Descriptor, data: Uint8Array): void {
  const bytes = allocate(data.length);
  bytes.set(data);
  syscall(`send by ${socket.what}`, "sendto", socket.fd, addressOf(bytes), bytes.length, 0, 0, 0);
  keepAlive(bytes);
}
