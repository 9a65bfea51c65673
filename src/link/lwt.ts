/**
 * Programs of routes: lightweight tunnels.
 *
 * @module
 */
import { NotSupportedError, PermissionError, SyscallError } from "../errors.ts";
import { deviceIndex, permissionHint } from "../kernel/mod.ts";
import { type Program, type ProgramType, programTypeOf } from "../program/mod.ts";
import { ERRNO, type NetlinkAttribute, syscallError } from "../sys/mod.ts";
import { addRoute, deleteRoute, type EncapRoute, parsePrefix } from "./_route.ts";
import { formatMark, newMark } from "./_mark.ts";
import type { Attachment } from "./link.ts";

/** The programs of a route, one at least. */
export interface LwtPrograms {
  /** For packets that arrive and take the route (`BPF_PROG_TYPE_LWT_IN`): reads them, and drops or reroutes. */
  readonly in?: Program;
  /** For packets that leave by the route, before they are taken apart for the device (`BPF_PROG_TYPE_LWT_OUT`): reads them. */
  readonly out?: Program;
  /** For packets as they leave (`BPF_PROG_TYPE_LWT_XMIT`): changes them, puts headers in front, redirects. */
  readonly xmit?: Program;
  /** Bytes to keep free for headers that `xmit` puts in front: up to 256, 0 by default. */
  readonly headroom?: number;
}

/** A route to make in the main table. */
export interface LwtRoute {
  /** Where to, as a block of addresses or one: `10.1.0.0/16`, `fd00::/8`, `10.1.2.3`. */
  readonly to: string;
  /** The name of a network device. One or both of this and `via`. */
  readonly device?: string;
  /** The address of the next router, of the same family. */
  readonly via?: string;
  /** Of several routes to the same block, the one with the lowest is taken. 0 by default for IPv4, 1024 for IPv6. */
  readonly metric?: number;
}

/** `LWTUNNEL_ENCAP_…` and `LWT_BPF_…` of `include/uapi/linux/lwtunnel.h`. */
const ENCAP = { BPF: 6, SEG6_LOCAL: 7 } as const;
const PLACES = { in: 1, out: 2, xmit: 3 } as const;
const XMIT_HEADROOM = 4;
const MOST_HEADROOM = 256;
/** `LWT_BPF_PROG_…` of the same, and `SEG6_LOCAL_BPF_PROG…` of `include/uapi/linux/seg6_local.h`. */
const PROGRAM = { FD: 1, NAME: 2 } as const;

/** `SEG6_LOCAL_…` of the same: the action `End.BPF`. */
const SEG6 = { ACTION: 1, BPF: 8 } as const;
const ACTION_END_BPF = 15;

/**
 * Makes a route whose packets pass programs, as `ip route add … encap bpf` does, until it is closed. Programs return
 * `BPF_OK` (0), `BPF_DROP` (2), `BPF_LWT_REROUTE` (128), and those of `xmit` `BPF_REDIRECT` (7). Since Linux 4.10.
 *
 * A route is not tied to its process: it stays when that ends without closing it. `ip route` shows whose it is.
 *
 * @example Until the end of the block
 * ```ts ignore
 * import { attachLwt, load } from "@waggle/ebpf";
 *
 * await using object = await load("encap.bpf.o");
 * const xmit = object.programs.get("encap");
 * using route = attachLwt({ xmit, headroom: 20 }, { to: "10.1.0.0/16", device: "eth0" });
 * ```
 *
 * @throws {NotFoundError} There is no such device; the message lists the closest names.
 * @throws {TypeError} A program is of another type, or there is none.
 * @throws {RangeError} An address or a number is none.
 * @throws {NotSupportedError} The kernel has no lightweight tunnels of BPF.
 * @throws {PermissionError} The process lacks `CAP_NET_ADMIN`.
 * @throws {SyscallError} There is such a route already; the kernel refuses for another reason, which it tells.
 */
export function attachLwt(programs: LwtPrograms, route: LwtRoute): Attachment {
  const { headroom } = programs;
  const used = (["in", "out", "xmit"] as const).flatMap((place) => {
    const program = programs[place];
    return program === undefined ? [] : [{ place, program }];
  });
  const names = used.map(({ place, program }) => `"${program.name}" (${place})`).join(", ");
  const what = `a route to "${route.to}" with program ${names}`;
  if (used.length === 0) throw new TypeError(`Cannot create a route to "${route.to}": it has no program`);
  if (headroom !== undefined && !(Number.isInteger(headroom) && headroom >= 0 && headroom <= MOST_HEADROOM)) {
    throw new RangeError(`Cannot create ${what}: headroom ${headroom} is not from 0 to ${MOST_HEADROOM}`);
  }
  for (const { place, program } of used) checkType(what, program, `lwt_${place}`);
  using undo = new DisposableStack();
  const encap: NetlinkAttribute[] = used.map(({ place, program }) => [
    PLACES[place],
    programAttributes(program, undo),
  ]);
  if (headroom !== undefined) encap.push([XMIT_HEADROOM, headroom]);
  return attachRoute(what, toRoute(what, route, ENCAP.BPF, encap), undo.move());
}

