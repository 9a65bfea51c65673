/** Helpers for packets. */
import { BPF_MAP_TYPE } from "../uapi/mod.ts";
import { add, fold, partial, replace, replace16, replaceByDifference } from "./_checksum.ts";
import { seesEthernet } from "./_context.ts";
import type { Engine } from "./_engine.ts";
import { Fault } from "./_memory.ts";
import type { Native, Natives } from "./_native.ts";
import { ETHERNET_SIZE, type Packet } from "./_packet.ts";
import { ERRNO } from "./_store.ts";

/** Before the headroom that XDP programs may use (`sizeof(struct xdp_frame)`). */
const XDP_FRAME_SIZE = 40;
/** The most that metadata may take (`xdp_metalen_invalid`). */
const MOST_METADATA = 252;
const INT_MAX = 0x7fff_ffff;
/** Actions: include/uapi/linux/bpf.h and pkt_cls.h. */
const XDP_ABORTED = 0;
const XDP_REDIRECT = 4;
const TC_ACT_SHOT = 2;
const TC_ACT_REDIRECT = 7;
/** `BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS`, of maps of devices. */
const BROADCAST_FLAGS = 24n;
const ACTION_MASK = 3n;

function packetOf(engine: Engine): Packet {
  const { packet, high } = engine.scene;
  if (engine.high[1] !== high || engine.low[1] !== 0) throw new Fault("r1 does not point to the context");
  if (packet === undefined) throw new Fault("asks for a packet, which this type of program has not");
  return packet;
}

function load(failure: number): Native {
  return [4, (engine) => {
    const packet = packetOf(engine);
    const size = engine.low[4]! >>> 0;
    const into = engine.bytes(3, size, true);
    const from = packet.part(engine.low[2]! >>> 0, size);
    if (from === undefined) {
      if (engine.kind === "skb") into.fill(0);
      return failure;
    }
    into.set(from);
    return 0;
  }];
}

function store(failure: number): Native {
  return [4, (engine) => {
    const packet = packetOf(engine);
    if (engine.kind === "skb" && (engine.get(5) & ~3n) !== 0n) return -ERRNO.EINVAL;
    const size = engine.low[4]! >>> 0;
    const from = engine.bytes(3, size);
    const offset = engine.low[2]! >>> 0;
    if (offset > INT_MAX) return -ERRNO.EFAULT;
    const into = packet.part(offset, size);
    if (into === undefined) return failure;
    into.set(from);
    return 0;
  }];
}

function csumDiff(engine: Engine): number {
  const [fromSize, toSize] = [engine.low[2]! >>> 0, engine.low[4]! >>> 0];
  if ((fromSize | toSize) & 3) return -ERRNO.EINVAL;
  const seed = engine.low[5]! >>> 0;
  const from = engine.bytes(1, fromSize);
  const to = engine.bytes(3, toSize);
  if (fromSize > 0 && toSize > 0) return fold(add(partial(to, seed), ~partial(from, 0)));
  if (toSize > 0) return fold(partial(to, seed));
  return fold(fromSize > 0 ? ~partial(from, ~seed) : seed);
}

/** `bpf_l3_csum_replace()` and, with more flags, `bpf_l4_csum_replace()`. */
function csumReplace(valid: bigint, mangledZero: boolean): Native {
  return [5, (engine) => {
    const packet = packetOf(engine);
    const flags = engine.get(5);
    const offset = engine.low[2]! >>> 0;
    if ((flags & ~valid) !== 0n) return -ERRNO.EINVAL;
    if (offset > 0xffff || offset % 2 !== 0) return -ERRNO.EFAULT;
    const bytes = packet.part(offset, 2);
    if (bytes === undefined) return -ERRNO.EFAULT;
    const view = new DataView(bytes.buffer, bytes.byteOffset, 2);
    const old = view.getUint16(0, true);
    const zero = mangledZero && (flags & 0x20n) !== 0n;
    if (zero && (flags & 0x40n) === 0n && old === 0) return 0;
    const [from, to] = [engine.low[3]! >>> 0, engine.low[4]! >>> 0];
    let sum: number;
    switch (flags & 0xfn) {
      case 0n:
        if (engine.get(3) !== 0n) return -ERRNO.EINVAL;
        sum = replaceByDifference(old, to);
        break;
      case 2n:
        sum = replace16(old, from, to);
        break;
      case 4n:
        sum = replace(old, from, to);
        break;
      default:
        return -ERRNO.EINVAL;
    }
    view.setUint16(0, zero && sum === 0 ? 0xffff : sum, true);
    return 0;
  }];
}

function adjustHead(engine: Engine): number {
  const packet = packetOf(engine);
  const by = engine.low[2]!;
  const data = packet.data + by;
  if (data < XDP_FRAME_SIZE + packet.data - packet.meta || data > packet.end - ETHERNET_SIZE) {
    return -ERRNO.EINVAL;
  }
  packet.move(by);
  return 0;
}

