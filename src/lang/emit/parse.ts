/**
 * Where the headers of a packet are: looked for once, before all else, and kept on the stack.
 *
 * What is found is stored by halves of slots that the verifier does not follow, so that it goes through the function once, not
 * once for every kind of packet.
 *
 * @module
 */
import {
  add,
  and,
  call,
  type Instruction,
  ja,
  jeq,
  jge,
  jgt,
  jle,
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
  r5,
  st,
  stx,
} from "../../asm/mod.ts";
import { LITTLE_ENDIAN } from "../../codec/mod.ts";
import { START } from "../ir/place.ts";
import { HEADERS, type PacketKind, PACKETS, SK_BUFF } from "../ir/packet.ts";
import type { PacketUse } from "../ir/program.ts";
import type { Code, Label } from "./code.ts";
import { CONTEXT } from "./emitter.ts";
import type { Frame } from "./frame.ts";

/** Where on the stack is what was found, in bytes from r10. What was not found is 0. */
export interface Parsed {
  /** 16 bits: in bytes from the start of the packet, which may have tags. */
  readonly networkAt: number;
  /** 16 bits, in network order as the packet has it. */
  readonly etherType: number;
  /** 16 bits: in bytes from the start of the packet, below {@linkcode TRANSPORT_END}. */
  readonly transportAt: number;
  /** 8 bits. */
  readonly protocol: number;
}

/** A power of two that the offset is below. */
export const TRANSPORT_END = 4096;

/** How much of a packet is to be where programs read it, in bytes: headers of Ethernet, IPv6 and TCP; of less, IPv4 and UDP. */
const LINEAR = { most: 74, least: 42 } as const;
/** How much is brought there where it is not: with tags, options of IPv4 and TCP, and some extensions of IPv6. */
const PULLED = 192;

const ETHERNET = { size: 14, type: 12 } as const;
/** `ETH_P_8021Q` and `ETH_P_8021AD`. */
const TAGS = [0x8100, 0x88a8] as const;
const TAG_SIZE = 4;
const MOST_TAGS = 2;

const IPV4 = { fragment: 6, protocol: 9 } as const;
/** The offset of a fragment: `IP_OFFSET` of `include/net/ip.h`. */
const FRAGMENT_OFFSET = 0x1fff;

const IPV6 = { nextHeader: 6 } as const;
/** Hop-by-hop options, routing, destination options, mobility, HIP, shim6: RFC 7045. Their length is in 8 bytes, without the first. */
const EXTENSIONS = [0, 43, 60, 135, 139, 140] as const;
/** Its length is in 4 bytes, without the first two: RFC 4302. */
const AUTHENTICATION = 51;
const FRAGMENT = 44;
const FRAGMENT_OFFSET_V6 = 0xfff8;
const EXTENSION_SIZE = 8;
const MOST_EXTENSIONS = 8;
/** Where the last extension may start, in bytes: it has up to 2048. */
const LAST_EXTENSION = 2000;

/** In network order, as the packet has it. */
export function bigEndian16(value: number): number {
  return LITTLE_ENDIAN ? (value & 0xff) << 8 | value >> 8 : value;
}

/** Looks for the headers, as far as the function asks for them. */
export function emitParse(code: Code, frame: Frame, { kind, finds }: PacketUse): Parsed {
  if (finds === "link") return { networkAt: 0, etherType: 0, transportAt: 0, protocol: 0 };
  const network = frame.allocate(8, START);
  const transport = finds === "transport" ? frame.allocate(8, START) : network;
  const parsed: Parsed = {
    networkAt: network + 2,
    etherType: network + 4,
    transportAt: transport + 2,
    protocol: transport + 4,
  };
  const end = code.label();
  code.add(st("u64", [r10, network], 0), ...transport === network ? [] : [st("u64", [r10, transport], 0)]);
  if (kind === "tc") pull(code);
  if (PACKETS[kind].startsWith === "ethernet") link(code, kind, parsed, end);
  else code.add(ldx("u32", r4, [CONTEXT, SK_BUFF.protocol]), stx("u16", [r10, parsed.etherType], r4));
  if (finds === "transport") behindNetwork(code, kind, parsed, end);
  code.place(end);
  return parsed;
}

function behindNetwork(code: Code, kind: PacketKind, parsed: Parsed, end: Label): void {
  const [v6, found] = [code.label(), code.label()];
  toNetwork(code, kind, parsed);
  code.add(ldx("u16", r4, [r10, parsed.etherType]));
  code.jump(jeq(r4, bigEndian16(HEADERS.ipv6.number), 0), v6);
  code.jump(jne(r4, bigEndian16(HEADERS.ipv4.number), 0), end);
  ipv4(code, end);
  code.jump(ja(0), found);
  code.place(v6);
  ipv6(code, kind, parsed, found, end);
  code.place(found);
  code.add(stx("u16", [r10, parsed.transportAt], r3), stx("u8", [r10, parsed.protocol], r5));
}

/**
 * Puts the address of the header of the network layer into r1, that of the packet's end into r2, and how many bytes come before
 * into r3. Constants are added: programs without `CAP_PERFMON` may not add anything else to an address of a packet.
 */
export function toNetwork(code: Code, kind: PacketKind, { networkAt }: Parsed): void {
  code.add(...ends(kind), ldx("u16", r3, [r10, networkAt]));
  if (PACKETS[kind].startsWith === "network") return;
  const there = code.label();
  code.add(add(r1, ETHERNET.size));
  for (let tags = 1; tags <= MOST_TAGS; tags++) {
    code.jump(jlt(r3, ETHERNET.size + tags * TAG_SIZE, 0), there);
    code.add(add(r1, TAG_SIZE));
  }
  code.place(there);
}

