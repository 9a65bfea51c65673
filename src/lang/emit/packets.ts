/**
 * What packets have: headers, tags, and bytes anywhere. Addresses are found anew each time, once the verifier saw that the packet
 * is long enough: helpers that change packets make it forget them.
 *
 * @module
 */
import {
  add,
  and,
  call,
  ja,
  jeq,
  jgt,
  jlt,
  jne,
  ldx,
  lsh,
  mov,
  r0,
  r1,
  r10,
  r2,
  r3,
  r4,
  rsh,
  toBe,
} from "../../asm/mod.ts";
import { type HeaderName, HEADERS, PACKETS, SK_BUFF } from "../ir/packet.ts";
import type { PacketPart } from "../ir/tree.ts";
import type { Label } from "./code.ts";
import { CONTEXT, type Emitter, type PacketState } from "./emitter.ts";
import { bigEndian16, ends, toNetwork, TRANSPORT_END } from "./parse.ts";
import { widthOf } from "./registers.ts";

/** Computes a part of the packet into r0, or jumps where the packet has none. */
export function emitPacketPart(emitter: Emitter, part: PacketPart, missing: Label): void {
  switch (part.kind) {
    case "header":
      return emitHeader(emitter, part.header, missing);
    case "tag":
      return emitTag(emitter, part.index, missing);
    case "payload":
      return emitPayload(emitter, missing);
    case "packetBytes":
      return emitBytes(emitter, part, missing);
  }
}

/** What is known of the packet. */
export function packetOf({ packet }: Emitter): PacketState {
  if (packet) return packet;
  throw new TypeError("Cannot make code for a packet: the program has none");
}

/** Computes the address of a header into r0, or jumps where the packet has none. */
export function emitHeader(emitter: Emitter, header: HeaderName, missing: Label): void {
  const { code } = emitter;
  const { kind, parsed } = packetOf(emitter);
  const { layer, number, size } = HEADERS[header];
  if (layer === "link") {
    code.add(...ends(kind));
  } else if (layer === "network") {
    code.add(ldx("u16", r3, [r10, parsed.etherType]));
    code.jump(jne(r3, bigEndian16(number), 0), missing);
    toNetwork(code, kind, parsed);
  } else {
    code.add(ldx("u8", r3, [r10, parsed.protocol]));
    code.jump(jne(r3, number, 0), missing);
    code.add(
      ...ends(kind),
      ldx("u16", r3, [r10, parsed.transportAt]),
      and(r3, TRANSPORT_END - 1),
      add(r1, r3),
    );
  }
  code.add(mov(r0, r1), add(r1, size));
  code.jump(jgt(r1, r2, 0), missing);
}

const ETHERNET_SIZE = 14;
const TAG_SIZE = 4;
/** The number of a VLAN in a tag: `VLAN_VID_MASK`. */
const VLAN = 0xfff;

/** The number of a VLAN, the outermost first: of socket buffers, the kernel may have taken that out of the packet. */
function emitTag(emitter: Emitter, index: number, missing: Label): void {
  const { code } = emitter;
  const { kind } = packetOf(emitter);
  const end = code.label();
  if (PACKETS[kind].isBuffer) {
    const inside = code.label();
    code.add(ldx("u32", r0, [CONTEXT, SK_BUFF.vlanPresent]));
    code.jump(jeq(r0, 0, 0), inside);
    if (index === 0) code.add(ldx("u32", r0, [CONTEXT, SK_BUFF.vlanTci]), and(r0, VLAN));
    else emitInnerTag(emitter, index - 1, missing);
    code.jump(ja(0), end);
    code.place(inside);
  }
  emitInnerTag(emitter, index, missing);
  code.place(end);
}

function emitInnerTag(emitter: Emitter, index: number, missing: Label): void {
  const { code } = emitter;
  const { kind, parsed } = packetOf(emitter);
  const at = ETHERNET_SIZE + index * TAG_SIZE;
  code.add(ldx("u16", r0, [r10, parsed.networkAt]));
  code.jump(jlt(r0, at + TAG_SIZE, 0), missing);
  code.add(...ends(kind), mov(r0, r1), add(r0, at + TAG_SIZE));
  code.jump(jgt(r0, r2, 0), missing);
  code.add(ldx("u16", r0, [r1, at]), toBe(r0, 16), and(r0, VLAN));
}

/** Where TCP says how long its header is, in words of 4 bytes. */
const TCP_LENGTH = 12;

/** How many bytes come before what is behind the header of the transport layer. */
function emitPayload(emitter: Emitter, missing: Label): void {
  const { code } = emitter;
  const { parsed } = packetOf(emitter);
  const found = code.label();
  for (const [name, { layer, number, size }] of Object.entries(HEADERS)) {
    if (layer !== "transport") continue;
    const other = code.label();
    code.add(ldx("u8", r3, [r10, parsed.protocol]));
    code.jump(jne(r3, number, 0), other);
    if (name === "tcp") {
      emitHeader(emitter, "tcp", missing);
      code.add(ldx("u8", r0, [r0, TCP_LENGTH]), rsh(r0, 4), lsh(r0, 2));
      code.jump(jlt(r0, size, 0), missing);
    } else {
      code.add(mov(r0, size));
    }
    code.jump(ja(0), found);
    code.place(other);
  }
  code.jump(ja(0), missing);
  code.place(found);
  code.add(ldx("u16", r3, [r10, parsed.transportAt]), add(r0, r3));
}

/** How far packets are read as they are: `MAX_PACKET_OFF` of the verifier is more. */
const FARTHEST = 0x3fff;

/** A number in network order, anywhere. */
function emitBytes(
  emitter: Emitter,
  { offset, size, place }: Extract<PacketPart, { kind: "packetBytes" }>,
  missing: Label,
): void {
  const { code, frame } = emitter;
  const { kind } = packetOf(emitter);
  if (
    offset.kind === "constant" && offset.value >= 0 && offset.value <= FARTHEST && !PACKETS[kind].isBuffer
  ) {
    // Constants are what programs without CAP_PERFMON may add to an address of a packet
    const at = Number(offset.value);
    code.add(...ends(kind), mov(r0, r1), add(r0, at + size));
    code.jump(jgt(r0, r2, 0), missing);
    code.add(ldx(widthOf(size), r0, [r1, at]), ...size > 1 ? [toBe(r0, size === 2 ? 16 : 32)] : []);
    return;
  }
  emitter.scalar(offset);
  code.at(place);
  code.jump(jgt(r0, FARTHEST, 0), missing);
  if (PACKETS[kind].isBuffer) {
    frame.within(() => {
      const slot = frame.allocate(8, place);
      code.add(mov(r2, r0), mov(r3, r10), add(r3, slot), mov(r4, size), mov(r1, CONTEXT));
      code.add(call("bpf_skb_load_bytes"));
      code.jump(jne(r0, 0, 0), missing);
      code.add(ldx(widthOf(size), r0, [r10, slot]));
    });
  } else {
    code.add(...ends(kind), add(r1, r0), mov(r0, r1), add(r0, size));
    code.jump(jgt(r0, r2, 0), missing);
    code.add(ldx(widthOf(size), r0, [r1, 0]));
  }
  if (size > 1) code.add(toBe(r0, size === 2 ? 16 : 32));
}