function adjustTail(engine: Engine): number {
  const packet = packetOf(engine);
  const end = packet.end + engine.low[2]!;
  const { region, data } = packet;
  if (end > region.bytes.length || end < data + ETHERNET_SIZE) return -ERRNO.EINVAL;
  if (end > region.end) region.bytes.fill(0, region.end, end);
  region.end = end;
  return 0;
}

function adjustMeta(engine: Engine): number {
  const packet = packetOf(engine);
  const start = packet.meta + engine.low[2]!;
  const size = packet.data - start;
  if (start < XDP_FRAME_SIZE || size < 0) return -ERRNO.EINVAL;
  if (size % 4 !== 0 || size > MOST_METADATA) return -ERRNO.EACCES;
  packet.region.start = start;
  return 0;
}

/** How long socket buffers get (`BPF_SKB_MAX_LEN`, which is `SKB_MAX_ALLOC`). */
const SKB_MAX_LENGTH = 16384 - 320;
/** Of `struct __sk_buff`. */
const LEN = 0;

function resize(engine: Engine, before: number, after: number): number {
  const packet = packetOf(engine);
  packet.resize(before, after);
  engine.scene.context.view.setUint32(LEN, packet.length, true);
  return 0;
}

function changeTail(engine: Engine): number {
  const packet = packetOf(engine);
  const length = engine.low[2]! >>> 0;
  // The network header stays (__bpf_skb_min_len).
  const least = seesEthernet(engine.type) ? ETHERNET_SIZE : 0;
  if (engine.get(3) !== 0n || length > SKB_MAX_LENGTH || length < least) return -ERRNO.EINVAL;
  return resize(engine, 0, length - packet.length);
}

function changeHead(engine: Engine): number {
  const packet = packetOf(engine);
  const more = engine.low[2]!;
  if (engine.get(3) !== 0n || more < 0 || packet.length + more > SKB_MAX_LENGTH) return -ERRNO.EINVAL;
  return resize(engine, more, 0);
}

function redirect(by: string): Native {
  return [2, (engine) => {
    const flags = engine.get(2);
    const xdp = engine.kind === "xdp";
    if ((flags & ~(xdp ? 0n : 1n)) !== 0n) return xdp ? XDP_ABORTED : TC_ACT_SHOT;
    engine.redirects.push({ by, to: engine.low[1]! >>> 0, flags });
    return xdp ? XDP_REDIRECT : TC_ACT_REDIRECT;
  }];
}

function redirectMap(engine: Engine): number {
  const map = engine.map(1);
  const flags = engine.get(3);
  const devices = map.type === BPF_MAP_TYPE.DEVMAP || map.type === BPF_MAP_TYPE.DEVMAP_HASH;
  if ((flags & ~(ACTION_MASK | (devices ? BROADCAST_FLAGS : 0n))) !== 0n) return XDP_ABORTED;
  const key = new DataView(new ArrayBuffer(4));
  key.setInt32(0, engine.low[2]!, true);
  const everywhere = (flags & BROADCAST_FLAGS & 8n) !== 0n;
  if (!everywhere && map.store.find(key, 0, 0) < 0) return Number(flags & ACTION_MASK);
  engine.redirects.push({ by: "bpf_redirect_map", map: map.name, to: engine.low[2]! >>> 0, flags });
  return XDP_REDIRECT;
}

function cloneRedirect(engine: Engine): number {
  const packet = packetOf(engine);
  const flags = engine.get(3);
  if ((flags & ~1n) !== 0n) return -ERRNO.EINVAL;
  const data = packet.region.bytes.slice(packet.data, packet.end);
  engine.redirects.push({ by: "bpf_clone_redirect", to: engine.low[2]! >>> 0, flags, data });
  return 0;
}

/** The helpers of this file. */
export const PACKET_HELPERS: Natives = {
  bpf_skb_load_bytes: load(-ERRNO.EFAULT),
  bpf_skb_store_bytes: [5, store(-ERRNO.EFAULT)[1]],
  bpf_xdp_load_bytes: load(-ERRNO.EINVAL),
  bpf_xdp_store_bytes: store(-ERRNO.EINVAL),
  bpf_skb_pull_data: [2, (engine) => (engine.low[2]! >>> 0) > packetOf(engine).length ? -ERRNO.ENOMEM : 0],
  bpf_skb_change_tail: [3, changeTail],
  bpf_skb_change_head: [3, changeHead],
  bpf_xdp_get_buff_len: [1, (engine) => packetOf(engine).length],
  bpf_csum_diff: [5, csumDiff],
  bpf_csum_update: [2, () => -ERRNO.ENOTSUPP], // no device gave packets a sum of the whole (CHECKSUM_COMPLETE)
  bpf_l3_csum_replace: csumReplace(0xfn, false),
  bpf_l4_csum_replace: csumReplace(0x7fn, true),
  bpf_xdp_adjust_head: [2, adjustHead],
  bpf_xdp_adjust_tail: [2, adjustTail],
  bpf_xdp_adjust_meta: [2, adjustMeta],
  bpf_redirect: redirect("bpf_redirect"),
  bpf_redirect_peer: redirect("bpf_redirect_peer"),
  bpf_redirect_map: [3, redirectMap],
  bpf_clone_redirect: [3, cloneRedirect],
};