/** Puts the start of the packet into r1, and its end into r2. */
export function ends(kind: PacketKind): Instruction[] {
  const { data, dataEnd } = PACKETS[kind];
  return [ldx("u32", r2, [CONTEXT, dataEnd]), ldx("u32", r1, [CONTEXT, data])];
}

/** Has the start of a packet brought to where programs read it, unless it is there already. */
function pull(code: Code): void {
  const [long, wanted, there] = [code.label(), code.label(), code.label()];
  code.add(...ends("tc"), mov(r0, r1), add(r0, LINEAR.most));
  code.jump(jle(r0, r2, 0), there);
  code.add(ldx("u32", r3, [CONTEXT, SK_BUFF.length]));
  code.jump(jge(r3, LINEAR.most, 0), long);
  code.add(mov(r0, r1), add(r0, LINEAR.least));
  code.jump(jle(r0, r2, 0), there);
  code.place(long);
  code.jump(jle(r3, PULLED, 0), wanted);
  code.add(mov(r3, PULLED));
  code.place(wanted);
  code.add(mov(r1, CONTEXT), mov(r2, r3), call("bpf_skb_pull_data"));
  code.place(there);
}

/** Ethernet and tags of VLANs. */
function link(code: Code, kind: PacketKind, { networkAt, etherType }: Parsed, end: Label): void {
  code.add(...ends(kind));
  reaches(code, ETHERNET.size, end);
  code.add(ldx("u16", r4, [r1, ETHERNET.type]), mov(r3, ETHERNET.size));
  const untagged = code.label();
  for (let i = 0; i < MOST_TAGS; i++) {
    const at = ETHERNET.size + i * TAG_SIZE;
    const tagged = code.label();
    code.jump(jeq(r4, bigEndian16(TAGS[0]), 0), tagged);
    code.jump(jne(r4, bigEndian16(TAGS[1]), 0), untagged);
    code.place(tagged);
    reaches(code, at + TAG_SIZE, end);
    code.add(ldx("u16", r4, [r1, at + 2]), mov(r3, at + TAG_SIZE));
  }
  code.place(untagged);
  code.add(stx("u16", [r10, networkAt], r3), stx("u16", [r10, etherType], r4));
}

/** Goes on where the packet has so many bytes behind r1. */
function reaches(code: Code, size: number, missing: Label): void {
  code.add(mov(r0, r1), add(r0, size));
  code.jump(jgt(r0, r2, 0), missing);
}

/** From its header at r1 to the place of the next one in r3, and its number in r5; only the first fragment has one. */
function ipv4(code: Code, missing: Label): void {
  reaches(code, HEADERS.ipv4.size, missing);
  code.add(ldx("u16", r0, [r1, IPV4.fragment]), and(r0, bigEndian16(FRAGMENT_OFFSET)));
  code.jump(jne(r0, 0, 0), missing);
  // The length, in words of 4 bytes
  code.add(ldx("u8", r4, [r1, 0]), and(r4, 0xf), lsh(r4, 2));
  code.jump(jlt(r4, HEADERS.ipv4.size, 0), missing);
  code.add(ldx("u8", r5, [r1, IPV4.protocol]), add(r3, r4));
}

/** As {@linkcode ipv4}, behind the extensions. */
function ipv6(code: Code, kind: PacketKind, { transportAt }: Parsed, found: Label, missing: Label): void {
  const [next, again] = [code.label(), code.label()];
  const [fragment, authentication, extension] = [code.label(), code.label(), code.label()];
  reaches(code, HEADERS.ipv6.size, missing);
  code.add(ldx("u8", r5, [r1, IPV6.nextHeader]), add(r3, HEADERS.ipv6.size), mov(r4, 0));
  code.place(next);
  code.jump(jeq(r5, FRAGMENT, 0), fragment);
  code.jump(jeq(r5, AUTHENTICATION, 0), authentication);
  for (const number of EXTENSIONS) code.jump(jeq(r5, number, 0), extension);
  code.jump(ja(0), found);

  code.place(fragment);
  extensionAt(code, kind, missing);
  code.add(ldx("u16", r0, [r1, 2]), and(r0, bigEndian16(FRAGMENT_OFFSET_V6)));
  code.jump(jne(r0, 0, 0), missing);
  code.add(mov(r0, EXTENSION_SIZE));
  code.jump(ja(0), again);

  code.place(authentication);
  extensionAt(code, kind, missing);
  code.add(ldx("u8", r0, [r1, 1]), add(r0, 2), lsh(r0, 2));
  code.jump(ja(0), again);

  code.place(extension);
  extensionAt(code, kind, missing);
  code.add(ldx("u8", r0, [r1, 1]), add(r0, 1), lsh(r0, 3));

  code.place(again);
  code.add(
    ldx("u8", r5, [r1, 0]),
    add(r3, r0),
    stx("u16", [r10, transportAt], r3),
    ldx("u16", r3, [r10, transportAt]),
    add(r4, 1),
  );
  code.jump(jlt(r4, MOST_EXTENSIONS, 0), next);
  code.jump(ja(0), missing);
}

/** Puts the address of what is r3 bytes from the start into r1, where there is an extension. */
function extensionAt(code: Code, kind: PacketKind, missing: Label): void {
  code.jump(jgt(r3, LAST_EXTENSION, 0), missing);
  code.add(...ends(kind), add(r1, r3));
  reaches(code, EXTENSION_SIZE, missing);
}
