/** What the argument of a program points to, by its type: filled in before a run, read back after it. */
import { BPF_PROG_TYPE } from "../uapi/mod.ts";
import { type Memory, type Region, region, viewOf } from "./_memory.ts";
import { ETHERNET_SIZE, Packet, SKB_HEADROOM, XDP_HEADROOM } from "./_packet.ts";

/** Places of fields, in bytes: include/uapi/linux/bpf.h. */
const XDP_MD = { data: 0, data_end: 4, data_meta: 8, ingress_ifindex: 12, size: 24 } as const;
const SK_BUFF = {
  len: 0,
  pkt_type: 4,
  protocol: 16,
  ifindex: 40,
  data: 76,
  data_end: 80,
  data_meta: 140,
  wire_len: 160,
  size: 192,
} as const;

/** The fields that the kernel gives back after a test run, as offset and size (`convert_skb_to___skb`). */
const SK_BUFF_GIVEN_BACK = [[8, 4], [32, 4], [36, 4], [40, 4], [48, 20], [152, 8], [160, 4], [164, 4], [
  184,
  8,
]];
/** Of `lo`, on which test runs are. */
const LOOPBACK = 1;
/** `PACKET_HOST`, `PACKET_MULTICAST`, `PACKET_OTHERHOST`. */
const PACKET = { host: 0, multicast: 2, other: 3 } as const;

/** How programs see packets. */
export type PacketKind = "xdp" | "skb" | "none";

const SKB_TYPES: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE.SOCKET_FILTER,
  BPF_PROG_TYPE.SCHED_CLS,
  BPF_PROG_TYPE.SCHED_ACT,
  BPF_PROG_TYPE.CGROUP_SKB,
  BPF_PROG_TYPE.LWT_IN,
  BPF_PROG_TYPE.LWT_OUT,
  BPF_PROG_TYPE.LWT_XMIT,
  BPF_PROG_TYPE.LWT_SEG6LOCAL,
  BPF_PROG_TYPE.SK_SKB,
]);

/** How a type of program sees packets. */
export function packetKind(type: number): PacketKind {
  return type === BPF_PROG_TYPE.XDP ? "xdp" : SKB_TYPES.has(type) ? "skb" : "none";
}

/** Whether data starts with the Ethernet header (`is_l2` of `bpf_prog_test_run_skb`). */
export function seesEthernet(type: number): boolean {
  return type === BPF_PROG_TYPE.SCHED_CLS || type === BPF_PROG_TYPE.SCHED_ACT || type === BPF_PROG_TYPE.XDP;
}

/** What a run works on. */
export interface Scene {
  readonly context: Region;
  /** The upper half of the context's address. */
  readonly high: number;
  readonly packet?: Packet;
  /** The data after the run. */
  data(): Uint8Array;
  /** The context after the run. */
  contextAfter(): Uint8Array;
}

/** Sets up what a program of a type is given. */
export function setScene(
  memory: Memory,
  type: number,
  program: string,
  data: Uint8Array | undefined,
  context: Uint8Array | undefined,
): Scene {
  const kind = packetKind(type);
  if (kind === "none") return plain(memory, data, context, program);
  const bytes = data ?? new Uint8Array(0);
  if (bytes.length < ETHERNET_SIZE) {
    throw new RangeError(
      `Cannot run program "${program}": the packet has ${bytes.length} bytes, fewer than the ${ETHERNET_SIZE} of an Ethernet header`,
    );
  }
  return kind === "xdp"
    ? xdp(memory, bytes, context, program)
    : skb(memory, bytes, context, program, seesEthernet(type));
}

function plain(
  memory: Memory,
  data: Uint8Array | undefined,
  given: Uint8Array | undefined,
  program: string,
): Scene {
  if (data !== undefined) {
    throw new RangeError(`Cannot run program "${program}": its type takes a context instead of data`);
  }
  const context = region("the context", new Uint8Array(given ?? []));
  return {
    context,
    high: memory.add(context),
    data: () => new Uint8Array(0),
    contextAfter: () => new Uint8Array(context.bytes),
  };
}

