/**
 * The context of what sees packets.
 *
 * @module
 */
import type { Btf } from "../../btf/core.ts";
import { Fault, type Place } from "../ir/place.ts";
import { type HeaderName, HEADERS, type PacketKind, PACKETS, SK_BUFF } from "../ir/packet.ts";
import type { PacketUse } from "../ir/program.ts";
import type { Scalar } from "../ir/tree.ts";
import { type AddressType, type IntType, MAC, U32 } from "../ir/type.ts";
import { method } from "./arguments.ts";
import { constant, scalarOf } from "./convert.ts";
import { dataType, MOST_DATA } from "./data.ts";
import type { Environment } from "./environment.ts";
import type { Members } from "./members.ts";
import { optionalThing } from "./memory.ts";
import { scalarThing, type Thing } from "./thing.ts";
import { changeable } from "./writes.ts";

/** Where in the context of XDP it says the queue. */
const QUEUE = 16;

/** The numbers that are read anywhere in a packet. */
const SIZES: Readonly<Record<string, 1 | 2 | 4>> = { u8: 1, u16: 2, u32: 4 };

/** The packet that a function is called with; `undefined` where it is called with something else. */
export function packetOf({ context, types }: Environment): Packet | undefined {
  const kind = context.kind === "struct" ? context.packet : context.kind;
  return kind && Object.hasOwn(PACKETS, kind) ? new Packet(kind as PacketKind, types) : undefined;
}

/** A packet while the function is checked. */
export class Packet {
  readonly #kind: PacketKind;
  readonly #types: () => Btf;
  #finds: PacketUse["finds"] = "link";

  /** A packet of these programs. */
  constructor(kind: PacketKind, types: () => Btf) {
    this.#kind = kind;
    this.#types = types;
  }

