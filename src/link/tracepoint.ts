/**
 * Links to tracepoints.
 *
 * @module
 */
import { NotFoundError, SyscallError } from "../errors.ts";
import { tracepointId } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import { asPermission, linkPerfEvent, openTracepoint } from "./_perf_event.ts";
import { explainAttach } from "./explain.ts";
import type { Link } from "./link.ts";

/** Options of {@linkcode attachTracepoint}. */
export interface TracepointOptions {
  /** What `bpf_get_attach_cookie()` returns in the program. Since Linux 5.15. */
  readonly cookie?: bigint;
}

/**
 * Attaches a program to a tracepoint (`BPF_PROG_TYPE_TRACEPOINT`).
 *
 * Since Linux 4.7. The link can be pinned since 5.15; older kernels attach by ioctl and cannot.
 *
 * @param name Group and event: `sched:sched_switch`, as in {@link https://docs.kernel.org/trace/events.html | events}.
 *
 * @example Until the end of the block
 * ```ts ignore
 * import { attachTracepoint, load } from "@waggle/ebpf";
 *
 * await using object = await load("count.bpf.o");
 * using link = attachTracepoint(object.programs.get("count"), "syscalls:sys_enter_openat");
 * ```
 *
 * @throws {NotFoundError} There is no such tracepoint; the message lists the closest names.
 * @throws {TypeError} The program is of another type.
 * @throws {PermissionError} The process may not read tracefs, or lacks a capability.
 * @throws {NotSupportedError} tracefs is not mounted.
 */
export function attachTracepoint(program: Program, name: string, options: TracepointOptions = {}): Link {
  const [group, event, ...rest] = name.split(/[:/]/);
  if (!group || !event || rest.length > 0) {
    throw new NotFoundError(`Cannot find tracepoint "${name}": it is not of the form group:event`);
  }
  const id = tracepointId(group, event);
  const what = `a link of program "${program.name}" to tracepoint "${name}"`;
  try {
    // Every process, by way of any CPU: a program at a tracepoint runs on all of them (perf_event_set_bpf_prog).
    using perf = openTracepoint(`tracepoint "${name}"`, id, { pid: -1, cpu: 0 });
    return linkPerfEvent(what, perf, program, options.cookie);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw explainAttach(asPermission(cause, what), {
      program,
      what,
      types: ["tracepoint"],
      capabilities: ["CAP_BPF", "CAP_PERFMON"],
      hints: {
        [ERRNO.EACCES]: "the program may read beyond the fields of the tracepoint",
        ...(options.cookie !== undefined && { [ERRNO.EINVAL]: "a cookie needs Linux 5.15" }),
      },
    });
  }
}