function sized(given: Uint8Array | undefined, size: number, program: string): Uint8Array {
  const bytes = new Uint8Array(size);
  if (given === undefined) return bytes;
  if (given.length > size) {
    throw new RangeError(
      `Cannot run program "${program}": the context has ${given.length} bytes, more than ${size}`,
    );
  }
  bytes.set(given);
  return bytes;
}

/** `data` of the context is how much of the packet is metadata, as in test runs of the kernel. */
function xdp(memory: Memory, data: Uint8Array, given: Uint8Array | undefined, program: string): Scene {
  const bytes = sized(given, XDP_MD.size, program);
  const view = viewOf(bytes);
  const metadata = view.getUint32(XDP_MD.data, true);
  if (metadata > data.length || metadata % 4 !== 0 || view.getUint32(XDP_MD.data_meta, true) !== 0) {
    throw new RangeError(
      `Cannot run program "${program}": the context says that ${metadata} of ${data.length} bytes are metadata`,
    );
  }
  if (view.getUint32(XDP_MD.ingress_ifindex, true) === 0) {
    view.setUint32(XDP_MD.ingress_ifindex, LOOPBACK, true);
  }
  const packet = new Packet(memory, data, XDP_HEADROOM - metadata, metadata);
  packet.region.start = packet.data - metadata;
  const context = region("the context", bytes, {
    writable: false,
    pointers: new Map([
      [XDP_MD.data, () => packet.data],
      [XDP_MD.data_end, () => packet.end],
      [XDP_MD.data_meta, () => packet.meta],
    ]),
    target: packet.high,
  });
  return {
    context,
    packet,
    high: memory.add(context),
    data: () => packet.region.bytes.slice(packet.meta, packet.end),
    contextAfter: () => {
      const after = sized(given, XDP_MD.size, program);
      viewOf(after).setUint32(XDP_MD.data, packet.data - packet.meta, true);
      viewOf(after).setUint32(XDP_MD.data_end, packet.end - packet.meta, true);
      return after;
    },
  };
}

function skb(
  memory: Memory,
  data: Uint8Array,
  given: Uint8Array | undefined,
  program: string,
  ethernet: boolean,
): Scene {
  const bytes = sized(given, SK_BUFF.size, program);
  const packet = new Packet(memory, data, SKB_HEADROOM, ethernet ? 0 : ETHERNET_SIZE);
  const view = viewOf(bytes);
  view.setUint32(SK_BUFF.len, packet.length, true);
  view.setUint32(SK_BUFF.pkt_type, packetType(data), true);
  view.setUint32(SK_BUFF.protocol, viewOf(data).getUint16(12, true), true);
  if (view.getUint32(SK_BUFF.ifindex, true) === 0) view.setUint32(SK_BUFF.ifindex, LOOPBACK, true);
  if (view.getUint32(SK_BUFF.wire_len, true) === 0) view.setUint32(SK_BUFF.wire_len, packet.length, true);
  const context = region("the context", bytes, {
    pointers: new Map([
      [SK_BUFF.data, () => packet.data],
      [SK_BUFF.data_end, () => packet.end],
      [SK_BUFF.data_meta, () => packet.meta],
    ]),
    target: packet.high,
  });
  return {
    context,
    packet,
    high: memory.add(context),
    data: () => {
      const after = packet.region.bytes.slice(SKB_HEADROOM, packet.end);
      // The kernel puts zeroes in front for the header that it took off.
      if (!ethernet) after.fill(0, 0, ETHERNET_SIZE);
      return after;
    },
    contextAfter: () => {
      const after = sized(given, SK_BUFF.size, program);
      for (const [at = 0, size = 0] of SK_BUFF_GIVEN_BACK) after.set(bytes.subarray(at, at + size), at);
      return after;
    },
  };
}

/** By the destination, as `eth_type_trans` tells it for `lo`, whose own and broadcast addresses are zeroes. */
function packetType(data: Uint8Array): number {
  const destination = data.subarray(0, 6);
  if (((destination[0] ?? 0) & 1) !== 0) return PACKET.multicast;
  return destination.every((byte) => byte === 0) ? PACKET.host : PACKET.other;
}
