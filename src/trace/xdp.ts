/**
 * Kernel functions that see packets before anyone else.
 *
 * @module
 */
import { attachXdp, type XdpOptions } from "../link/core.ts";
import { given, type Rest } from "./_overload.ts";
import type { FrameContext } from "./packets.ts";
import { type Probe, probe } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";

/** What becomes of a packet: `XDP_…` of `include/uapi/linux/bpf.h`. */
const VERDICTS: Readonly<Record<XdpVerdict, bigint>> = {
  aborted: 0n,
  drop: 1n,
  pass: 2n,
  tx: 3n,
  redirect: 4n,
};

/** What becomes of a packet: `tx` sends it back by the device that it came from; `redirect` is what `c.redirect()` returns. */
export type XdpVerdict = "aborted" | "drop" | "pass" | "tx" | "redirect";

/** What a kernel function is called with for a packet before the kernel's stack sees it (`struct xdp_md`). */
export interface XdpContext extends FrameContext {
  /** The queue of the device. */
  readonly queue: number;
}

/**
 * Runs a function in the kernel for each packet that comes by a network device, before the kernel's own stack sees it. It
 * returns what becomes of the packet; one that it says nothing of passes.
 *
 * @param device The name of the device: `eth0`.
 *
 * @example Drop what comes from some networks
 * ```ts ignore
 * import { lpm, xdp } from "@waggle/ebpf/trace";
 *
 * using blocked = lpm().set("192.0.2.0/24", 0);
 * using _probe = xdp("eth0", { blocked }, (c, { blocked }) => {
 *   const ip = c.ipv4();
 *   if (!ip || !blocked.has(ip.saddr)) return "pass";
 *   blocked.count(ip.saddr);
 *   return "drop";
 * });
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such device; the message lists the closest names.
 * @throws {PermissionError} The process lacks a capability.
 */
export function xdp(
  device: string,
  body: (c: XdpContext) => XdpVerdict | undefined | void,
  options?: Pick<XdpOptions, "mode">,
): Probe;
/** With things that the script and the function share. */
export function xdp<const S extends SharedThings>(
  device: string,
  shared: S,
  body: (c: XdpContext, shared: KernelSide<S>) => XdpVerdict | undefined | void,
  options?: Pick<XdpOptions, "mode">,
): Probe;
export function xdp(device: string, ...rest: Rest<Pick<XdpOptions, "mode">>): Probe {
  const { options, ...handed } = given(rest);
  return probe<never>({
    ...handed,
    context: { kind: "xdp" },
    section: "xdp",
    program: { name: "xdp", type: "xdp" },
    results: VERDICTS,
    result: VERDICTS.pass,
  }, (program) => attachXdp(program, device, options));
}
