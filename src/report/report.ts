/**
 * What is found out about why nothing is seen: data, and as text.
 *
 * @module
 */
import { reportText } from "./_text.ts";
import { type FindingCode, nameOf, partsOf, type Problem, type ReportSubject } from "./parts.ts";

/** In which order events come by what may go wrong. */
const ORDER: readonly FindingCode[] = [
  "closed",
  "refused",
  "not-loaded",
  "gone",
  "not-attached",
  "idle",
  "runs",
  "missed",
  "filtered",
  "stuck",
  "unread",
  "full",
  "lost",
  "contents",
];
/** What keeps a program from running comes before this. */
const RUNNING = ORDER.indexOf("missed");

/** How wide {@linkcode Report.toString} makes its lines. */
const WIDTH = 100;

/**
 * What {@linkcode explain} found out. It is data: `JSON.stringify(report)` has all of it, `String(report)` says it in
 * words.
 */
export class Report {
  /** What it is about, with all parts. */
  readonly subject: ReportSubject;
  /** For how long runs were counted, in ms; 0 where they were not. */
  readonly duration: number;

  /** A report about something that was looked at for so many ms. */
  constructor(subject: ReportSubject, duration: number) {
    this.subject = subject;
    this.duration = duration;
  }

  /**
   * What may be why nothing is seen, the likeliest first: in the order in which events come by; where a program ran,
   * what keeps others from it comes last.
   */
  get problems(): Problem[] {
    const ran = anyRan(this.subject);
    const rank = ({ code }: Problem) => {
      const at = ORDER.indexOf(code);
      return ran && at < RUNNING ? at + ORDER.length : at;
    };
    return problemsOf(this.subject).sort((a, b) => rank(a) - rank(b));
  }

  /**
   * As text in lines of at most so many columns, 100 unless given; problems begin with `!`, what is unknown with `?`.
   */
  text({ width = WIDTH }: { readonly width?: number } = {}): string {
    return reportText(this.subject, this.problems, width);
  }

  /** {@linkcode Report.text}. */
  toString(): string {
    return this.text();
  }
}

function problemsOf(part: ReportSubject): Problem[] {
  const own = part.findings.filter(({ level }) => level === "problem").map((it) => ({
    ...it,
    of: nameOf(part),
  }));
  return [...own, ...partsOf(part).flatMap(problemsOf)];
}

function anyRan(part: ReportSubject): boolean {
  return part.kind === "program" && (part.runs ?? 0) > 0 || partsOf(part).some(anyRan);
}