  /** What the function does with it. */
  get use(): PacketUse {
    return { kind: this.#kind, finds: this.#finds };
  }

  /** What is known of it. */
  get members(): Members {
    const kind = this.#kind;
    const { device, isBuffer } = PACKETS[kind];
    const field = (offset: number) => (place: Place) =>
      scalarThing({ kind: "context", type: U32, place, offset, size: 4 });
    const headers = Object.keys(HEADERS).filter((name) =>
      PACKETS[kind].startsWith === "ethernet" || HEADERS[name as HeaderName].layer !== "link"
    );
    return {
      device: field(device),
      ...isBuffer
        ? { mark: field(SK_BUFF.mark), priority: field(SK_BUFF.priority) }
        : { queue: field(QUEUE) },
      length: isBuffer ? field(SK_BUFF.length) : (place) => scalarThing(bufferLength(place)),
      ...Object.fromEntries(headers.map((name) => [name, () => this.#header(name as HeaderName)])),
      vlan: () => method("vlan", [0, 1], ([index], place) => this.#vlan(index, place)),
      payloadOffset: (place) => {
        this.#find("transport");
        return { kind: "optional", value: { kind: "payload", type: { kind: "optional", of: U32 }, place } };
      },
      bytes: () =>
        method(
          "bytes",
          [2, 2],
          ([from, most], place) => capture(scalarOf(from as Thing, place), most as Thing, place),
        ),
      payload: () =>
        method("payload", [1, 1], ([most], place) => {
          this.#find("transport");
          const of = { kind: "payload", type: { kind: "optional", of: U32 }, place } as const;
          const nowhere = constant(BigInt(MOST_DATA), place);
          return capture({ kind: "orElse", type: U32, place, of, otherwise: nowhere }, most as Thing, place);
        }),
      load: () => method("load", [1, 2], (args, place) => load(args, place)),
      ...kind !== "cgroupSkb" && {
        redirect: () => method("redirect", [1, 1], ([to], place) => redirect(to as Thing, place)),
      },
    };
  }

  #header(name: HeaderName): Thing {
    return method(name, [0, 0], (_, place) => {
      this.#find(HEADERS[name].layer);
      const typeId = this.#types().find(HEADERS[name].struct, "struct")?.id ?? 0;
      const of = { kind: "pointer", typeId, space: "packet", trusted: true } as const;
      const header = { kind: "header", type: { kind: "optional", of }, place, header: name } as const;
      const members = optionalThing(this.#types, header);
      const base = { kind: "valueOf", type: of, place, of: header } as const;
      const thing = name === "arp" ? withArpAddresses(members, base) : members;
      return PACKETS[this.#kind].isWritable ? changeable(thing, () => this.#find("transport")) : thing;
    });
  }

  /** Looks for a layer at least. */
  #find(layer: PacketUse["finds"]): void {
    if (layer === "transport" || this.#finds === "link") this.#finds = layer;
  }

  #vlan(index: Thing | undefined, place: Place): Thing {
    this.#find("network");
    const number = index === undefined ? 0 : constantOf(index, place);
    if (number !== 0 && number !== 1) {
      throw new Fault(place, "vlan() is of tag 0, the outer one, or of tag 1");
    }
    const type = { kind: "optional", of: VLAN } as const;
    return { kind: "optional", value: { kind: "tag", type, place, index: number } };
  }
}

/** What is behind `struct arphdr` in packets of Ethernet and IPv4, as the kernel's comment in it has it: names and places. */
const ARP_ADDRESSES: Readonly<Record<string, readonly [offset: number, type: AddressType | IntType]>> = {
  ar_sha: [8, MAC],
  ar_sip: [14, { ...U32, shown: "ipv4" }],
  ar_tha: [18, MAC],
  ar_tip: [24, { ...U32, shown: "ipv4" }],
};

function withArpAddresses(thing: Thing, base: Scalar): Thing {
  if (thing.kind !== "optional" || !thing.members) return thing;
  const { members } = thing;
  return {
    ...thing,
    members: {
      ...members,
      member(name, place) {
        const [offset, type] = (Object.hasOwn(ARP_ADDRESSES, name) && ARP_ADDRESSES[name]) || [];
        if (offset === undefined || type === undefined) return members.member(name, place);
        if (type.kind === "address") {
          return { kind: "address", value: { kind: "addressAt", type, place, base, offset } };
        }
        return scalarThing({ kind: "load", type, place, address: base, offset, size: type.size });
      },
    },
  };
}

const VLAN: IntType = { kind: "int", size: 2, signed: false };

/** The number of a constant; -1 of all else. */
function constantOf(thing: Thing, place: Place): number {
  const value = scalarOf(thing, place);
  return value.kind === "constant" ? Number(value.value) : -1;
}

/** Programs without `CAP_PERFMON` may not subtract addresses. */
function bufferLength(place: Place): Scalar {
  return {
    kind: "helper",
    type: U32,
    place,
    helper: "bpf_xdp_get_buff_len",
    arguments: [{ kind: "contextItself" }],
  };
}

function capture(from: Scalar, most: Thing, place: Place): Thing {
  return { kind: "capture", value: { kind: "capture", type: dataType(most, place), place, from } };
}

function load([offset, type]: readonly Thing[], place: Place): Thing {
  const name = type === undefined
    ? "u8"
    : type.kind === "text" && type.value.kind === "textConstant"
    ? type.value.text
    : "";
  const size = Object.hasOwn(SIZES, name) ? SIZES[name] : undefined;
  if (!size) throw new Fault(place, `load() is of ${Object.keys(SIZES).join(", ")}`, 'load(12, "u16")');
  const of: IntType = { kind: "int", size, signed: false };
  return {
    kind: "optional",
    value: {
      kind: "packetBytes",
      type: { kind: "optional", of },
      place,
      offset: scalarOf(offset as Thing, place),
      size,
    },
  };
}

function redirect(to: Thing, place: Place): Thing {
  const flags: Scalar = { kind: "constant", type: U32, place, value: 0n };
  return scalarThing({
    kind: "helper",
    type: U32,
    place,
    helper: "bpf_redirect",
    arguments: [scalarOf(to, place), flags],
  });
}
