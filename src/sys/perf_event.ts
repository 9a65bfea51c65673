/**
 * perf_event_open(2).
 *
 * @module
 */
import { PERF_EVENT_ATTR } from "../uapi/mod.ts";
import { Attr, type Fields } from "./attr.ts";
import { syscall } from "./call.ts";
import { Descriptor } from "./descriptor.ts";

const PERF_FLAG_PID_CGROUP = 4;
const PERF_FLAG_FD_CLOEXEC = 8;

/** `_IO('$', n)` and `_IOW('$', n, __u32)` of `include/uapi/linux/perf_event.h`. */
const PERF_EVENT_IOC = { ENABLE: 0x2400, SET_BPF: 0x40042408, PAUSE_OUTPUT: 0x40042409 } as const;

/** Whom an event counts. */
export interface PerfEventTarget {
  /** A process; -1 for all of them; with `cgroup` a descriptor of the directory of a cgroup. */
  readonly pid: number;
  /** Whether the processes of a cgroup are counted, of one that controls `perf_event`. */
  readonly cgroup?: boolean;
  /** A CPU; -1 for all, with a process only. */
  readonly cpu: number;
}

/** Opens a perf event. `what` names it in messages: `tracepoint "sched:sched_switch"`. */
export function perfEventOpen(
  what: string,
  fields: Fields<typeof PERF_EVENT_ATTR>,
  target: PerfEventTarget,
): Descriptor {
  const attr = new Attr(PERF_EVENT_ATTR, { ...fields, size: PERF_EVENT_ATTR.size });
  const fd = syscall(
    `open ${what}`,
    "perf_event_open",
    attr.address,
    target.pid,
    target.cpu,
    -1,
    PERF_FLAG_FD_CLOEXEC | (target.cgroup ? PERF_FLAG_PID_CGROUP : 0),
  );
  attr.used();
  return new Descriptor(fd, what);
}

/** `PERF_EVENT_IOC_SET_BPF`: runs a program at the event; how programs were attached before Linux 5.15. */
export function perfEventSetProgram(event: Descriptor, program: Descriptor): void {
  syscall(`attach ${program.what} to ${event.what}`, "ioctl", event.fd, PERF_EVENT_IOC.SET_BPF, program.fd);
}

/** `PERF_EVENT_IOC_ENABLE`. */
export function perfEventEnable(event: Descriptor): void {
  syscall(`enable ${event.what}`, "ioctl", event.fd, PERF_EVENT_IOC.ENABLE, 0);
}

/** `PERF_EVENT_IOC_PAUSE_OUTPUT`: has the event write nothing to its buffer, or go on. Since Linux 4.7. */
export function perfEventPause(event: Descriptor, paused: boolean): void {
  const action = `${paused ? "pause" : "resume"} ${event.what}`;
  syscall(action, "ioctl", event.fd, PERF_EVENT_IOC.PAUSE_OUTPUT, paused ? 1 : 0);
}
