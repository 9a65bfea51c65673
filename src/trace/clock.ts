/**
 * Kernel functions that run by the clock.
 *
 * @module
 */
import { onlineCpus } from "../kernel/mod.ts";
import { type Interval, nanoseconds } from "./_interval.ts";
import { given, type Rest } from "./_overload.ts";
import type { TaskContext } from "./context.ts";
import { perfEvent } from "./perf_event.ts";
import type { Probe, Returned } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";

const CLOCK = { type: "software", event: "cpu-clock" } as const;

/**
 * Runs a function in the kernel again and again, on one CPU.
 *
 * @param every The time between two runs, at least `10us`.
 *
 * @example How many system calls there were, second by second
 * ```ts ignore
 * import { hash, interval, tracepoint } from "@waggle/ebpf/trace";
 * import { u32, u64 } from "@waggle/ebpf/codec";
 *
 * using calls = hash(u32, u64);
 * using _calls = tracepoint("raw_syscalls:sys_enter", { calls }, (_, { calls }) => calls.count(0));
 * using seconds = interval("1s", { calls }, (_, { calls }) => {
 *   const count = calls.get(0) ?? 0;
 *   calls.delete(0);
 *   return { count };
 * });
 * for await (const { count } of seconds) console.log(count);
 * ```
 *
 * @throws {RangeError} It is no time, or shorter.
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 */
export function interval<R>(every: Interval, body: (c: TaskContext) => R): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function interval<const S extends SharedThings, R>(
  every: Interval,
  shared: S,
  body: (c: TaskContext, shared: KernelSide<S>) => R,
): Probe<Returned<R>>;
export function interval<R>(every: Interval, ...rest: Rest<undefined>): Probe<Returned<R>> {
  const [cpu = 0] = onlineCpus();
  const { shared, function: body } = given(rest);
  return perfEvent<SharedThings, R>({ ...CLOCK, period: nanoseconds(every), cpu }, shared, body as never);
}

/**
 * Runs a function in the kernel so many times a second on every CPU, on what runs there then.
 *
 * @param frequency Times a second. 99 rather than 100, so as not to keep step with what others do.
 *
 * @example Who runs
 * ```ts ignore
 * import { counter, profile } from "@waggle/ebpf/trace";
 *
 * using samples = counter<string>();
 * using _probe = profile(99, { samples }, (c, { samples }) => samples.count(c.comm));
 * ```
 *
 * @throws {RangeError} It is no positive integer.
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 */
export function profile<R>(frequency: number, body: (c: TaskContext) => R): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function profile<const S extends SharedThings, R>(
  frequency: number,
  shared: S,
  body: (c: TaskContext, shared: KernelSide<S>) => R,
): Probe<Returned<R>>;
export function profile<R>(frequency: number, ...rest: Rest<undefined>): Probe<Returned<R>> {
  const { shared, function: body } = given(rest);
  return perfEvent<SharedThings, R>({ ...CLOCK, frequency }, shared, body as never);
}
