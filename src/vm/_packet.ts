/** The packet that a network program runs on. */
import { type Memory, type Region, region, viewOf } from "./_memory.ts";

/** Before the data of XDP programs (`XDP_PACKET_HEADROOM`). */
export const XDP_HEADROOM = 256;
/** A page, less the `struct skb_shared_info` at its end: how far packets of XDP programs grow. */
const XDP_ROOM = 4096 - 320;
/** Before the data of socket buffers (`NET_SKB_PAD`). */
export const SKB_HEADROOM = 64;
/** An Ethernet header (`ETH_HLEN`). */
export const ETHERNET_SIZE = 14;
/** Offsets from these on, which are negative, are from the start of the network or Ethernet header (`SKF_…_OFF`). */
const FROM_NETWORK = -0x10_0000;
const FROM_ETHERNET = -0x20_0000;

/** Bytes with room before and after them. */
export class Packet {
  readonly region: Region;
  /** The upper half of addresses in the packet. */
  readonly high: number;
  /** Where data starts; metadata, of which there may be none, goes up to it. */
  data: number;

  /** Copies the bytes, the first `pulled` of which come before the data. */
  constructor(memory: Memory, bytes: Uint8Array, headroom: number, pulled = 0) {
    const whole = new Uint8Array(Math.max(XDP_ROOM, headroom + bytes.length));
    whole.set(bytes, headroom);
    this.data = headroom + pulled;
    this.region = region("the packet", whole, { start: this.data, end: headroom + bytes.length });
    this.high = memory.add(this.region);
  }

  /** Where metadata starts. */
  get meta(): number {
    return this.region.start;
  }

  /** After the last byte. */
  get end(): number {
    return this.region.end;
  }

  /** The length of the data. */
  get length(): number {
    return this.region.end - this.data;
  }

  /** A part of the data; `undefined` where it has not all of that. */
  part(offset: number, size: number): Uint8Array | undefined {
    if (offset < 0 || offset + size > this.length) return undefined;
    return this.region.bytes.subarray(this.data + offset, this.data + offset + size);
  }

  /** A number as loads of old read it (`BPF_LD | BPF_ABS`): in the order of the network, from the data or a header. */
  load(size: number, offset: number, ethernet: number): number | undefined {
    const base = offset >= 0 ? this.data : offset >= FROM_NETWORK ? ethernet + ETHERNET_SIZE : ethernet;
    const from = offset >= 0 ? 0 : offset >= FROM_NETWORK ? FROM_NETWORK : FROM_ETHERNET;
    const at = base + offset - from;
    if (offset < FROM_ETHERNET || at + size > this.end) return undefined;
    const { view } = this.region;
    return size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at) : view.getUint32(at);
  }

  /** Moves the start of the data and the metadata before it. */
  move(by: number): void {
    const length = this.data - this.meta;
    if (length > 0) this.region.bytes.copyWithin(this.meta + by, this.meta, this.data);
    this.data += by;
    this.region.start += by;
  }

  /** Adds zeroes before the data and after it, or takes bytes from its end. Programs get the new place from the context. */
  resize(before: number, after: number): void {
    const { bytes } = this.region;
    const length = this.length + before + after;
    const whole = new Uint8Array(Math.max(bytes.length, this.data + length));
    const kept = bytes.subarray(this.data, Math.min(this.end, this.end + after));
    whole.set(bytes.subarray(0, this.data));
    whole.set(kept, this.data + before);
    if (before > 0) whole.fill(0, this.data, this.data + before);
    this.region.bytes = whole;
    this.region.view = viewOf(whole);
    this.region.end = this.data + length;
  }
}
