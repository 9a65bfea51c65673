/**
 * Sockets of a test's own, by raw system calls: no runtime tells the descriptors of its sockets.
 *
 * @module
 */
import { addressOf, allocate, keepAlive, native, type Word } from "../../ffi/mod.ts";
import { checked, Descriptor, trySyscall } from "../../src/sys/mod.ts";

const CALLS = {
  x86_64: { connect: 42, sendto: 44, recvfrom: 45, bind: 49, listen: 50, getsockname: 51, setsockopt: 54 },
  aarch64: {
    connect: 203,
    sendto: 206,
    recvfrom: 207,
    bind: 200,
    listen: 201,
    getsockname: 204,
    setsockopt: 208,
  },
} as const;
const MORE_CALLS = {
  x86_64: { getsockopt: 55, accept4: 288 },
  aarch64: { getsockopt: 209, accept4: 242 },
} as const;

type Call = keyof typeof CALLS["x86_64"] | keyof typeof MORE_CALLS["x86_64"];

/** A domain and types of `socket(2)`. */
export const AF_INET = 2;
export const STREAM = 1;
export const DATAGRAM = 2;
const CLOEXEC = 0x80000;
const DONTWAIT = 0x40;
const LOOPBACK = [127, 0, 0, 1];
const ADDRESS_SIZE = 16;

/** Levels and options of `asm-generic/socket.h`. */
export const SOL_SOCKET = 1;
export const SO_REUSEPORT = 15;
export const SO_ATTACH_REUSEPORT_EBPF = 52;
const SO_COOKIE = 57;

function call(name: Call, ...args: Word[]): number {
  const door = native();
  const numbers = { ...CALLS[door.arch], ...MORE_CALLS[door.arch] };
  const [a, b, c, d, e, f] = args;
  return door.syscall(numbers[name], a, b, c, d, e, f);
}

/** A socket. */
export class Socket implements Disposable {
  readonly descriptor: Descriptor;

  /** Takes the descriptor over; without one, opens a socket. */
  constructor(domain: number, type: number, fd?: number) {
    fd ??= checked(trySyscall("socket", domain, type | CLOEXEC, 0), "socket", "open a socket");
    this.descriptor = new Descriptor(fd, "socket");
  }

  get fd(): number {
    return this.descriptor.fd;
  }

  /** The number that the kernel knows it by, as `getsockopt(2)` tells. */
  get cookie(): bigint {
    return new DataView(this.option(SOL_SOCKET, SO_COOKIE, 8).buffer).getBigUint64(0, true);
  }

  /** The port that it is bound to, as `getsockname(2)` tells. */
  get port(): number {
    const address = allocate(ADDRESS_SIZE);
    const length = int(ADDRESS_SIZE);
    this.call("getsockname", addressOf(address), addressOf(length));
    keepAlive(address, length);
    return new DataView(address.buffer).getUint16(2);
  }

  /** Makes a system call on the socket. */
  call(name: Call, ...args: Word[]): number {
    return checked(call(name, this.fd, ...args), name, `${name} a socket`);
  }

  /** `getsockopt(2)`. */
  option(level: number, option: number, size: number): Uint8Array<ArrayBuffer> {
    const value = allocate(size);
    const length = int(size);
    this.call("getsockopt", level, option, addressOf(value), addressOf(length));
    keepAlive(value, length);
    return value;
  }

  /** `setsockopt(2)`. */
  setOption(level: number, option: number, value: number | Uint8Array<ArrayBuffer>): this {
    const bytes = typeof value === "number" ? int(value) : value;
    this.call("setsockopt", level, option, addressOf(bytes), bytes.length);
    keepAlive(bytes);
    return this;
  }

  /** Sends from a connected socket, or to a port of this machine. */
  send(bytes: readonly number[], port?: number): void {
    const to = port === undefined ? new Uint8Array(0) : loopback(port);
    const data = allocate(bytes.length);
    data.set(bytes);
    this.call("sendto", addressOf(data), data.length, 0, addressOf(to), to.length);
    keepAlive(data, to);
  }

  /** What has arrived, of up to 64 bytes; `undefined` where nothing. */
  receive(): number[] | undefined {
    const bytes = allocate(64);
    const count = call("recvfrom", this.fd, addressOf(bytes), bytes.length, DONTWAIT, 0, 0);
    keepAlive(bytes);
    return count < 0 ? undefined : [...bytes.subarray(0, count)];
  }

  [Symbol.dispose](): void {
    this.descriptor.close();
  }
}

/** An `int` in memory. */
function int(value: number): Uint8Array<ArrayBuffer> {
  const bytes = allocate(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

/** `struct sockaddr_in` of a port of this machine. */
function loopback(port: number): Uint8Array<ArrayBuffer> {
  const address = allocate(ADDRESS_SIZE);
  address.set([AF_INET, 0, port >> 8, port & 0xff, ...LOOPBACK]);
  return address;
}

function bind(socket: Socket, port: number): void {
  const address = loopback(port);
  socket.call("bind", addressOf(address), address.length);
  keepAlive(address);
}

/** A UDP socket, at a port that is free unless one is given. */
export function udpSocket(port = 0, options: readonly number[] = []): Socket {
  using undo = new DisposableStack();
  const socket = undo.use(new Socket(AF_INET, DATAGRAM));
  for (const option of options) socket.setOption(SOL_SOCKET, option, 1);
  bind(socket, port);
  undo.move();
  return socket;
}

/** A TCP connection within this machine. */
export class Connection implements Disposable {
  readonly #resources: DisposableStack;
  readonly listener: Socket;
  readonly client: Socket;
  readonly server: Socket;

  constructor() {
    using undo = new DisposableStack();
    this.listener = undo.use(new Socket(AF_INET, STREAM));
    bind(this.listener, 0);
    this.listener.call("listen", 1);
    this.client = undo.use(new Socket(AF_INET, STREAM));
    const address = loopback(this.listener.port);
    this.client.call("connect", addressOf(address), address.length);
    keepAlive(address);
    const accepted = this.listener.call("accept4", 0, 0, CLOEXEC);
    this.server = undo.use(new Socket(AF_INET, STREAM, accepted));
    this.#resources = undo.move();
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}
