/**
 * Probes by tracefs, for kernels without the PMU of a kind of probes, and for what the PMU cannot do.
 *
 * @module
 */
import { tracepointId } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { type Descriptor, OPEN, type PerfEventTarget, writeTextFile } from "../sys/mod.ts";
import { attachToPerfEvent, openTracepoint } from "./_perf_event.ts";
import { newGroup, type ProbeKind, removeEvent } from "./_probe_file.ts";
import { thisProcess } from "./_owner.ts";
import { Link } from "./link.ts";
import { removeDead } from "./probes.ts";

/** `MAX_EVENT_NAME_LEN` of `kernel/trace/trace.h`. */
const LONGEST_NAME = 64;

/** An event of `uprobe_events` or `kprobe_events`, which stays until it is removed, whoever made it. */
export class ProbeEvent {
  /** For `perf_event_attr.config`. */
  readonly id: number;
  readonly #file: string;
  readonly #group: string;
  readonly #event: string;

  /**
   * Makes an event, and removes those that processes left behind that were killed. `head` is the first letter of its
   * definition, with what may follow it; `place` the rest: the event is defined by `${head}:group/name ${place}`.
   *
   * @throws {SyscallError} The kernel refuses the definition.
   */
  constructor(kind: ProbeKind, file: string, head: string, label: string, place: string) {
    removeDead(kind);
    this.#file = file;
    this.#group = newGroup(thisProcess());
    this.#event = label.replaceAll(/\W+/g, "_").replace(/^(?=\d|$)/, "_").slice(0, LONGEST_NAME - 1);
    writeTextFile(file, `${head}:${this.#group}/${this.#event} ${place}`, OPEN.APPEND);
    try {
      this.id = tracepointId(this.#group, this.#event);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Removes the event, unless a pin or another descriptor still uses it. */
  remove(): void {
    removeEvent(this.#file, this.#group, this.#event);
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