/**
 * Makes a route of IPv6 whose packets a program of segment routing takes (`BPF_PROG_TYPE_LWT_SEG6LOCAL`, the action
 * `End.BPF`), as `ip -6 route add … encap seg6local action End.BPF` does, until it is closed. Packets need a segment
 * routing header with segments left. Since Linux 4.18.
 *
 * @example Until the end of the block
 * ```ts ignore
 * import { attachSeg6Local, load } from "@waggle/ebpf";
 *
 * await using object = await load("segments.bpf.o");
 * using route = attachSeg6Local(object.programs.get("end"), { to: "fd00::1", device: "eth0" });
 * ```
 *
 * @throws {NotFoundError} There is no such device; the message lists the closest names.
 * @throws {TypeError} The program is of another type.
 * @throws {RangeError} An address or a number is none.
 * @throws {NotSupportedError} The kernel has no segment routing with BPF.
 * @throws {PermissionError} The process lacks `CAP_NET_ADMIN`.
 * @throws {SyscallError} There is such a route already; the kernel refuses for another reason, which it tells.
 */
export function attachSeg6Local(program: Program, route: LwtRoute): Attachment {
  const what = `a route to "${route.to}" with program "${program.name}" (seg6local)`;
  checkType(what, program, "lwt_seg6local");
  using undo = new DisposableStack();
  const encap: NetlinkAttribute[] = [
    [SEG6.ACTION, ACTION_END_BPF],
    [SEG6.BPF, programAttributes(program, undo)],
  ];
  return attachRoute(what, toRoute(what, route, ENCAP.SEG6_LOCAL, encap), undo.move());
}

function checkType(what: string, program: Program, expected: ProgramType): void {
  const type = programTypeOf(program);
  if (type === expected) return;
  throw new TypeError(`Cannot create ${what}: program "${program.name}" is of type ${type}, not ${expected}`);
}

/** The kernel wants the program again for removing its route: the caller's handle may be closed by then. */
function programAttributes(program: Program, resources: DisposableStack): NetlinkAttribute[] {
  const own = resources.use(program.descriptor.clone());
  return [[PROGRAM.FD, own.fd], [PROGRAM.NAME, formatMark(newMark(program.name))]];
}

function toRoute(
  what: string,
  { to, device, via, metric }: LwtRoute,
  encapType: number,
  encap: readonly NetlinkAttribute[],
): EncapRoute {
  const prefix = parsePrefix(to);
  if (prefix === undefined) {
    throw new RangeError(`Cannot create ${what}: "${to}" is neither an address nor a block like 10.1.0.0/16`);
  }
  const gateway = via === undefined ? undefined : parsePrefix(via);
  if (via !== undefined && (gateway?.family !== prefix.family || via.includes("/"))) {
    throw new RangeError(`Cannot create ${what}: the router "${via}" is no address of ${prefix.family}`);
  }
  if (metric !== undefined && !(Number.isInteger(metric) && metric >= 0 && metric <= 0xffff_ffff)) {
    throw new RangeError(`Cannot create ${what}: metric ${metric} is not from 0 to 4294967295`);
  }
  const index = device === undefined ? undefined : deviceIndex(device);
  return { to: prefix, device: index, via: gateway, metric, encapType, encap };
}

/** Takes the resources over, whether it throws or not. */
function attachRoute(what: string, route: EncapRoute, resources: DisposableStack): Attachment {
  using undo = resources;
  try {
    addRoute(`create ${what}`, route);
  } catch (cause) {
    throw explain(cause, what, "create");
  }
  const held = undo.move();
  const close = () => {
    if (held.disposed) return;
    using _ = held;
    try {
      deleteRoute(`remove ${what}`, route);
    } catch (cause) {
      // Somebody removed or replaced it already, or the device is gone
      const isGone = cause instanceof SyscallError &&
        [ERRNO.ESRCH, ERRNO.ENODEV].some((errno) => errno === cause.errno);
      if (!isGone) throw explain(cause, what, "remove");
    }
  };
  return { close, [Symbol.dispose]: close };
}

function explain(cause: unknown, what: string, verb: "create" | "remove"): unknown {
  if (!(cause instanceof SyscallError)) return cause;
  switch (cause.errno) {
    case ERRNO.EPERM:
      return new PermissionError(
        `Cannot ${verb} ${what}: not permitted: ${permissionHint("CAP_NET_ADMIN")}`,
        { cause },
      );
    case ERRNO.EOPNOTSUPP: // `lwtunnel_valid_encap_type`
      return new NotSupportedError(
        `Cannot ${verb} ${what}: this kernel lacks such routes (CONFIG_LWTUNNEL_BPF, CONFIG_IPV6_SEG6_BPF)`,
        { cause },
      );
    case ERRNO.EEXIST:
      return syscallError(
        cause.errno,
        cause.syscall,
        `${verb} ${what}`,
        "there is a route to it of this metric: give another one, of which the lowest is taken",
      );
    default:
      return cause;
  }
}
