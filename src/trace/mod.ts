/**
 * Kernel functions: written in TypeScript, compiled in this process, and run in the kernel. Nothing has to be installed.
 *
 * @example System calls by process
 * ```ts ignore
 * import { counter, tracepoint } from "@waggle/ebpf/trace";
 *
 * using calls = counter<string>();
 * using _probe = tracepoint("raw_syscalls:sys_enter", { calls }, (c, { calls }) => {
 *   calls.count(c.comm);
 * });
 * await new Promise((resolve) => setTimeout(resolve, 1000));
 * console.table(calls.top(10));
 * ```
 *
 * Numbers are integers of 64 bits, and what is computed with them is what JavaScript makes of bigints, cut to 64 bits:
 *
 * - what was read from an unsigned type of the kernel is unsigned, and so is what two such numbers come to. Where one is
 *   signed, and of every `-`, the result is signed; of `>>>` it is unsigned. Constants from 0 up are of either kind.
 * - division, remainder, `<` and its like, and `>>` mind the sign where one of the numbers is signed; `>>` looks at its left
 *   number alone.
 * - `/` cuts what is behind the point off. What is divided by 0 is 0, and `%` by 0 leaves what was divided.
 * - shifts mind the low 6 bits of their right number.
 * - `&&` and `||` give one of the two numbers, as in JavaScript; comparisons count as 1 and 0 where a number is wanted.
 * - what may be missing, as what a map has for a key, counts as 0 where a number is wanted; `?? n` says another, and
 *   `=== undefined` tells.
 *
 * Functions are called as in JavaScript, those inside and those that are handed over with the rest:
 *
 * ```ts ignore
 * const decade = (n: number) => n - n % 10;
 * using probe = tracepoint("raw_syscalls:sys_enter", { calls, decade }, (c, { calls, decade }) => {
 *   calls.count(decade(c.args.id));
 * });
 * ```
 *
 * @module
 */

// Where functions run
export { tracepoint } from "./tracepoint.ts";
export { rawTracepoint } from "./raw_tracepoint.ts";
export { fentry, fexit } from "./fentry.ts";
export { type Answer, fmodReturn, lsm } from "./lsm.ts";
export { kprobe, kretprobe } from "./kprobe.ts";
export { uprobe, type UprobeFunctionOptions, uretprobe } from "./uprobe.ts";
export { usdt } from "./usdt.ts";
export { perfEvent } from "./perf_event.ts";
export { Iter, iter } from "./iter.ts";
export { interval, profile } from "./clock.ts";
export type { Interval } from "./_interval.ts";
export { cgroup, type CgroupFunctionHook, type CgroupFunctionOptions, type CgroupVerdict } from "./cgroup.ts";
export { sockops } from "./sockops.ts";
export { xdp, type XdpContext, type XdpVerdict } from "./xdp.ts";
export { tc, type TcContext, type TcVerdict } from "./tc.ts";
export { Probe, type Returned } from "./probe.ts";

// What they are called with
export type { KernelAccess, KernelStruct, TaskContext, TracepointContext } from "./context.ts";
export type { FrameContext, PacketContext, PacketHeader } from "./packets.ts";
export type { CallContext, KernelCallContext, ReturnContext, UsdtContext } from "./context.ts";
export type { KprobeContext, KretprobeContext } from "./context.ts";
export type { IteratorContext, KernelExitContext, KernelReturnContext } from "./context.ts";
export type {
  AskedOptionContext,
  BoundSocketContext,
  CgroupContexts,
  CgroupPacketContext,
  DatagramContext,
  DeviceContext,
  GivenOptionContext,
  NewSocketContext,
  SocketAddressContext,
  SocketContext,
  SocketOptionContext,
  SysctlContext,
} from "./cgroup_context.ts";
export type { SocketCallback, SocketOperation, SockopsContext, TcpState } from "./sockops_context.ts";

// Values of the kernel
export type { KernelDevice, KernelEnum, KernelFlags, KernelLong, KernelMode } from "./kernel_types.ts";
export type { KernelPointer, KernelRef, KernelSingle, Outside, outside, Shown } from "./kernel_types.ts";
export type { FunctionArguments, FunctionResult, KernelFunctions } from "./kernel_types.ts";
export type { RawTracepointArguments, RawTracepoints } from "./kernel_types.ts";
export type { TracepointFields, Tracepoints } from "./kernel_types.ts";

// What they share with the script
export { Counter, counter, type CounterKey, type CounterOptions, type KernelCounter } from "./counter.ts";
export {
  type EventField,
  type EventRecord,
  Events,
  events,
  type EventsOptions,
  type KernelEvents,
} from "./events.ts";
export { hash, type HashOptions, type KernelHash, SharedHash } from "./hash.ts";
export { Gauge, gauge, type KernelGauge } from "./gauge.ts";
export {
  histogram,
  type HistogramOptions,
  type KernelHistogram,
  linearHistogram,
  type LinearHistogramOptions,
  SharedHistogram,
} from "./histogram.ts";
export { array, type ArrayOptions, type KernelArray, perCpuArray, SharedArray } from "./array.ts";
export { type KernelTimers, Timers, timers, type TimersOptions } from "./timers.ts";
export { type KernelQueue, queue, SharedQueue, stack } from "./queue.ts";
export { type KernelSet, set, SharedSet } from "./set.ts";
export { TopK, topK } from "./top_k.ts";
export { type KernelStats, type Statistics, Stats, stats } from "./stats.ts";
export { StackTrace } from "./stack_trace.ts";
export type { KeyedOptions } from "./_aggregate.ts";
export type { LiveOptions } from "./live.ts";
export { type KernelLpm, Lpm, lpm, type LpmOptions } from "./lpm.ts";
export {
  type Constant,
  type HandedFunction,
  type KernelConstant,
  type KernelSide,
  type KernelValue,
  Shared,
  type SharedThings,
} from "./shared.ts";
