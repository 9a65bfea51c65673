/**
 * Attachments to events that the kernel or the processor counts.
 *
 * @module
 */
import { NotFoundError, NotSupportedError, SyscallError } from "../errors.ts";
import { closest, onlineCpus } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { type Descriptor, ERRNO, perfEventOpen, type PerfEventTarget } from "../sys/mod.ts";
import { PERF_TYPE } from "../uapi/mod.ts";
import { asPermission, linkPerfEvent } from "./_perf_event.ts";
import { type HardwareEvent, perfEvents, type SoftwareEvent } from "./_perf_events.ts";
import { openCgroup } from "./_places.ts";
import { explainAttach } from "./explain.ts";
import type { Attachment, Link } from "./link.ts";

/** Which event, of the kernel (`enum perf_sw_ids`) or of the processor (`enum perf_hw_id`). */
export type PerfEvent =
  | { readonly type: "software"; readonly event: SoftwareEvent }
  | { readonly type: "hardware"; readonly event: HardwareEvent };

/** How often the program runs: so many times a second, or once in so many events; `{ period: 1 }` is each. */
export type PerfEventRate =
  | { readonly frequency: number; readonly period?: never }
  | { readonly period: number; readonly frequency?: never };

/** Options of {@linkcode attachPerfEvent}. */
export type PerfEventOptions = PerfEvent & PerfEventRate & {
  /** The CPU; by default all that are online, and with `pid` wherever the process runs. */
  readonly cpu?: number;
  /** The process, or thread; all of them by default. */
  readonly pid?: number;
  /** The directory of a cgroup whose processes are counted: `/sys/fs/cgroup/system.slice`. Not with `pid`. */
  readonly cgroup?: string;
  /** What `bpf_get_attach_cookie()` returns in the program. Since Linux 5.15. */
  readonly cookie?: bigint;
};

/** A program at one event a CPU. It ends when it is closed. */
export class PerfEventAttachment implements Attachment {
  /** One an event. */
  readonly links: readonly Link[];

  /** Takes the links over. */
  constructor(links: readonly Link[]) {
    this.links = links;
  }

  /** Detaches the program from all events; harmless when that is done already. */
  close(): void {
    for (const link of this.links) link.close();
  }

  /** Detaches the program from all events. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Runs a program (`BPF_PROG_TYPE_PERF_EVENT`) each time that an event was counted so often. Since Linux 4.9; by links since
 * 5.15.
 *
 * @example 99 times a second on every CPU
 * ```ts ignore
 * import { attachPerfEvent, load } from "@waggle/ebpf";
 *
 * await using object = await load("profile.bpf.o");
 * const event = { type: "software", event: "cpu-clock", frequency: 99 } as const;
 * using sampling = attachPerfEvent(object.programs.get("on_tick"), event);
 * ```
 *
 * @throws {NotFoundError} There is no event of that name, or no such cgroup.
 * @throws {NotSupportedError} The machine does not count such events.
 * @throws {TypeError} The program is of another type.
 * @throws {RangeError} The rate is no positive integer.
 * @throws {PermissionError} The process lacks a capability.
 */
export function attachPerfEvent(program: Program, options: PerfEventOptions): PerfEventAttachment {
  const { type, event, cookie } = options;
  const what = `a link of program "${program.name}" to ${type} event "${event}"`;
  const config = configOf(what, options);
  const rate = rateOf(what, options);
  using undo = new DisposableStack();
  using cgroup = options.cgroup === undefined ? undefined : openCgroup(options.cgroup);
  try {
    const links = targets(options, cgroup).map((target) => {
      const fields = { type: PERF_TYPE[TYPES[type]], config, ...rate };
      using perf = perfEventOpen(`${type} event "${event}"`, fields, target);
      return undo.use(linkPerfEvent(what, perf, program, cookie));
    });
    undo.move();
    return new PerfEventAttachment(links);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw explain(asPermission(cause, what), what, program, options);
  }
}

const TYPES = { software: "SOFTWARE", hardware: "HARDWARE" } as const;

function configOf(what: string, { type, event }: PerfEvent): number {
  const events = perfEvents(type);
  const config = events.get(event);
  if (config !== undefined) return config;
  throw new NotFoundError(
    `Cannot create ${what}: there is none of that name${closest(event, events.keys())}`,
  );
}

function rateOf(what: string, { frequency, period }: PerfEventRate): Record<string, number> {
  const rate = frequency ?? period;
  if (rate === undefined || !Number.isSafeInteger(rate) || rate < 1) {
    throw new RangeError(
      `Cannot create ${what}: ${
        frequency === undefined ? "period" : "frequency"
      } ${rate} is no positive integer`,
    );
  }
  return frequency === undefined ? { sample_period: rate } : { sample_freq: rate, freq: 1 };
}

function targets({ cpu, pid }: PerfEventOptions, cgroup: Descriptor | undefined): PerfEventTarget[] {
  if (pid !== undefined && !cgroup) return [{ pid, cpu: cpu ?? -1 }];
  const cpus = cpu === undefined ? onlineCpus() : [cpu];
  return cpus.map((one) => cgroup ? { pid: cgroup.fd, cpu: one, cgroup: true } : { pid: -1, cpu: one });
}

function explain(cause: SyscallError, what: string, program: Program, options: PerfEventOptions): Error {
  const { type, cpu, pid, cgroup, cookie } = options;
  const isOpen = cause.syscall === "perf_event_open";
  // cgroup_get_from_fd and css_tryget_online_from_dir
  if (isOpen && cause.errno === ERRNO.ENOENT && cgroup !== undefined) {
    return new NotSupportedError(
      `Cannot create ${what}: cgroup ${JSON.stringify(cgroup)} does not control perf_event: the kernel may ` +
        "have it in another hierarchy (/proc/cgroups), or make it with the first other controller only: " +
        "echo +pids > cgroup.subtree_control above it",
      { cause },
    );
  }
  // The kernel has no PMU for the event: perf_init_event
  if (isOpen && (cause.errno === ERRNO.ENOENT || cause.errno === ERRNO.EOPNOTSUPP)) {
    const cure = type === "hardware"
      ? 'virtual machines often count none: take the software event "cpu-clock"'
      : "the kernel is too old for it";
    return new NotSupportedError(`Cannot create ${what}: this machine has no such event: ${cure}`, { cause });
  }
  const invalid = [
    ...(isOpen && options.frequency !== undefined
      ? ["the frequency may be above the sysctl kernel.perf_event_max_sample_rate"]
      : []),
    ...(isOpen && cpu !== undefined ? [`there may be no CPU ${cpu}`] : []),
    ...(isOpen && cgroup !== undefined && pid !== undefined
      ? ["a cgroup and a process exclude each other"]
      : []),
    ...(!isOpen && cookie !== undefined ? ["a cookie needs Linux 5.15"] : []),
  ].join(", or ");
  return explainAttach(cause, {
    program,
    what,
    types: ["perf_event"],
    capabilities: ["CAP_BPF", "CAP_PERFMON"],
    hints: {
      [ERRNO.ESRCH]: `there is no process ${pid}`,
      [ERRNO.ENODEV]: `CPU ${cpu} is not online`,
      [ERRNO.EBADF]: `${JSON.stringify(cgroup)} is no directory of a cgroup`,
      ...(invalid !== "" && { [ERRNO.EINVAL]: invalid }),
    },
  });
}
