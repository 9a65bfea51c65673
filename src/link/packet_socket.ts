/**
 * Sockets that see the frames of a network device.
 *
 * @module
 */
import { PermissionError, SyscallError } from "../errors.ts";
import { deviceIndex } from "../kernel/mod.ts";
import {
  allocate,
  bindSocket,
  type Descriptor,
  ERRNO,
  openReadable,
  openSocket,
  type Readable,
  receiveFrom,
  sendTo,
} from "../sys/mod.ts";

const AF_PACKET = 17;
const SOCK_RAW = 3;
/** `struct sockaddr_ll`, in bytes, and where it has the type of the packet. */
const ADDRESS_SIZE = 20;
const TYPE_AT = 10;
const ETH_P_ALL = 3;
const PACKET_OUTGOING = 4;
/** The longest frame there is, headers included, in bytes. */
const LONGEST_FRAME = 0x1_0000 + 256;

/** A frame that a device received or sent. */
export interface Frame {
  /** From the link header on; as long as the socket's filter lets it be. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Whether the device sent it. */
  readonly outgoing: boolean;
}

/** A socket that gets a copy of every frame of a network device that its filter lets through. */
export class PacketSocket implements Disposable, AsyncIterable<Frame> {
  /** The descriptor, for system calls. */
  readonly descriptor: Descriptor;
  readonly #buffer = allocate(LONGEST_FRAME);
  #readable: Readable | undefined;

  /** Takes the descriptor over. */
  constructor(descriptor: Descriptor) {
    this.descriptor = descriptor;
  }

  /** The next frame; `undefined` where none has come. */
  read(): Frame | undefined {
    const received = receiveFrom(this.descriptor, this.#buffer);
    return received && {
      data: this.#buffer.slice(0, received.length),
      outgoing: received.from.getUint8(TYPE_AT) === PACKET_OUTGOING,
    };
  }

  /** Sends a frame, from the link header on. */
  send(frame: Uint8Array): void {
    sendTo(this.descriptor, frame);
  }

  /** The frames as they come, until the socket is closed. */
  async *[Symbol.asyncIterator](): AsyncIterator<Frame> {
    this.#readable ??= openReadable(this.descriptor.fd);
    while (!this.descriptor.closed) {
      const frame = this.read();
      if (frame) yield frame;
      else if (!await this.#readable.wait()) return;
    }
  }

  /** Closes the socket; ends whoever reads it. */
  close(): void {
    this.#readable?.[Symbol.dispose]();
    this.descriptor.close();
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Opens a socket for the frames of a network device (`AF_PACKET`), those that it sends among them.
 *
 * @param device The name of the device in this process's network namespace: `eth0`.
 *
 * @throws {NotFoundError} There is no such device; the message lists the closest names.
 * @throws {PermissionError} The process lacks `CAP_NET_RAW`.
 */
export function packetSocket(device: string): PacketSocket {
  const index = deviceIndex(device);
  const what = `a packet socket of device "${device}"`;
  using undo = new DisposableStack();
  const socket = undo.use(openPacketSocket(what));
  const address = new DataView(new ArrayBuffer(ADDRESS_SIZE));
  new Uint16Array(address.buffer, 0, 1)[0] = AF_PACKET;
  address.setUint16(2, ETH_P_ALL);
  new Int32Array(address.buffer, 4, 1)[0] = index;
  bindSocket(socket, new Uint8Array(address.buffer));
  undo.move();
  return new PacketSocket(socket);
}

/** Without a protocol at first: it would get the frames of all devices until it is bound. */
function openPacketSocket(what: string): Descriptor {
  try {
    return openSocket(what, AF_PACKET, SOCK_RAW, 0);
  } catch (cause) {
    if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.EPERM) throw cause;
    throw new PermissionError(`Cannot open ${what}: not permitted: it needs CAP_NET_RAW: run it as root`, {
      cause,
    });
  }
}
