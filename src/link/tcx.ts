/**
 * Links to the traffic control of network devices.
 *
 * @module
 */
import type { Program } from "../program/mod.ts";
import { attachToDevice, type DeviceProgramOptions } from "./_device_programs.ts";
import type { Attachment, Link } from "./link.ts";

/** Which packets: those that arrive, or those that leave. */
export type TcxDirection = "ingress" | "egress";

/**
 * Attaches a program to the packets of a network device (`BPF_PROG_TYPE_SCHED_CLS`), without qdiscs and filters of `tc`.
 * Several programs run in order, until one returns something else than `TCX_NEXT` (-1). Since Linux 6.6.
 *
 * With `replace`, the program is attached without a link in the place of another that has none. What a link attached is
 * replaced by {@linkcode Link.update}.
 *
 * @param device The name of the device in this process's network namespace: `eth0`.
 *
 * @example Before all others
 * ```ts ignore
 * import { attachTcx, load } from "@waggle/ebpf";
 *
 * await using object = await load("filter.bpf.o");
 * using link = attachTcx(object.programs.get("filter"), "eth0", "ingress", { anchor: "first" });
 * ```
 *
 * @throws {NotFoundError} There is no such device; the message lists the closest names.
 * @throws {TypeError} The program is of another type.
 * @throws {PermissionError} The process lacks a capability.
 * @throws {SyscallError} The anchor is not attached there; others came or went since the expected revision; the program
 * is attached there already. The message lists what is.
 */
export function attachTcx(
  program: Program,
  device: string,
  direction: TcxDirection,
  options?: DeviceProgramOptions & { readonly mode?: "link" },
): Link;
/** Attaches with or without a link. */
export function attachTcx(
  program: Program,
  device: string,
  direction: TcxDirection,
  options: DeviceProgramOptions,
): Attachment;
export function attachTcx(
  program: Program,
  device: string,
  direction: TcxDirection,
  options: DeviceProgramOptions = {},
): Attachment {
  return attachToDevice(program, { device, attachType: `tcx_${direction}` }, options, "6.6");
}
