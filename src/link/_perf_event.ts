/**
 * Programs at perf events.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import type { Program } from "../program/mod.ts";
import {
  type Descriptor,
  ERRNO,
  linkCreate,
  perfEventEnable,
  perfEventOpen,
  perfEventSetProgram,
  type PerfEventTarget,
  syscallError,
} from "../sys/mod.ts";
import { BPF_ATTACH_TYPE, PERF_TYPE } from "../uapi/mod.ts";
import { Link } from "./link.ts";

/** The perf event of a tracepoint, or of a probe that tracefs made one. */
export function openTracepoint(what: string, id: number, who: PerfEventTarget): Descriptor {
  return perfEventOpen(
    what,
    { type: PERF_TYPE.TRACEPOINT, config: id, sample_period: 1, wakeup_events: 1 },
    who,
  );
}

/**
 * Attaches to a perf event: by a link, which keeps the event open by itself, or by ioctl before Linux 5.15. The event stays
 * the caller's.
 */
export function linkPerfEvent(
  what: string,
  perf: Descriptor,
  program: Program,
  cookie: bigint | undefined,
): Link {
  return new Link(attachToPerfEvent(what, perf, program, cookie));
}

/** {@linkcode linkPerfEvent}, as the descriptor that keeps the program attached. */
export function attachToPerfEvent(
  what: string,
  perf: Descriptor,
  program: Program,
  cookie: bigint | undefined,
): Descriptor {
  try {
    return linkCreate(what, {
      prog_fd: program.descriptor.fd,
      target_fd: perf.fd,
      attach_type: BPF_ATTACH_TYPE.PERF_EVENT,
      "perf_event.bpf_cookie": cookie ?? 0n,
    });
  } catch (error) {
    const old = error instanceof SyscallError && error.errno === ERRNO.EINVAL && cookie === undefined;
    if (!old) throw error;
    perfEventSetProgram(perf, program.descriptor);
    perfEventEnable(perf);
    return perf.clone();
  }
}

/**
 * What perf_event_open(2) says to processes without `CAP_PERFMON` is `EACCES` (`perf_event_init`, `perf_allow_kernel`); in links it
 * is about the program. As `EPERM`, which is about the process everywhere.
 */
export function asPermission(cause: SyscallError, what: string): SyscallError {
  const isRefusal = cause.errno === ERRNO.EACCES && cause.syscall === "perf_event_open";
  return isRefusal ? syscallError(ERRNO.EPERM, cause.syscall, `create ${what}`) : cause;
}
