/**
 * Filters and qdiscs of network devices, as rtnetlink has them (`net/sched/cls_api.c`, `sch_api.c`).
 *
 * @module
 */
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import {
  NETLINK_FLAG,
  type NetlinkAttribute,
  netlinkAttributes,
  netlinkText,
  routeRequest,
} from "../sys/mod.ts";
import type { TcxDirection } from "./tcx.ts";

/** `TCA_…` of `include/uapi/linux/rtnetlink.h`. */
const KIND = 1;
const OPTIONS = 2;
const CHAIN = 11;
/** `TCA_BPF_…` of `include/uapi/linux/pkt_cls.h`, and `TCA_BPF_FLAG_ACT_DIRECT`. */
const BPF = { FD: 6, NAME: 7, FLAGS: 8, TAG: 10, ID: 11 } as const;
const DIRECT_ACTION = 1;

/** `TC_H_CLSACT`, and the handle of the only such qdisc of a device. */
const CLSACT_PARENT = 0xffff_fff1;
const CLSACT_HANDLE = 0xffff_0000;
/** `TC_H_MIN_INGRESS` and `TC_H_MIN_EGRESS` of it. */
const PARENTS: Readonly<Record<TcxDirection, number>> = { ingress: 0xffff_fff2, egress: 0xffff_fff3 };

/** `struct tcmsg`, in bytes, and where its fields are. */
const MESSAGE_SIZE = 20;
const AT = { device: 4, handle: 8, parent: 12, info: 16 } as const;

/** `ETH_P_ALL` of `include/uapi/linux/if_ether.h`. */
const ALL_PROTOCOLS = 3;

/** Where filters are. */
export interface FilterPlace {
  /** The index of the device. */
  readonly device: number;
  readonly direction: TcxDirection;
}

/** What finds a filter in its place. */
export interface FilterKey {
  readonly priority: number;
  readonly handle: number;
  /** 0 by default. */
  readonly chain?: number;
}

/** A filter of any kind, `bpf` or another. */
export interface Filter extends Required<FilterKey> {
  readonly kind: string;
  /** `ETH_P_…` of the packets that it is for. */
  readonly protocol: number;
  /** Of kind `bpf`: what it was called, its program and how it runs. */
  readonly name: string;
  readonly programId: number | undefined;
  readonly tag: string;
  readonly directAction: boolean;
}

/** A program and what to call its filter. */
export interface FilterProgram {
  readonly fd: number;
  readonly name: string;
}

/** All filters of a place, in the order in which they run. */
export function filtersOf(action: string, place: FilterPlace): Filter[] {
  const header = tcMessage(place.device, PARENTS[place.direction]);
  const answers = routeRequest(action, { type: "GETTFILTER", flags: NETLINK_FLAG.DUMP, header });
  // Filters of one priority have a message of their own before them
  return answers.map(readFilter).filter(({ handle }) => handle !== 0);
}

/**
 * Puts a program into a place in direct-action mode. A priority and a handle of 0 are the kernel's to choose.
 *
 * @param flags Of {@linkcode NETLINK_FLAG}: what to do where there is a filter, or none.
 */
export function setFilter(
  action: string,
  place: FilterPlace,
  { priority, handle }: FilterKey,
  { fd, name }: FilterProgram,
  flags: number,
): Filter {
  const [answer] = routeRequest(action, {
    type: "NEWTFILTER",
    flags: flags | NETLINK_FLAG.ECHO,
    header: tcMessage(place.device, PARENTS[place.direction], handle, priority, ALL_PROTOCOLS),
    attributes: [
      [KIND, "bpf"],
      [OPTIONS, [[BPF.FD, fd], [BPF.NAME, name], [BPF.FLAGS, DIRECT_ACTION]]],
    ],
  });
  if (answer === undefined) throw new Error(`Cannot ${action}: the kernel does not say what it made`);
  return readFilter(answer);
}

