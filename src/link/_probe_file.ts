/**
 * The files of tracefs that probes are made by, and which of the events in them are this library's.
 *
 * @module
 */
import { PermissionError, SyscallError } from "../errors.ts";
import { tracefsFile, tracefsHint } from "../kernel/mod.ts";
import { ERRNO, OPEN, writeTextFile } from "../sys/mod.ts";
import type { Owner } from "./_owner.ts";

/** What a probe is in: a function of the kernel, or of a program or library. */
export type ProbeKind = "kprobe" | "uprobe";

/** An event of this library's. */
export interface OwnEvent {
  /** `waggle_`, and whose it is. */
  readonly group: string;
  /** Its name in the group. */
  readonly event: string;
  /** Where it is, as the kernel says: `do_sys_open`, `/usr/bin/bash:0x00000000000b0a50`. */
  readonly place: string;
  /** Whether it is where the function returns. */
  readonly return: boolean;
  readonly owner: Owner;
}

/** How many hexadecimal digits end the name of a group. */
const NUMBER_DIGITS = 12;

/** The lines of events, whose letter may have a number after it (`maxactive`): `r64:group/event place`. */
const LINE = /^([pr])\d*:(waggle_(\d+)_(\d+)_(\d+)_[0-9a-f]{12})\/(\w+) (.+)$/gm;

/** The path of `uprobe_events` or `kprobe_events`; `undefined` where the kernel has no such probes, or tracefs is not mounted. */
export function probeEvents(kind: ProbeKind): string | undefined {
  return tracefsFile(`${kind}_events`);
}

/**
 * A new name of a group that says whose it is. Numbered at random, as two threads of one process cannot count together and the
 * kernel takes a second definition of a name for one more place of the same event. At most 59 characters, of the 63 that
 * `MAX_EVENT_NAME_LEN` of `kernel/trace/trace.h` leaves.
 */
export function newGroup({ pid, start, namespace }: Owner): string {
  const number = crypto.randomUUID().slice(-NUMBER_DIGITS);
  return `waggle_${pid}_${start}_${namespace}_${number}`;
}

/** The events of this library's in the text of such a file. */
export function ownEvents(text: string): OwnEvent[] {
  return [...text.matchAll(LINE)].map((match) => {
    const [, letter, group = "", pid, start = "", namespace = "", event = "", place = ""] = match;
    return { group, event, place, return: letter === "r", owner: { pid: Number(pid), start, namespace } };
  });
}

/**
 * Removes an event, unless it is in use: by a pinned link, or by a descriptor that another process has. Returns whether it was
 * removed by this call.
 *
 * @throws {PermissionError} The process may not write to tracefs.
 */
export function removeEvent(file: string, group: string, event: string): boolean {
  try {
    writeTextFile(file, `-:${group}/${event}`, OPEN.APPEND);
    return true;
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    switch (cause.errno) {
      case ERRNO.EBUSY:
      case ERRNO.ENOENT: // another process was quicker
        return false;
      case ERRNO.EACCES:
      case ERRNO.EPERM:
        throw new PermissionError(
          `Cannot remove probe "${group}/${event}": ${tracefsHint(cause)}`,
          { cause },
        );
      default:
        throw cause;
    }
  }
}
