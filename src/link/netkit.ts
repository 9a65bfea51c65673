/**
 * Links to netkit devices.
 *
 * @module
 */
import { NotSupportedError, SyscallError } from "../errors.ts";
import type { Program } from "../program/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import { attachToDevice, type DeviceProgramOptions } from "./_device_programs.ts";
import type { Attachment, Link } from "./link.ts";

/** Which end of the pair the packets leave: the primary one, or the other, to which programs are attached from here too. */
export type NetkitEnd = "primary" | "peer";

/**
 * Attaches a program to the packets that leave one end of a pair of netkit devices (`BPF_PROG_TYPE_SCHED_CLS`). Several
 * run in order, until one returns something else than `NETKIT_NEXT` (-1). Since Linux 6.7.
 *
 * @param device The name of the primary device in this process's network namespace.
 *
 * @example
 * ```ts ignore
 * import { attachNetkit, load } from "@waggle/ebpf";
 *
 * await using object = await load("filter.bpf.o");
 * using link = attachNetkit(object.programs.get("filter"), "nk0", "peer");
 * ```
 *
 * @throws {NotFoundError} There is no such device; the message lists the closest names.
 * @throws {NotSupportedError} The device is not the primary one of a netkit pair.
 * @throws {TypeError} The program is of another type.
 * @throws {PermissionError} The process lacks a capability.
 * @throws {SyscallError} As of {@linkcode attachTcx}.
 */
export function attachNetkit(
  program: Program,
  device: string,
  end: NetkitEnd,
  options?: DeviceProgramOptions & { readonly mode?: "link" },
): Link;
/** Attaches with or without a link. */
export function attachNetkit(
  program: Program,
  device: string,
  end: NetkitEnd,
  options: DeviceProgramOptions,
): Attachment;
export function attachNetkit(
  program: Program,
  device: string,
  end: NetkitEnd,
  options: DeviceProgramOptions = {},
): Attachment {
  try {
    return attachToDevice(program, { device, attachType: `netkit_${end}` }, options, "6.7");
  } catch (cause) {
    // `netkit_dev_fetch` says ENXIO of other devices, and EACCES of the peer; without the driver, EINVAL is all there is
    const errno = cause instanceof SyscallError ? cause.errno : 0;
    if (errno !== ERRNO.ENXIO && errno !== ERRNO.EACCES && errno !== ERRNO.EINVAL) throw cause;
    throw new NotSupportedError(
      `Cannot attach program "${program.name}" to device "${device}" (netkit_${end}): it is not the primary one of ` +
        "a pair of netkit devices: make one with `ip link add type netkit` (Linux 6.7)",
      { cause },
    );
  }
}
