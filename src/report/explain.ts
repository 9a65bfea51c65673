/**
 * Why nothing is seen.
 *
 * @module
 */
import { WaggleError } from "../errors.ts";
import { type Attachment, Link } from "../link/mod.ts";
import { BpfMap } from "../map/mod.ts";
import { Attachments, BpfObject } from "../object/mod.ts";
import { openProgram, Program } from "../program/mod.ts";
import type { ProgramSpec } from "../spec/mod.ts";
import { attachedNow } from "./_attached.ts";
import { networkDevices } from "./_devices.ts";
import { MapWatch } from "./_map.ts";
import { attachmentReport, type Look, ProgramWatch } from "./_program.ts";
import { Statistics } from "./_statistics.ts";
import { lossCounters } from "./_variables.ts";
import type { AttachmentReport, Finding, ObjectReport, ProgramReport, ReportSubject } from "./parts.ts";
import { Report } from "./report.ts";

/** What can be explained: an object, a program, a map, or what attaches one. */
export type Explainable = BpfObject | Program | BpfMap | Attachment;

/** Options of {@linkcode explain}. */
export interface ExplainOptions {
  /** For how long runs are counted, in ms; 1000 unless given, and with 0 not at all. */
  readonly for?: number;
  /** Ends the counting when it aborts; the report comes all the same. */
  readonly signal?: AbortSignal;
}

const DEFAULT_MS = 1000;

/**
 * Finds out why nothing is seen of something that is loaded: whether its programs are attached, run, are kept from
 * it, put anything into their maps, and whether there is room and somebody reads. Nothing is changed, and no event is
 * taken from a buffer.
 *
 * Meanwhile the kernel counts the runs of all programs, which costs each some 20 ns (see {@linkcode enableStats}).
 * What the process may not know, the report says: without `CAP_SYS_ADMIN` runs are not counted, and links of other
 * processes not found.
 *
 * @example Why does my script print nothing?
 * ```ts ignore
 * import { load } from "@waggle/ebpf";
 * import { explain } from "@waggle/ebpf/report";
 *
 * await using object = await load("execsnoop.bpf.o");
 * using _link = object.programs.get("on_exec").attach();
 * console.log(String(await explain(object)));
 * ```
 *
 * @throws {TypeError} It is nothing that can be explained.
 * @throws {RangeError} The time is no number of ms.
 */
export async function explain(thing: Explainable, options: ExplainOptions = {}): Promise<Report> {
  const { for: duration = DEFAULT_MS, signal } = options;
  if (!(duration >= 0 && duration < 2 ** 31)) {
    throw new RangeError(`Cannot explain for ${duration} ms: it is no time from 0 to ${2 ** 31 - 1}`);
  }
  using observation = new Observation(thing, duration > 0);
  if (duration > 0) await sleep(duration, signal);
  return observation.report();
}

/**
 * {@linkcode explain} of all that happens from now on until somebody asks.
 *
 * @example At the end of a script that saw nothing
 * ```ts ignore
 * import { observe } from "@waggle/ebpf/report";
 *
 * using observation = observe(object);
 * let seen = 0;
 * for await (const event of events.events({ signal })) seen++;
 * if (seen === 0) console.error(String(observation.report()));
 * ```
 *
 * @throws {TypeError} It is nothing that can be explained.
 */
export function observe(thing: Explainable): Observation {
  return new Observation(thing, true);
}

/** A look at something that goes on: see {@linkcode observe}. */
export class Observation implements Disposable {
  readonly #subject: (look: Look) => ReportSubject;
  readonly #statistics: Statistics | undefined;
  readonly #opened = new DisposableStack();
  readonly #devices = networkDevices();
  readonly #since = performance.now();

