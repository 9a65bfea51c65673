/**
 * Kernel functions at tracepoints.
 *
 * @module
 */
import { attachTracepoint } from "../link/core.ts";
import { NotFoundError } from "../errors.ts";
import { given, type Rest } from "./_overload.ts";
import { tracepointFields } from "./_tracepoint_format.ts";
import type { TracepointContext } from "./context.ts";
import type { TracepointFields } from "./kernel_types.ts";
import { type Probe, probe, type Returned } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";

/**
 * Runs a function in the kernel each time that a tracepoint is passed. `c.args` has the tracepoint's fields, as its `format` in
 * tracefs lists them.
 *
 * The function is compiled by what its text says: of what is around it, it sees only what the second argument hands to it.
 *
 * @param name Group and event: `sched:sched_switch`.
 *
 * @example System calls by process
 * ```ts ignore
 * import { counter, tracepoint } from "@waggle/ebpf/trace";
 *
 * using calls = counter<string>();
 * using _probe = tracepoint("raw_syscalls:sys_enter", { calls }, (c, { calls }) => {
 *   calls.count(c.comm);
 * });
 * ```
 *
 * @example Files that are opened, as events that the function returns
 * ```ts ignore
 * import { tracepoint } from "@waggle/ebpf/trace";
 *
 * using opens = tracepoint("syscalls:sys_enter_openat", (c) => ({
 *   comm: c.comm,
 *   file: c.str(c.args.filename, 256),
 * }));
 * for await (const { comm, file } of opens) console.log(comm, file);
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such tracepoint; the message lists the closest names.
 * @throws {VerifierError} The verifier refuses what was made of the function.
 * @throws {PermissionError} The process may not read tracefs, or lacks a capability.
 */
export function tracepoint<const N extends string, R>(
  name: N,
  body: (c: TracepointContext<TracepointFields<N>>) => R,
): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function tracepoint<const N extends string, const S extends SharedThings, R>(
  name: N,
  shared: S,
  body: (c: TracepointContext<TracepointFields<N>>, shared: KernelSide<S>) => R,
): Probe<Returned<R>>;
export function tracepoint<R>(name: string, ...rest: Rest<undefined>): Probe<Returned<R>> {
  const [group, event, ...more] = name.split(/[:/]/);
  if (!group || !event || more.length > 0) {
    throw new NotFoundError(`Cannot find tracepoint "${name}": it is not of the form group:event`);
  }
  const space = group === "syscalls" ? "user" : "kernel";
  return probe({
    ...given(rest),
    context: { kind: "fields", fields: tracepointFields(group, event), space },
    program: { name: event, type: "tracepoint" },
    section: `tp/${group}/${event}`,
  }, (program) => attachTracepoint(program, name));
}
