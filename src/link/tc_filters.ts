/**
 * The filters of traffic control that have programs.
 *
 * @module
 */
import { NotFoundError } from "../errors.ts";
import { deviceIndex } from "../kernel/mod.ts";
import { linkRequest, netlinkText } from "../sys/mod.ts";
import { type Filter, filterQdiscs, filtersOf } from "./_tc.ts";
import { describeFilters, describeKey, isAt, removeFilter } from "./_tc_filters.ts";
import { parseMark } from "./_mark.ts";
import { isAlive } from "./_owner.ts";
import type { TcxDirection } from "./tcx.ts";

/** The process of this library that attached a filter. */
export interface TcProcess {
  /** Its id in its PID namespace. */
  readonly pid: number;
  /** Whether it lives; `undefined` where its id is of another PID namespace, which cannot be looked into from here. */
  readonly alive: boolean | undefined;
}

/** A filter of kind `bpf`. */
export interface TcFilter {
  /** Filters with a lower one run before. */
  readonly priority: number;
  /** Tells filters of one priority apart. */
  readonly handle: number;
  /** The chain of filters that it is in: 0 but for those of `tc filter add … chain`. */
  readonly chain: number;
  /** The packets that it is for, as `ETH_P_…` of `include/uapi/linux/if_ether.h`: 3 is all. */
  readonly protocol: number;
  /** What it was called: of filters of this library, as the program; of `tc`, `filter.o:[section]`. */
  readonly name: string;
  /** The number that the kernel gave the program; `undefined` for classic BPF. */
  readonly programId: number | undefined;
  /** A hash of the program's instructions, 16 hex digits; empty for classic BPF. */
  readonly tag: string;
  /** Whether what the program returns is done with the packet; elsewhere it is a class. */
  readonly directAction: boolean;
  /** `undefined` where it was attached by other means than {@linkcode attachTc}. */
  readonly process: TcProcess | undefined;
}

/** A filter and where it is. */
export interface PlacedTcFilter extends TcFilter {
  /** The name of the network device. */
  readonly device: string;
  /** Which packets. */
  readonly direction: TcxDirection;
}

/**
 * The filters with programs of a network device, in the order in which they run, whoever attached them. Since Linux 4.13.
 *
 * @example
 * ```ts ignore
 * import { listTc } from "@waggle/ebpf";
 *
 * for (const { priority, handle, name, programId } of listTc("eth0", "ingress")) {
 *   console.log(priority, handle, name, programId);
 * }
 * ```
 *
 * @throws {NotFoundError} There is no such device; the message lists the closest names.
 */
export function listTc(device: string, direction: TcxDirection): TcFilter[] {
  return programFilters(device, deviceIndex(device), direction).map(toTcFilter);
}

/**
 * Removes a filter with a program, whoever attached it, and the qdisc where {@linkcode attachTc} made it and no filter is
 * left.
 *
 * @param filter One of {@linkcode listTc}, or its priority and handle.
 *
 * @throws {NotFoundError} There is no such filter, or no such device; the message lists those that are.
 * @throws {PermissionError} The process lacks `CAP_NET_ADMIN`.
 */
export function removeTc(
  device: string,
  direction: TcxDirection,
  filter: Pick<TcFilter, "priority" | "handle"> & Partial<Pick<TcFilter, "chain">>,
): void {
  const place = { device: deviceIndex(device), direction };
  const there = programFilters(device, place.device, direction);
  const action = `remove ${describeKey(filter)} from device "${device}" (${direction})`;
  const found = there.find((candidate) => isAt(candidate, filter));
  if (found === undefined || !removeFilter(action, place, found)) {
    throw new NotFoundError(`Cannot ${action}: it is not there: ${describeFilters(there)}`);
  }
}

/**
 * Removes the filters of {@linkcode attachTc} whose process has ended without closing them, from all devices of this
 * process's network namespace, and the qdiscs that it made for them. Returns what it removed.
 *
 * @example After scripts that were killed
 * ```ts ignore
 * import { cleanupTc } from "@waggle/ebpf";
 *
 * for (const { device, name, process } of cleanupTc()) console.log(device, name, process?.pid);
 * ```
 *
 * @throws {PermissionError} The process lacks `CAP_NET_ADMIN`.
 */
export function cleanupTc(): PlacedTcFilter[] {
  const removed: PlacedTcFilter[] = [];
  for (const { device: index } of filterQdiscs("list the qdiscs of all devices")) {
    const device = deviceName(index);
    for (const direction of ["ingress", "egress"] as const) {
      for (const filter of programFilters(device, index, direction)) {
        const shown = toTcFilter(filter);
        const action = `remove ${describeKey(filter)} from device "${device}" (${direction})`;
        if (shown.process?.alive === false && removeFilter(action, { device: index, direction }, filter)) {
          removed.push({ ...shown, device, direction });
        }
      }
    }
  }
  return removed;
}

function programFilters(device: string, index: number, direction: TcxDirection): Filter[] {
  return filtersOf(`list the filters of device "${device}" (${direction})`, { device: index, direction })
    .filter(({ kind }) => kind === "bpf");
}

function toTcFilter({ kind: _, ...filter }: Filter): TcFilter {
  const mark = parseMark(filter.name);
  return {
    ...filter,
    name: mark?.program ?? filter.name,
    process: mark && { pid: mark.owner.pid, alive: isAlive(mark.owner) },
  };
}

/** `IFLA_IFNAME` of `include/uapi/linux/if_link.h`. */
const NAME = 3;

function deviceName(index: number): string {
  const name = linkRequest(`name device ${index}`, "GETLINK", index).get(NAME);
  return name === undefined ? `${index}` : netlinkText(name);
}
