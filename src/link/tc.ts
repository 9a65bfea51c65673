/**
 * Programs as filters of traffic control, as the command `tc` attaches them.
 *
 * @module
 */
import { NotSupportedError, SyscallError } from "../errors.ts";
import { deviceIndex } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { ERRNO, NETLINK_FLAG } from "../sys/mod.ts";
import {
  createClsact,
  deleteClsact,
  type Filter,
  type FilterPlace,
  filterQdiscs,
  filtersOf,
  setFilter,
} from "./_tc.ts";
import {
  allFiltersOf,
  describeAttachment,
  explainFilter,
  filterProgram,
  isAt,
  removeFilter,
} from "./_tc_filters.ts";
import { MarkedFilter } from "./_tc_attachment.ts";
import { markedProgram, newMark, parseMark } from "./_mark.ts";
import { isAlive } from "./_owner.ts";
import type { Attachment } from "./link.ts";
import type { TcxDirection } from "./tcx.ts";

/** Options of {@linkcode attachTc}. */
export interface TcOptions {
  /** From 1, which runs first, to 65535. By default the kernel takes one before all there are, 49152 to begin with. */
  readonly priority?: number;
  /**
   * Tells filters of one priority apart, of which the newest runs first: from 1 to 4294967295. By default the kernel takes
   * one.
   */
  readonly handle?: number;
  /**
   * Takes the place of the filter with this priority and handle, whoever attached it, without a moment in which neither
   * runs; makes one where there is none.
   */
  readonly replace?: boolean;
}

/** A filter with a program: what {@linkcode attachTc} returns. */
export interface TcAttachment extends Attachment {
  /** The name that the network device had. */
  readonly device: string;
  /** Which packets. */
  readonly direction: TcxDirection;
  /** Filters with a lower one run before. */
  readonly priority: number;
  /** Tells filters of one priority apart. */
  readonly handle: number;
  /**
   * Puts another program in the place of the attached one, without a moment in which neither runs.
   *
   * @throws {NotFoundError} The filter was removed, or another took its place.
   * @throws {TypeError} The program is of another type.
   * @throws {PermissionError} The process lacks `CAP_NET_ADMIN`.
   */
  update(program: Program): void;
  /**
   * Removes the filter, unless another took its place, and the qdisc where {@linkcode attachTc} made it and no filter is
   * left; harmless when it is closed already.
   *
   * @throws {PermissionError} The process lacks `CAP_NET_ADMIN`.
   */
  close(): void;
}

/**
 * Attaches a program to the packets of a network device (`BPF_PROG_TYPE_SCHED_CLS`) as a filter of the qdisc `clsact` in
 * direct-action mode, as `tc filter add … bpf direct-action` does. What the program returns is done with the packet;
 * `TC_ACT_UNSPEC` (-1) leaves it to the next filter. The qdisc is made where the device has none, and removed with the
 * last filter then. Since Linux 4.5.
 *
 * A filter is not tied to its process: it stays when that ends without closing it. {@linkcode attachTcx}, since Linux 6.6,
 * leaves nothing behind. What ended processes of this library left on a device is removed when a program of the same name
 * is attached there again, and by {@linkcode cleanupTc}.
 *
 * @param device The name of the device in this process's network namespace: `eth0`.
 *
 * @example Until the end of the block
 * ```ts ignore
 * import { attachTc, load } from "@waggle/ebpf";
 *
 * await using object = await load("filter.bpf.o");
 * using filter = attachTc(object.programs.get("filter"), "eth0", "ingress", { priority: 1 });
 * ```
 *
 * @throws {NotFoundError} There is no such device; the message lists the closest names.
 * @throws {TypeError} The program is of another type; `replace` lacks a priority or a handle.
 * @throws {RangeError} The priority or the handle is out of range.
 * @throws {NotSupportedError} The kernel lacks the qdisc `clsact`, or the device has `ingress` in its stead, which is for
 * packets that arrive alone.
 * @throws {PermissionError} The process lacks `CAP_NET_ADMIN`.
 * @throws {SyscallError} There is a filter of this priority and handle, which the message names; the kernel refuses for
 * another reason, which it tells.
 */
