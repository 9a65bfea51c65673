/**
 * Changes of headers, and of the checksums that these count for: by what they change, as RFC 1624 has it.
 *
 * @module
 */
import {
  add,
  and,
  call,
  jeq,
  jne,
  ldx,
  lsh,
  mov,
  or,
  r0,
  r1,
  r10,
  r2,
  r3,
  r4,
  r5,
  rsh,
  stx,
  xor,
} from "../../asm/mod.ts";
import { type HeaderName, HEADERS, PACKETS } from "../ir/packet.ts";
import type { Address, Effect } from "../ir/tree.ts";
import { addressOnStack } from "./addresses.ts";
import { stepsOf } from "./bytes.ts";
import { CONTEXT, type Emitter } from "./emitter.ts";
import { emitHeader, packetOf } from "./packets.ts";
import { TRANSPORT_END } from "./parse.ts";
import { widthOf } from "./registers.ts";

type Write = Extract<Effect, { kind: "writeHeader" }>;

/** A checksum that a part of a header counts for, and whether it does as a part of the pseudo header. */
interface Sum {
  readonly header: HeaderName;
  readonly isPseudo: boolean;
}

/** Where the addresses are that count for checksums of the transport layer, in bytes. */
const ADDRESSES: Readonly<Record<string, readonly [from: number, to: number]>> = {
  ipv4: [12, 20],
  ipv6: [8, 40],
};
const SUMMED: Readonly<Record<string, readonly HeaderName[]>> = {
  ipv4: ["tcp", "udp"],
  ipv6: ["tcp", "udp", "icmpv6"],
};

/** The checksums that a part counts for. */
function sumsOf({ header, offset, size }: Write): Sum[] {
  const own = HEADERS[header].checksum;
  const sums: Sum[] = own === undefined || own === offset ? [] : [{ header, isPseudo: false }];
  const [from = 0, to = 0] = ADDRESSES[header] ?? [];
  if (offset < to && offset + size > from) {
    for (const summed of SUMMED[header] ?? []) sums.push({ header: summed, isPseudo: true });
  }
  return sums;
}

/** Changes a part of a header, where the packet has the header. */
export function emitWrite(emitter: Emitter, write: Write): void {
  const { code, frame } = emitter;
  const { header, offset, size, value, place } = write;
  const sums = sumsOf(write);
  frame.within(() => {
    const end = code.label();
    const valueAt = valueOnStack(emitter, value);
    const change = sums.length > 0 ? frame.allocate(8, place) : 0;
    code.at(place);
    emitHeader(emitter, header, end);
    const words: number[] = [];
    for (let at = offset & ~1; at < offset + size; at += 2) words.push(at);
    if (sums.length > 0) {
      code.add(mov(r3, 0));
      for (const at of words) code.add(ldx("u16", r4, [r0, at]), xor(r4, 0xffff), add(r3, r4));
    }
    emitStore(emitter, write, valueAt);
    if (sums.length > 0) {
      for (const at of words) code.add(ldx("u16", r4, [r0, at]), add(r3, r4));
      code.add(stx("u64", [r10, change], r3));
    }
    for (const sum of sums) emitSum(emitter, sum, change, header === "ipv6");
    code.place(end);
  });
}

function isAddress(value: Write["value"]): value is Address {
  return value.type.kind === "address";
}

/** Where the value is on the stack, put there. */
function valueOnStack(emitter: Emitter, value: Write["value"]): number {
  if (isAddress(value)) return addressOnStack(emitter, value);
  const slot = emitter.frame.allocate(8, value.place);
  emitter.scalar(value);
  emitter.code.add(stx("u64", [r10, slot], r0));
  return slot;
}

/** Stores what is on the stack in the header at r0. */
function emitStore({ code }: Emitter, { offset, size, bits, value }: Write, valueAt: number): void {
  if (isAddress(value)) {
    for (const { at, size: step } of stepsOf(0, size)) {
      code.add(ldx(widthOf(step), r4, [r10, valueAt + at]), stx(widthOf(step), [r0, offset + at], r4));
    }
    return;
  }
  const width = widthOf(size as 1 | 2 | 4 | 8);
  code.add(ldx("u64", r5, [r10, valueAt]));
  if (bits) {
    const mask = 2 ** bits.width - 1;
    code.add(ldx(width, r4, [r0, offset]), and(r4, ~(mask << bits.shift)));
    code.add(and(r5, mask), lsh(r5, bits.shift), or(r5, r4));
  }
  code.add(stx(width, [r0, offset], r5));
}

/** `BPF_F_PSEUDO_HDR` and `BPF_F_MARK_MANGLED_0` of `include/uapi/linux/bpf.h`. */
const PSEUDO = 0x10;
const MANGLED_0 = 0x20;

/** Changes a checksum by the change, a sum of 16 bits each, where the packet has it. */
function emitSum(emitter: Emitter, { header, isPseudo }: Sum, change: number, isIpv6: boolean): void {
  const { code } = emitter;
  const { kind, parsed } = packetOf(emitter);
  const { layer, checksum = 0 } = HEADERS[header];
  const none = code.label();
  emitHeader(emitter, header, none);
  if (PACKETS[kind].isBuffer && layer === "transport") {
    // The kernel knows whether a device is to fill it in, and has filled in that of the whole packet
    code.add(mov(r1, CONTEXT), ldx("u16", r2, [r10, parsed.transportAt]), and(r2, TRANSPORT_END - 1));
    code.add(add(r2, checksum), mov(r3, 0), ldx("u64", r4, [r10, change]));
    code.add(
      mov(r5, (isPseudo ? PSEUDO : 0) | (header === "udp" ? MANGLED_0 : 0)),
      call("bpf_l4_csum_replace"),
    );
    // Beside that of IPv4, no checksum makes up for the changed address: the sum of the whole stays what it was, and the
    // helper takes it to have changed
    if (isPseudo && isIpv6) {
      code.add(mov(r1, CONTEXT), ldx("u64", r2, [r10, change]), call("bpf_csum_update"));
    }
  } else {
    code.add(ldx("u16", r4, [r0, checksum]));
    if (header === "udp") code.jump(jeq(r4, 0, 0), none); // it has none
    code.add(ldx("u64", r3, [r10, change]), xor(r4, 0xffff), add(r4, r3));
    for (let i = 0; i < 2; i++) code.add(mov(r5, r4), rsh(r5, 16), and(r4, 0xffff), add(r4, r5));
    code.add(xor(r4, 0xffff));
    if (header === "udp") {
      const some = code.label();
      code.jump(jne(r4, 0, 0), some);
      code.add(mov(r4, 0xffff));
      code.place(some);
    }
    code.add(stx("u16", [r0, checksum], r4));
  }
  code.place(none);
}
