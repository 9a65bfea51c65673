/**
 * Links to the receive path of network devices.
 *
 * @module
 */
import { NotSupportedError, SyscallError } from "../errors.ts";
import { deviceIndex } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { ERRNO, linkCreate } from "../sys/mod.ts";
import { BPF_ATTACH_TYPE } from "../uapi/mod.ts";
import { setXdpProgram, XDP_FLAGS } from "./_xdp_device.ts";
import { explainAttach } from "./explain.ts";
import { type Attachment, Link } from "./link.ts";
import { namedProgram } from "./_occupants.ts";
import { knownPrograms } from "./query.ts";

/** Who runs the program: the device, its driver, or the kernel for any device. */
export type XdpMode = "auto" | "generic" | "native" | "offload";

const FLAGS: Readonly<Record<XdpMode, number>> = {
  auto: 0,
  generic: XDP_FLAGS.GENERIC,
  native: XDP_FLAGS.NATIVE,
  offload: XDP_FLAGS.OFFLOAD,
};

/** Options of {@linkcode attachXdp}. */
export interface XdpOptions {
  /** `auto`, the default, is `native` where the driver can take this program and `generic` elsewhere. */
  readonly mode?: XdpMode;
  /**
   * `link` by default; `program` attaches without a link, as all did before Linux 5.9: the program stays when the process
   * ends without closing it, killed or not, until the device is removed or `ip link set dev eth0 xdp off` is called. Since
   * Linux 5.7.
   */
  readonly as?: "link" | "program";
  /** The program to take the place of, attached without a link too, in this mode: `as` must be `program`. */
  readonly replace?: Program;
}

/**
 * Attaches a program to a network device (`BPF_PROG_TYPE_XDP`): it sees packets as they arrive, before the kernel does.
 * A device has one program, or where it can offload, one more there. By link since Linux 5.9; without one by netlink.
 *
 * @param device The name of the device in this process's network namespace: `eth0`.
 *
 * @example Until the end of the block
 * ```ts ignore
 * import { attachXdp, load } from "@waggle/ebpf";
 *
 * await using object = await load("drop.bpf.o");
 * using link = attachXdp(object.programs.get("drop"), "lo", { mode: "generic" });
 * ```
 *
 * @throws {NotFoundError} There is no such device; the message lists the closest names.
 * @throws {TypeError} The program is of another type.
 * @throws {NotSupportedError} The driver cannot run programs in this mode.
 * @throws {SyscallError} Another program is attached to the device, which the message names, or the kernel refuses for
 * another reason.
 */
export function attachXdp(
  program: Program,
  device: string,
  options?: XdpOptions & { readonly as?: "link" },
): Link;
/** Attaches with or without a link. */
export function attachXdp(program: Program, device: string, options: XdpOptions): Attachment;
export function attachXdp(program: Program, device: string, options: XdpOptions = {}): Attachment {
  const { mode = "auto", as = "link", replace } = options;
  const target = deviceIndex(device);
  const what = `${
    as === "link" ? "a link" : "an attachment"
  } of program "${program.name}" to device "${device}"`;
  if (as === "link" && replace) {
    throw new TypeError(
      `Cannot create ${what}: links replace nothing: use as "program", or update the other link`,
    );
  }
  const attach = as === "link"
    ? (flags: number) => attachLink(what, program, target, flags)
    : (flags: number) => attachWithoutLink(what, program, target, flags, replace);
  try {
    return inMode(mode, attach);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    if (cause.errno === ERRNO.EOPNOTSUPP) throw unsupported(what, mode, cause);
    throw explainAttach(cause, {
      program,
      what,
      types: ["xdp"],
      capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
      hints: hintsFor(cause, device),
    });
  }
}

/**
 * The kernel decides on `auto` by whether the driver has XDP at all (`dev_xdp_mode`), and not by whether it can take this
 * program: with packets as long as the device's MTU, for one.
 */
function inMode<T>(mode: XdpMode, attach: (flags: number) => T): T {
  try {
    return attach(FLAGS[mode]);
  } catch (cause) {
    if (mode !== "auto" || !(cause instanceof SyscallError) || !DRIVERS_OWN.has(cause.errno)) throw cause;
    return attach(FLAGS.generic);
  }
}

function attachLink(what: string, program: Program, device: number, flags: number): Link {
  return new Link(linkCreate(what, {
    prog_fd: program.descriptor.fd,
    target_ifindex: device,
    attach_type: BPF_ATTACH_TYPE.XDP,
    flags,
  }));
}

function attachWithoutLink(
  what: string,
  program: Program,
  device: number,
  flags: number,
  replace: Program | undefined,
): Attachment {
  using undo = new DisposableStack();
  // The kernel detaches the program that it is handed: the caller's handle may be closed by then
  const own = undo.use(program.descriptor.clone());
  setXdpProgram(`create ${what}`, device, own.fd, replace?.descriptor.fd, flags);
  const resources = undo.move();
  const close = () => {
    if (resources.disposed) return;
    using _ = resources;
    try {
      setXdpProgram(`detach ${what}`, device, undefined, own.fd, flags);
    } catch (error) {
      // Somebody detached or replaced it already (`dev_xdp_attach`), or the device is gone
      const passed = error instanceof SyscallError &&
        [ERRNO.EEXIST, ERRNO.ENOENT, ERRNO.ENODEV].some((errno) => errno === error.errno);
      if (!passed) throw error;
    }
  };
  return { close, [Symbol.dispose]: close };
}

/** What drivers say where they cannot. */
const DRIVERS_OWN: ReadonlySet<number> = new Set([
  ERRNO.EOPNOTSUPP,
  ERRNO.ERANGE,
  ERRNO.EINVAL,
  ERRNO.ENOMEM,
  ERRNO.ENOSPC,
]);

function unsupported(what: string, mode: XdpMode, cause: SyscallError): NotSupportedError {
  const state = mode === "offload"
    ? "the device itself runs no programs, which Netronome's alone do, and programs must be loaded for it: " +
      'use mode "native"'
    : `its driver runs no XDP programs in mode "${mode}": use mode "generic"`;
  return new NotSupportedError(`Cannot create ${what}: ${state}`, { cause });
}

function hintsFor({ errno }: SyscallError, device: string): Readonly<Record<number, string>> {
  const occupied = errno === ERRNO.EBUSY || errno === ERRNO.EEXIST ? occupiedBy(device) : "";
  return {
    [ERRNO.EBUSY]: occupied,
    [ERRNO.EEXIST]: occupied,
    [ERRNO.ERANGE]: 'the MTU of the device is too large for this mode: lower it, or use mode "generic"',
    [ERRNO.EINVAL]: "the kernel may be older than Linux 5.9",
  };
}

function occupiedBy(device: string): string {
  const names = knownPrograms({ device, attachType: "xdp" }).programs.map(({ id, linkId }) =>
    `${namedProgram(id)} ${linkId === undefined ? "without a link" : `by link ${linkId}`}`
  );
  return names.length === 0
    ? "another XDP program is attached to the device: `ip link show` names it"
    : `attached to the device is ${names.join(" and ")}: update the link, or replace the program`;
}