  /** Begins; runs are counted where `counting` says so. */
  constructor(thing: Explainable, counting: boolean) {
    using undo = new DisposableStack();
    this.#statistics = counting ? undo.use(new Statistics()) : undefined;
    undo.use(this.#opened);
    this.#subject = subjectOf(thing, this.#opened);
    undo.move();
  }

  /** What is known by now. */
  report(): Report {
    const counted = this.#statistics;
    const duration = performance.now() - this.#since;
    const look: Look = {
      span: inWords(duration),
      uncounted: counted ? counted.unavailable : "nobody asked for it",
      attached: attachedNow(),
      devices: { before: this.#devices, now: networkDevices() },
    };
    return new Report(this.#subject(look), look.uncounted === undefined ? Math.round(duration) : 0);
  }

  /** Ends the counting. */
  [Symbol.dispose](): void {
    this.#statistics?.[Symbol.dispose]();
    this.#opened[Symbol.dispose]();
  }
}

/** Looks at it for the first time; what comes back looks again. */
function subjectOf(thing: Explainable, opened: DisposableStack): (look: Look) => ReportSubject {
  if (thing instanceof BpfObject) return objectOf(thing);
  if (thing instanceof BpfMap) {
    const watch = new MapWatch(thing);
    return () => watch.look().report;
  }
  if (thing instanceof Program) {
    const watch = new ProgramWatch(thing);
    return (look) => watch.look(look);
  }
  if (thing instanceof Link) return linkOf(thing, opened);
  const links = linksIn(thing);
  if (links) {
    const parts = links.map((link) => linkOf(link, opened));
    const findings = thing instanceof Attachments ? refusals(thing) : [];
    return (look) => ({ kind: "attachments", attachments: parts.map((part) => part(look)), findings });
  }
  throw new TypeError(
    "Cannot explain this: it is no object, program, map or link; where the kernel has no link for an attachment, explain " +
      "its program",
  );
}

/** The links of what is made of several, such as a perf event on each CPU. */
function linksIn(thing: Attachment): Link[] | undefined {
  if (thing instanceof Link) return [thing];
  const parts = "links" in thing && Array.isArray(thing.links)
    ? thing.links
    : thing instanceof Attachments
    ? [...thing]
    : undefined;
  return parts?.flatMap((part) => linksIn(part) ?? []);
}

function refusals({ refused, left }: Attachments): Finding[] {
  return [
    ...[...refused.values()].map(({ message }): Finding => ({
      level: "problem",
      code: "refused",
      text: message,
    })),
    ...[...left].map(([name, why]): Finding => ({
      level: "fact",
      code: "not-attached",
      text: `"${name}" was left alone: ${why}`,
    })),
  ];
}

function linkOf(link: Link, opened: DisposableStack): (look: Look) => AttachmentReport {
  const id = programIdOf(link);
  const program = id && tryOpen(id);
  const watch = program ? new ProgramWatch(opened.use(program)) : undefined;
  return (look) => {
    const report = watch?.look(look);
    if (link.descriptor.closed) {
      const text = "the script closed it: that detached the program, unless it is pinned";
      const place = link.descriptor.what;
      return {
        kind: "attachment",
        linkId: undefined,
        place,
        own: true,
        findings: [{ level: "problem", code: "closed", text }],
        ...(report && { program: report }),
      };
    }
    const info = infoOf(link);
    const place = info
      ? attachmentReport({ kind: "link", info, own: true }, look.devices, report?.runs)
      : attachmentReport(
        { kind: "other", text: `${link.descriptor.what}, which is no link before Linux 5.15`, own: true },
        look.devices,
        report?.runs,
      );
    return { ...place, ...(report && { program: { ...report, attachments: [] } }) };
  };
}

function infoOf(link: Link): Link["info"] | undefined {
  try {
    return link.info;
  } catch (error) {
    if (error instanceof WaggleError) return undefined;
    throw error;
  }
}

function programIdOf(link: Link): number | undefined {
  return link.descriptor.closed ? undefined : infoOf(link)?.programId;
}

/** Programs are opened by their numbers with `CAP_SYS_ADMIN` alone. */
function tryOpen(id: number): Program | undefined {
  try {
    return openProgram({ id });
  } catch (error) {
    if (error instanceof WaggleError) return undefined;
    throw error;
  }
}

function objectOf(object: BpfObject): (look: Look) => ObjectReport {
  const programs = [...object.programs].map((program) => new ProgramWatch(program, object));
  const sections = new Set(
    object.spec.maps.filter(({ contents, kconfig }) => contents || kconfig).map(({ name }) => name),
  );
  const maps = object.maps.names().filter((name) => !sections.has(name))
    .map((name) => new MapWatch(object.maps.get(name)));
  return (look) => {
    const looks = maps.map((map) => map.look());
    const loaded = programs.map((program) => program.look(look, looks));
    const losses = lossCounters(object);
    return {
      kind: "object",
      name: object.name,
      programs: [...loaded, ...unloaded(object)],
      maps: looks.map(({ report }) => report),
      findings: losses.length === 0 ? [] : [{
        level: "problem",
        code: "lost",
        text: `by their names these variables count what programs could not send: ${losses.join(", ")}`,
      }],
    };
  };
}

/** The programs that are in the file and not in the kernel. */
function unloaded(object: BpfObject): ProgramReport[] {
  const loaded = new Set(object.programs.names());
  return object.spec.programs.filter(({ name }) => !loaded.has(name)).map((spec) => ({
    kind: "program",
    name: spec.name,
    section: spec.section,
    id: undefined,
    attachments: [],
    runs: undefined,
    misses: 0,
    findings: [whyUnloaded(object, spec, loaded.size === 0)],
  }));
}

function whyUnloaded({ refused }: BpfObject, { name, autoload }: ProgramSpec, none: boolean): Finding {
  const refusal = refused.get(name);
  if (refusal) return { level: "problem", code: "refused", text: refusal.message };
  const why = autoload
    ? "the option only of load() leaves it out"
    : `its section begins with "?": load() takes it where its option only names it`;
  return { level: none ? "problem" : "fact", code: "not-loaded", text: `it is not loaded: ${why}` };
}

/** Three digits are enough. */
function inWords(milliseconds: number): string {
  return milliseconds < 1000
    ? `${Math.round(milliseconds)} ms`
    : `${Number((milliseconds / 1000).toPrecision(3))} s`;
}

async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const end = () => resolve();
  signal?.addEventListener("abort", end, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
}
