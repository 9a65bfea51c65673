/**
 * Kernel functions that see packets in traffic control.
 *
 * @module
 */
import { kernelVersionCode, versionCode } from "../kernel/mod.ts";
import { attachTc, attachTcx, type TcxDirection } from "../link/core.ts";
import { given, type Rest } from "./_overload.ts";
import type { FrameContext } from "./packets.ts";
import { type Probe, probe } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";

/** What becomes of a packet, by the names of `TC_ACT_…` in `include/uapi/linux/pkt_cls.h`. */
export type TcVerdict =
  | "unspec"
  | "ok"
  | "reclassify"
  | "shot"
  | "pipe"
  | "stolen"
  | "queued"
  | "repeat"
  | "redirect"
  | "trap";

/** Older kernels have filters of `clsact` alone. */
const TCX = versionCode("6.6.0");

const VERDICTS: Readonly<Record<TcVerdict, bigint>> = {
  unspec: -1n,
  ok: 0n,
  reclassify: 1n,
  shot: 2n,
  pipe: 3n,
  stolen: 4n,
  queued: 5n,
  repeat: 6n,
  redirect: 7n,
  trap: 8n,
};

/** What a kernel function is called with for a packet in traffic control (`struct __sk_buff`). */
export interface TcContext extends FrameContext {
  /** The mark of the packet, which rules of routing and firewalls know it by. */
  readonly mark: number;
  /** The priority of the packet. */
  readonly priority: number;
}

/**
 * Runs a function in the kernel for each packet that arrives by a network device, or leaves by it. It returns what becomes of
 * the packet: `ok` lets it go on, and `shot` drops it; one that it says nothing of is left to the programs that come after
 * (`unspec`). Since Linux 6.6 by tcx, where programs run in the order that they were attached in, and before as a filter of
 * `clsact`, of which the newest runs first.
 *
 * @param device The name of the device: `eth0`.
 *
 * @example Bytes sent, by port
 * ```ts ignore
 * import { counter, tc } from "@waggle/ebpf/trace";
 *
 * using sent = counter<number>();
 * using _probe = tc("eth0", "egress", { sent }, (c, { sent }) => {
 *   const tcp = c.tcp();
 *   if (tcp) sent.count(tcp.dest, c.length);
 * });
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such device; the message lists the closest names.
 * @throws {PermissionError} The process lacks a capability.
 */
export function tc(
  device: string,
  direction: TcxDirection,
  body: (c: TcContext) => TcVerdict | undefined | void,
): Probe;
/** With things that the script and the function share. */
export function tc<const S extends SharedThings>(
  device: string,
  direction: TcxDirection,
  shared: S,
  body: (c: TcContext, shared: KernelSide<S>) => TcVerdict | undefined | void,
): Probe;
export function tc(device: string, direction: TcxDirection, ...rest: Rest<undefined>): Probe {
  const { options: _, ...handed } = given(rest);
  return probe<never>({
    ...handed,
    context: { kind: "tc" },
    program: { name: "tc", type: "sched_cls" },
    section: "tc",
    results: VERDICTS,
    result: VERDICTS.unspec,
  }, (program) => {
    const attach = kernelVersionCode() >= TCX ? attachTcx : attachTc;
    return attach(program, device, direction);
  });
}
