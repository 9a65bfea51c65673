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
import { explainAttach } from "./explain.ts";
import { Link } from "./link.ts";

/** Who runs the program: the device, its driver, or the kernel for any device. */
export type XdpMode = "auto" | "generic" | "native" | "offload";

/** `XDP_FLAGS_*` of `include/uapi/linux/if_link.h`. */
const FLAGS: Readonly<Record<XdpMode, number>> = { auto: 0, generic: 2, native: 4, offload: 8 };

/** Options of {@linkcode attachXdp}. */
export interface XdpOptions {
  /** `auto`, the default, is `native` where the driver can and `generic` elsewhere. */
  readonly mode?: XdpMode;
}

/**
 * Attaches a program to a network device (`BPF_PROG_TYPE_XDP`). By link since Linux 5.9.
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
 * @throws {SyscallError} Another program is attached to the device, or the kernel refuses for another reason.
 */
export function attachXdp(program: Program, device: string, options: XdpOptions = {}): Link {
  const { mode = "auto" } = options;
  const target = deviceIndex(device);
  const what = `a link of program "${program.name}" to device "${device}"`;
  try {
    return new Link(
      linkCreate(what, {
        prog_fd: program.descriptor.fd,
        target_ifindex: target,
        attach_type: BPF_ATTACH_TYPE.XDP,
        flags: FLAGS[mode],
      }),
    );
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    if (cause.errno === ERRNO.EOPNOTSUPP) {
      throw new NotSupportedError(
        `Cannot create ${what}: its driver runs no XDP programs in mode "${mode}": use mode "generic"`,
        { cause },
      );
    }
    throw explainAttach(cause, {
      program,
      what,
      types: ["xdp"],
      capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
      hints: HINTS,
    });
  }
}

const OCCUPIED = "another XDP program is attached to the device: `ip link show` names it";

const HINTS: Readonly<Record<number, string>> = {
  [ERRNO.EBUSY]: OCCUPIED,
  [ERRNO.EEXIST]: OCCUPIED,
  [ERRNO.ERANGE]: 'the MTU of the device is too large for this mode: lower it, or use mode "generic"',
  [ERRNO.EINVAL]: "the kernel may be older than Linux 5.9",
};
