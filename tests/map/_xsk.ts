/**
 * AF_XDP sockets of a test's own: `Documentation/networking/af_xdp.rst`.
 *
 * @module
 */
import { addressOf, allocate, keepAlive, native } from "../../ffi/mod.ts";
import { Mapping, pageSize, syscall, trySyscall } from "../../src/sys/mod.ts";
import { Socket } from "./_sockets.ts";

export const AF_XDP = 44;
export const RAW = 3;

const SOL_XDP = 283;
const MMAP_OFFSETS = 1;
const RX_RING = 2;
const UMEM_REG = 4;
const FILL_RING = 5;
const COMPLETION_RING = 6;
const RX_RING_AT = 0;
const FILL_RING_AT = 0x1_0000_0000;
const COPY = 2;

const FRAMES = 8;
const DESCRIPTOR_SIZE = 16;
const PRIVATE_ANONYMOUS = 0x22;

/** A socket that gets packets of the first queue of a device by copies. */
export class XdpSocket implements Disposable {
  readonly #resources: DisposableStack;
  readonly #socket: Socket;
  readonly #frames: DataView;
  readonly #received: DataView;
  readonly #producer: number;
  readonly #descriptors: number;

  /** Binds to the device of this index. */
  constructor(device: number) {
    using undo = new DisposableStack();
    const socket = this.#socket = undo.use(new Socket(AF_XDP, RAW));
    const length = FRAMES * pageSize();
    const address = BigInt(syscall("map memory", "mmap", 0, length, 3, PRIVATE_ANONYMOUS, -1, 0));
    undo.defer(() => trySyscall("munmap", address, length));
    this.#frames = new DataView(native().bufferAt(address, length));
    // struct xdp_umem_reg: address, length, size of a frame
    const umem = allocate(32);
    new BigUint64Array(umem.buffer).set([address, BigInt(length), BigInt(pageSize())]);
    socket.setOption(SOL_XDP, UMEM_REG, umem);
    for (const ring of [FILL_RING, COMPLETION_RING, RX_RING]) socket.setOption(SOL_XDP, ring, FRAMES);

    // struct xdp_ring_offset of the receive, transmit, fill and completion rings: producer, consumer, descriptors, flags
    const offsets = new DataView(socket.option(SOL_XDP, MMAP_OFFSETS, 128).buffer);
    const offset = (ring: number, field: number) => Number(offsets.getBigUint64(ring * 32 + field * 8, true));
    this.#producer = offset(0, 0);
    this.#descriptors = offset(0, 2);
    const map = (at: number, ring: number, size: number) =>
      new DataView(
        undo.use(
          new Mapping(socket.descriptor, {
            length: offset(ring, 2) + FRAMES * size,
            offset: at,
            writable: true,
          }),
        ).buffer,
      );
    this.#received = map(RX_RING_AT, 0, DESCRIPTOR_SIZE);
    const fill = map(FILL_RING_AT, 2, 8);
    for (let i = 0; i < FRAMES; i++) fill.setBigUint64(offset(2, 2) + i * 8, BigInt(i * pageSize()), true);
    fill.setUint32(offset(2, 0), FRAMES, true);

    // struct sockaddr_xdp: family, flags, index of the device, queue, another socket whose memory is shared
    const to = allocate(16);
    new Uint16Array(to.buffer).set([AF_XDP, COPY]);
    new Uint32Array(to.buffer).set([device], 1);
    socket.call("bind", addressOf(to), to.length);
    keepAlive(to);
    this.#resources = undo.move();
  }

  get fd(): number {
    return this.#socket.fd;
  }

  /** The packets that have come, up to as many as there are frames. */
  packets(): Uint8Array[] {
    const count = this.#received.getUint32(this.#producer, true);
    return Array.from({ length: Math.min(count, FRAMES) }, (_, i) => {
      // struct xdp_desc: address, length, options
      const at = this.#descriptors + i * DESCRIPTOR_SIZE;
      const address = Number(this.#received.getBigUint64(at, true));
      return new Uint8Array(this.#frames.buffer, address, this.#received.getUint32(at + 8, true)).slice();
    });
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}
