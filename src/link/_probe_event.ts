/**
 * Probes by tracefs, for kernels without the PMU of a kind of probes, and for what the PMU cannot do.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { tracefsFile, tracepointId } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import {
  type Descriptor,
  ERRNO,
  fileExists,
  OPEN,
  type PerfEventTarget,
  readTextFile,
  writeTextFile,
} from "../sys/mod.ts";
import { attachToPerfEvent, openTracepoint } from "./_perf_event.ts";
import { Link } from "./link.ts";

/** `MAX_EVENT_NAME_LEN` of `kernel/trace/trace.h`. */
const LONGEST_NAME = 64;
const SWEPT = /^\w+:(waggle_(\d+)_[0-9a-f]+\/\S+)/gm;

let count = 0;

/** An event of `uprobe_events` or `kprobe_events`, which stays until it is removed, whoever made it. */
export class ProbeEvent {
  /** For `perf_event_attr.config`. */
  readonly id: number;
  readonly #file: string;
  readonly #name: string;

  /**
   * Makes an event. `head` is the first letter of its definition, with what may follow it; `place` the rest: the event is
   * defined by `${head}:group/name ${place}`.
   *
   * @throws {SyscallError} The kernel refuses the definition.
   */
  constructor(file: string, head: string, label: string, place: string) {
    removeLeftOver(file);
    const pid = readTextFile("/proc/self/stat").split(" ", 1)[0];
    const group = `waggle_${pid}_${(count++).toString(16)}`;
    const event = label.replaceAll(/\W+/g, "_").replace(/^(?=\d|$)/, "_").slice(0, LONGEST_NAME - 1);
    this.#file = file;
    this.#name = `${group}/${event}`;
    writeTextFile(file, `${head}:${this.#name} ${place}`, OPEN.APPEND);
    try {
      this.id = tracepointId(group, event);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Removes the event, unless a pin or another descriptor still uses it. */
  remove(): void {
    tryRemove(this.#file, this.#name);
  }
}

/** Attaches a program to such an event. The event is the link's from then on; where it throws, it is removed. */
export function attachToProbeEvent(
  what: string,
  program: Program,
  event: ProbeEvent,
  who: PerfEventTarget,
  cookie: bigint | undefined,
): Link {
  try {
    using perf = openTracepoint(what, event.id, who);
    return new ProbeEventLink(attachToPerfEvent(what, perf, program, cookie), event);
  } catch (error) {
    event.remove();
    throw error;
  }
}

/** `uprobe_events` or `kprobe_events`; `undefined` where the kernel has no such probes, or tracefs is not mounted. */
export function probeEvents(kind: "kprobe" | "uprobe"): string | undefined {
  return tracefsFile(`${kind}_events`);
}

/** A link to such an event, which removes it when it is closed. */
class ProbeEventLink extends Link {
  readonly #event: ProbeEvent;

  /** Takes both over. */
  constructor(descriptor: Descriptor, event: ProbeEvent) {
    super(descriptor);
    this.#event = event;
  }

  /** Detaches the program and removes the event, unless the link is pinned; harmless when it is closed already. */
  override close(): void {
    if (this.descriptor.closed) return;
    super.close();
    this.#event.remove();
  }
}

/**
 * Events outlive a process that is killed: the next one removes them. Of a live one in another PID namespace, which looks dead
 * from here, those in use stay.
 */
function removeLeftOver(file: string): void {
  for (const [, name = "", pid = ""] of readTextFile(file).matchAll(SWEPT)) {
    if (!fileExists(`/proc/${pid}`)) tryRemove(file, name);
  }
}

/** The kernel says `EBUSY` for events in use, such as those of pinned links: those stay. */
function tryRemove(file: string, name: string): void {
  try {
    writeTextFile(file, `-:${name}`, OPEN.APPEND);
  } catch (error) {
    const stays = error instanceof SyscallError &&
      (error.errno === ERRNO.EBUSY || error.errno === ERRNO.ENOENT);
    if (!stays) throw error;
  }
}