/** Removes a filter, whatever its kind and protocol. */
export function deleteFilter(action: string, place: FilterPlace, key: FilterKey): void {
  const { priority, handle, chain = 0 } = key;
  routeRequest(action, {
    type: "DELTFILTER",
    header: tcMessage(place.device, PARENTS[place.direction], handle, priority),
    attributes: chain === 0 ? [] : [[CHAIN, chain]],
  });
}

/** Makes the qdisc `clsact`; the kernel says `EEXIST` where the device has it, or `ingress` in its stead. */
export function createClsact(action: string, device: number): void {
  routeRequest(action, {
    type: "NEWQDISC",
    flags: NETLINK_FLAG.CREATE | NETLINK_FLAG.EXCL,
    header: tcMessage(device, CLSACT_PARENT, CLSACT_HANDLE),
    attributes: CLSACT,
  });
}

/** Removes the qdisc `clsact` with all its filters. */
export function deleteClsact(action: string, device: number): void {
  routeRequest(action, {
    type: "DELQDISC",
    header: tcMessage(device, CLSACT_PARENT, CLSACT_HANDLE),
    attributes: CLSACT,
  });
}

const CLSACT: readonly NetlinkAttribute[] = [[KIND, "clsact"]];

/** What a device has for filters: a qdisc `clsact` or `ingress`. */
export interface FilterQdisc {
  readonly device: number;
  readonly kind: string;
}

/** Those of all devices. */
export function filterQdiscs(action: string): FilterQdisc[] {
  return routeRequest(action, { type: "GETQDISC", flags: NETLINK_FLAG.DUMP, header: tcMessage(0, 0) })
    .filter((message) => message.getUint32(AT.parent, LITTLE_ENDIAN) === CLSACT_PARENT)
    .map((message) => ({
      device: message.getInt32(AT.device, LITTLE_ENDIAN),
      kind: text(netlinkAttributes(message, MESSAGE_SIZE), KIND),
    }));
}

function tcMessage(device: number, parent: number, handle = 0, priority = 0, protocol = 0): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt32(AT.device, device, LITTLE_ENDIAN);
  view.setUint32(AT.handle, handle, LITTLE_ENDIAN);
  view.setUint32(AT.parent, parent, LITTLE_ENDIAN);
  // The protocol is the lower half, in network byte order
  view.setUint32(AT.info, priority << 16, LITTLE_ENDIAN);
  view.setUint16(AT.info, protocol);
  return bytes;
}

const NO_ATTRIBUTES: ReadonlyMap<number, DataView> = new Map();

function readFilter(message: DataView): Filter {
  const attributes = netlinkAttributes(message, MESSAGE_SIZE);
  const kind = text(attributes, KIND);
  const options = attributes.get(OPTIONS);
  const bpf = kind === "bpf" && options !== undefined ? netlinkAttributes(options, 0) : NO_ATTRIBUTES;
  const number = (from: ReadonlyMap<number, DataView>, type: number) =>
    from.get(type)?.getUint32(0, LITTLE_ENDIAN);
  return {
    kind,
    priority: message.getUint32(AT.info, LITTLE_ENDIAN) >>> 16,
    protocol: message.getUint16(AT.info),
    handle: message.getUint32(AT.handle, LITTLE_ENDIAN),
    chain: number(attributes, CHAIN) ?? 0,
    name: text(bpf, BPF.NAME),
    programId: number(bpf, BPF.ID),
    tag: hex(bpf.get(BPF.TAG)),
    directAction: ((number(bpf, BPF.FLAGS) ?? 0) & DIRECT_ACTION) !== 0,
  };
}

function text(attributes: ReadonlyMap<number, DataView>, type: number): string {
  const value = attributes.get(type);
  return value === undefined ? "" : netlinkText(value);
}

function hex(value: DataView | undefined): string {
  if (value === undefined) return "";
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).toHex();
}
