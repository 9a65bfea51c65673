/**
 * Kernel functions at raw tracepoints, which hand over the kernel's own objects.
 *
 * @module
 */
import type { ContextSpec, ParameterSpec } from "../lang/mod.ts";
import { attachTracing } from "../link/core.ts";
import { given, type Rest } from "./_overload.ts";
import { rawTracepointArguments } from "./_raw_tracepoint_types.ts";
import type { TracepointContext } from "./context.ts";
import type { RawTracepointArguments } from "./kernel_types.ts";
import { type Probe, probe, type Returned } from "./probe.ts";
import type { KernelSide, SharedThings } from "./shared.ts";

/**
 * Runs a function in the kernel each time that a tracepoint is passed, with the arguments that the kernel's own code passes:
 * `c.args.p.real_parent.tgid`. What their types are, the kernel's BTF tells. Needs no tracefs. Since Linux 5.5.
 *
 * @param name The event, with or without its group: `sched_process_exec`.
 *
 * @example Every program that starts
 * ```ts ignore
 * import { rawTracepoint } from "@waggle/ebpf/trace";
 *
 * using execs = rawTracepoint("sched_process_exec", (c) => ({
 *   pid: c.pid,
 *   ppid: c.args.p.real_parent.tgid,
 *   comm: c.comm,
 *   file: c.str(c.args.bprm.filename, 256),
 * }));
 * for await (const exec of execs) console.log(exec.pid, exec.ppid, exec.comm, exec.file);
 * ```
 *
 * @throws {CompileError} The function says what cannot be; the message has the place in the file, and the cure.
 * @throws {NotFoundError} There is no such tracepoint; the message lists the closest names.
 * @throws {VerifierError} The verifier refuses what was made of the function.
 * @throws {PermissionError} The process lacks a capability.
 */
export function rawTracepoint<const N extends string, R>(
  name: N,
  body: (c: TracepointContext<RawTracepointArguments<N>>) => R,
): Probe<Returned<R>>;
/** With things that the script and the function share. */
export function rawTracepoint<const N extends string, const S extends SharedThings, R>(
  name: N,
  shared: S,
  body: (c: TracepointContext<RawTracepointArguments<N>>, shared: KernelSide<S>) => R,
): Probe<Returned<R>>;
export function rawTracepoint<R>(name: string, ...rest: Rest<undefined>): Probe<Returned<R>> {
  const event = name.replace(/^.*[:/]/, "");
  return probe({
    ...given(rest),
    context: contextOf(event),
    program: { name: event, type: "tracing", expectedAttachType: "trace_raw_tp", attachTo: event },
    section: `tp_btf/${event}`,
  }, (program) => attachTracing(program));
}

/** The arguments are looked up when one is named. */
function contextOf(event: string): ContextSpec {
  let parameters: readonly ParameterSpec[] | undefined;
  return {
    kind: "typed",
    get parameters() {
      return parameters ??= rawTracepointArguments(event);
    },
  };
}
