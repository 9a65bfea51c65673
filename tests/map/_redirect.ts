/**
 * What tests of redirecting packets share.
 *
 * @module
 */
import { bpftool, type Facts } from "../_bpf.ts";

/** `enum xdp_action`. */
export const XDP_DROP = 1;
export const XDP_REDIRECT = 4;

const ETHERNET = 14;
const IPV4 = 20;
const SIZE = 64;

/** The port whose packets the programs of `redirect.bpf.c` send to what a map has under the key. */
export function portOf(key: number): number {
  return 40_000 + key;
}

/** An Ethernet frame with an empty UDP datagram for the port of a key; its checksums are 0. */
export function packetTo(key: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint16(12, 0x0800); // the protocol: IPv4
  view.setUint8(ETHERNET, 0x45); // version 4, a header of 5 words
  view.setUint8(ETHERNET + 9, 17); // the protocol: UDP
  view.setUint16(ETHERNET + IPV4 + 2, portOf(key)); // the destination
  return bytes;
}

/** The elements of a map as bpftool dumps them, in the order of their keys: the key and the words of the value. */
export function dumped(id: number): number[][] {
  const elements = (bpftool("map", "dump", "id", id) as Facts[]).filter(({ value }) => Array.isArray(value));
  return elements.map(({ key, value }) => [...words(key), ...words(value)]).toSorted(([a = 0], [b = 0]) =>
    a - b
  );
}

function words(bytes: unknown): number[] {
  const { buffer } = Uint8Array.from(bytes as string[], Number);
  const view = new DataView(buffer);
  return Array.from({ length: buffer.byteLength / 4 }, (_, i) => view.getUint32(i * 4, true));
}
