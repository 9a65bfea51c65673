/**
 * What a report is made of.
 *
 * @module
 */

/**
 * What is known about one thing of a report: that it is so (`fact`), that it may be why nothing is seen (`problem`),
 * or that it could not be found out (`unknown`).
 */
export type FindingLevel = "fact" | "problem" | "unknown";

/** What a finding is about, for scripts. */
export type FindingCode =
  /** The kernel refused the program when its object was loaded. */
  | "refused"
  /** It was not asked to be loaded. */
  | "not-loaded"
  /** The script closed it. */
  | "closed"
  /** Nothing runs the program, or it cannot be told whether something does. */
  | "not-attached"
  /** What it was attached to is gone. */
  | "gone"
  /** The place is there, but nothing happens: the device is down, the cgroup empty, nobody runs the file. */
  | "idle"
  /** How often the program ran, also where that is 0 or unknown. */
  | "runs"
  /** Events passed the program by, as it ran already on that CPU. */
  | "missed"
  /** The program ran and put nothing into its maps. */
  | "filtered"
  /** What the program prints and where that goes. */
  | "prints"
  /** What a map holds. */
  | "contents"
  /** Records wait that nobody has read. */
  | "unread"
  /** There is no room for more. */
  | "full"
  /** A record is reserved and neither submitted nor discarded, which holds up those after it. */
  | "stuck"
  /** Records found no room. */
  | "lost";

/** One thing that was found out. */
export interface Finding {
  /** How bad it is. */
  readonly level: FindingLevel;
  /** What it is about. */
  readonly code: FindingCode;
  /** In words: what is so, and after a colon why or what helps. */
  readonly text: string;
}

/** A place where a program is attached. */
export interface AttachmentReport {
  /** Tells it from other parts. */
  readonly kind: "attachment";
  /** The link's number; `undefined` where the kernel has no link for it, or it is closed. */
  readonly linkId: number | undefined;
  /** `raw tracepoint sched_process_exec`. */
  readonly place: string;
  /** Whether this process holds it; if not, a pin or another process does. */
  readonly own: boolean;
  /** What was found out. */
  readonly findings: readonly Finding[];
  /** The program, in reports of attachments and where the process may open it. */
  readonly program?: ProgramReport;
}

/** A program. */
export interface ProgramReport {
  /** Tells it from other parts. */
  readonly kind: "program";
  /** The name in the source, or the kernel's. */
  readonly name: string;
  /** The argument of `SEC()`, or the type where the program is not of an object. */
  readonly section: string;
  /** The number that the kernel gave it; `undefined` where it is not loaded, or closed. */
  readonly id: number | undefined;
  /** Where it is attached, as far as that can be found out. */
  readonly attachments: readonly AttachmentReport[];
  /** How often it ran while that was counted; `undefined` where it was not. */
  readonly runs: number | undefined;
  /** How often it did not run since it was loaded because it ran already on the CPU. */
  readonly misses: number;
  /** What was found out. */
  readonly findings: readonly Finding[];
}

/** The state of a ring buffer, in bytes with the 8 of each record's header. */
export interface RingState {
  /** Of the whole buffer. */
  readonly size: number;
  /** Ever. */
  readonly written: number;
  /** Ever. */
  readonly read: number;
  /** Written and not read yet. */
  readonly waiting: number;
  /** How many records that is; the first 65536 are counted. */
  readonly records: number;
}

/** A map. */
export interface MapReport {
  /** Tells it from other parts. */
  readonly kind: "map";
  /** The name in the source, or the kernel's. */
  readonly name: string;
  /** As {@linkcode MapInfo.type}; empty where the map is closed. */
  readonly type: string;
  /** How many elements fit; the bytes of a ring buffer. */
  readonly maxEntries: number;
  /** How many there are, of arrays those that are not zero; `undefined` where that cannot be told. */
  readonly entries: number | undefined;
  /** Of ring buffers. */
  readonly ring?: RingState;
  /** What was found out. */
  readonly findings: readonly Finding[];
}

/** An object, with all its programs and those of its maps that are no data sections. */
export interface ObjectReport {
  /** Tells it from other parts. */
  readonly kind: "object";
  /** The name in the source, or the kernel's. */
  readonly name: string;
  /** In the order of the file: those that are loaded, then the others. */
  readonly programs: readonly ProgramReport[];
  /** In the order of the file. */
  readonly maps: readonly MapReport[];
  /** What was found out. */
  readonly findings: readonly Finding[];
}

/** Several attachments, as {@linkcode attachAll} makes them. */
export interface AttachmentsReport {
  /** Tells it from other parts. */
  readonly kind: "attachments";
  /** One a link. */
  readonly attachments: readonly AttachmentReport[];
  /** What was found out. */
  readonly findings: readonly Finding[];
}

/** What a report is about. */
export type ReportSubject = ObjectReport | ProgramReport | MapReport | AttachmentReport | AttachmentsReport;

/** A problem and whose it is. */
export interface Problem extends Finding {
  /** `program "on_exec"`. */
  readonly of: string;
}

/** What a part is called. */
export function nameOf(part: ReportSubject): string {
  switch (part.kind) {
    case "attachments":
      return "attachments";
    case "attachment":
      return part.linkId === undefined
        ? `attachment to ${part.place}`
        : `link ${part.linkId} (${part.place})`;
    default:
      return `${part.kind} "${part.name}"`;
  }
}

/** The parts that are below one. */
export function partsOf(part: ReportSubject): readonly ReportSubject[] {
  switch (part.kind) {
    case "object":
      return [...part.programs, ...part.maps];
    case "program":
    case "attachments":
      return part.attachments;
    case "attachment":
      return part.program ? [part.program] : [];
    case "map":
      return [];
  }
}