export function attachTc(
  program: Program,
  device: string,
  direction: TcxDirection,
  options: TcOptions = {},
): TcAttachment {
  const place = { device: deviceIndex(device), direction };
  const what = describeAttachment(program, device, place);
  const attempt = { what, program, device, place, ...checked(what, options) };
  try {
    return tryAttach(attempt) ?? attach(attempt);
  } catch (cause) {
    throw explainFilter(cause, what, program, place);
  }
}

/** 0 is the kernel's choice. */
function checked(what: string, { priority, handle, replace = false }: TcOptions): Required<TcOptions> {
  const check = (name: string, value: number | undefined, most: number) => {
    if (value === undefined || Number.isInteger(value) && value >= 1 && value <= most) return;
    throw new RangeError(`Cannot create ${what}: ${name} ${value} is not from 1 to ${most}`);
  };
  check("priority", priority, 0xffff);
  check("handle", handle, 0xffff_ffff);
  if (replace && (priority === undefined || handle === undefined)) {
    throw new TypeError(`Cannot create ${what}: to replace a filter takes its priority and its handle`);
  }
  return { priority: priority ?? 0, handle: handle ?? 0, replace };
}

interface Attempt extends Required<TcOptions> {
  readonly what: string;
  readonly program: Program;
  readonly device: string;
  readonly place: FilterPlace;
}

/** Another's qdisc may go before it has our filter: `undefined` then. */
function tryAttach(attempt: Attempt): TcAttachment | undefined {
  try {
    return attach(attempt);
  } catch (cause) {
    const { what, place } = attempt;
    // The kernel has no number of its own for that
    const mayBeGone = cause instanceof SyscallError && cause.errno === ERRNO.EINVAL;
    if (mayBeGone && qdiscOf(`create ${what}`, place.device) === undefined) return undefined;
    throw cause;
  }
}

function attach(attempt: Attempt): TcAttachment {
  const { what, program, device, place, replace } = attempt;
  const action = `create ${what}`;
  const isNew = ensureClsact(what, place);
  try {
    const isOurs = isNew || allFiltersOf(action, place.device).some(({ name }) => parseMark(name)?.ownsQdisc);
    const mark = newMark(program.name, isOurs);
    const left = leftOver(action, attempt);
    const replaces = replace || left.some((filter) => isAt(filter, attempt));
    const flags = NETLINK_FLAG.CREATE | (replaces ? 0 : NETLINK_FLAG.EXCL);
    const filter = setFilter(action, place, attempt, filterProgram(program, mark), flags);
    for (const other of left) if (!isAt(other, filter)) removeFilter(action, place, other);
    return new MarkedFilter(device, place, filter, mark);
  } catch (cause) {
    if (isNew && allFiltersOf(action, place.device).length === 0) deleteClsact(action, place.device);
    throw cause;
  }
}

/** Whether the qdisc was made; the device has one in any case then. */
function ensureClsact(what: string, { device, direction }: FilterPlace): boolean {
  try {
    createClsact(`create ${what}`, device);
    return true;
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    // `qdisc_create`: CONFIG_NET_SCH_INGRESS
    if (cause.errno === ERRNO.ENOENT) {
      throw new NotSupportedError(`Cannot create ${what}: this kernel lacks the qdisc "clsact"`, { cause });
    }
    if (cause.errno !== ERRNO.EEXIST) throw cause;
    // It would see the packets that arrive: `ingress_tcf_block` heeds no direction
    if (direction === "egress" && qdiscOf(`create ${what}`, device) === "ingress") {
      throw new NotSupportedError(
        `Cannot create ${what}: the device has the qdisc "ingress", which is for packets that arrive alone: ` +
          'replace it by "clsact"',
        { cause },
      );
    }
    return false;
  }
}

function qdiscOf(action: string, device: number): string | undefined {
  return filterQdiscs(action).find((qdisc) => qdisc.device === device)?.kind;
}

/** What ended processes left of this program. */
function leftOver(action: string, { program, place }: Attempt): Filter[] {
  const name = markedProgram(program.name);
  return filtersOf(action, place).filter((filter) => {
    const mark = parseMark(filter.name);
    return mark?.program === name && isAlive(mark.owner) === false;
  });
}
