/** Packets as they are on the wire. */

/** A packet of UDP over IPv4, with nothing in it. */
export function udpPacket(source: string, port: number): Uint8Array {
  const bytes = new Uint8Array(42);
  const view = new DataView(bytes.buffer);
  view.setUint16(12, 0x0800); // ETH_P_IP
  view.setUint8(14, 0x45);
  view.setUint8(23, 17); // IPPROTO_UDP
  bytes.set(source.split(".").map(Number), 26);
  view.setUint16(36, port);
  return bytes;
}
