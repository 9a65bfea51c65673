/**
 * Kernel functions that run so often, or at each so many events.
 *
 * @module
 */
import { attachPerfEvent, type PerfEventOptions } from "../link/core.ts";
import { given, type Rest } from "./_overload.ts";
import type { TaskContext } from "./context.ts";
import { type Probe, probe, type Returned } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";

/**
 * Runs a function in the kernel each time that an event was counted so often, on what runs then.
 *
 * @param event What is counted and how often the function runs.
 *
 * @example Who runs, 99 times a second on every CPU
 * ```ts ignore
 * import { counter, perfEvent } from "@waggle/ebpf/trace";
 *
 * using samples = counter<string>();
 * const clock = { type: "software", event: "cpu-clock", frequency: 99 } as const;
 * using _probe = perfEvent(clock, { samples }, (c, { samples }) => samples.count(c.comm));
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no event of that name.
 * @throws {NotSupportedError} The machine does not count such events.
 */
export function perfEvent<R>(event: PerfEventOptions, body: (c: TaskContext) => R): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function perfEvent<const S extends SharedThings, R>(
  event: PerfEventOptions,
  shared: S,
  body: (c: TaskContext, shared: KernelSide<S>) => R,
): Probe<Returned<R>>;
export function perfEvent<R>(event: PerfEventOptions, ...rest: Rest<undefined>): Probe<Returned<R>> {
  const { options: _, ...handed } = given(rest);
  return probe({
    ...handed,
    context: { kind: "plain" },
    program: { name: event.event, type: "perf_event" },
    section: "perf_event",
  }, (program) => attachPerfEvent(program, event));
}
