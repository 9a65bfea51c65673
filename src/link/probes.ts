/**
 * Events of tracefs that processes of this library made, and may have left behind.
 *
 * @module
 */
import { readTracefs } from "../kernel/mod.ts";
import { ownEvents, type ProbeKind, removeEvent } from "./_probe_file.ts";
import { isAlive } from "./_owner.ts";

/** An event of tracefs that a process of this library made. */
export interface ProbeInfo {
  /** In a function of the kernel (`kprobe_events`), or of a program or library (`uprobe_events`). */
  readonly kind: ProbeKind;
  /** The group that the event is alone in. It names the process exactly: with its start, as numbers are used again. */
  readonly group: string;
  /** Its name in the group. */
  readonly event: string;
  /** Where it is, as the kernel says: `do_sys_open`, `/usr/bin/bash:0x00000000000b0a50`. */
  readonly place: string;
  /** Whether it is where the function returns. */
  readonly return: boolean;
  /** The process that made it. */
  readonly pid: number;
  /** Whether that process lives; `undefined` where it is of another PID namespace, which cannot be looked into from here. */
  readonly alive: boolean | undefined;
}

const KINDS = ["kprobe", "uprobe"] as const;

/**
 * The events that this library made in tracefs (`kprobe_events`, `uprobe_events`), of all processes, living and dead.
 *
 * {@linkcode attachUprobe} and {@linkcode attachKprobe} make them before Linux 4.17, and with `maxActive`. Other probes have
 * none, and nobody else's events are listed, whatever their names. None are there where the kernel has no such probes, or
 * tracefs is not mounted.
 *
 * @example
 * ```ts ignore
 * import { listProbes } from "@waggle/ebpf";
 *
 * for (const { pid, alive, place } of listProbes()) console.log(pid, alive ? "runs" : "is gone", place);
 * ```
 *
 * @throws {PermissionError} tracefs is closed to this process.
 */
export function listProbes(): ProbeInfo[] {
  return KINDS.flatMap((kind) => eventsOf(kind).events);
}

/**
 * Removes the events of {@linkcode listProbes} whose processes are dead, and returns them: the kernel keeps those of a process
 * that was killed before it closed its links. Events that are in use stay, such as those of pinned links; so do those of
 * processes in other PID namespaces.
 *
 * Attaching by tracefs does the same for its kind of probes.
 *
 * @example After something was killed
 * ```ts ignore
 * import { cleanupProbes } from "@waggle/ebpf";
 *
 * console.log(cleanupProbes().map(({ place }) => place));
 * ```
 *
 * @throws {PermissionError} tracefs is closed to this process.
 */
export function cleanupProbes(): ProbeInfo[] {
  return KINDS.flatMap(removeDead);
}

/** {@linkcode cleanupProbes} of one kind. */
export function removeDead(kind: ProbeKind): ProbeInfo[] {
  const { path, events } = eventsOf(kind);
  return events.filter(({ alive, group, event }) => alive === false && removeEvent(path, group, event));
}

function eventsOf(kind: ProbeKind): { readonly path: string; readonly events: readonly ProbeInfo[] } {
  const { path, text } = readTracefs(`${kind}_events`) ?? { path: "", text: "" };
  const events = ownEvents(text).map(({ owner, ...event }) => ({
    kind,
    ...event,
    pid: owner.pid,
    alive: isAlive(owner),
  }));
  return { path, events };
}
