/**
 * The report at the end of a script that saw nothing.
 *
 * @module
 */
import type { BpfObject } from "../object/mod.ts";
import type { Program } from "../program/mod.ts";
import { stderr } from "../output/mod.ts";
import { type Observation, observe } from "./explain.ts";
import type { ObjectReport } from "./parts.ts";
import type { Report } from "./report.ts";

/** Options of {@linkcode explainSilence}. */
export interface SilenceOptions {
  /**
   * Whether the script saw something; unless given, it did where programs wrote to a ring buffer or put something
   * into a hash map or an array of the object.
   */
  readonly seen?: () => boolean;
  /** Says nothing unless this has aborted: of scripts that end by it, and otherwise for a reason of their own. */
  readonly signal?: AbortSignal;
  /** Takes the text; standard error unless given. */
  readonly print?: (text: string) => void;
}

/**
 * Says at the end of a script why it saw nothing, where it did: {@linkcode explain} of all that happened since this
 * was called. Declare it after the object and its links, so that it ends before they do.
 *
 * @example
 * ```ts ignore
 * import { attachAll, load, ring } from "@waggle/ebpf";
 * import { explainSilence } from "@waggle/ebpf/report";
 *
 * await using object = await load("execsnoop.bpf.o");
 * using _links = attachAll(object);
 * using _silence = explainSilence(object);
 * for await (const event of object.maps.get("events", ring("event")).events({ timeout: 10_000 })) console.log(event);
 * ```
 */
export function explainSilence(thing: BpfObject | Program, options: SilenceOptions = {}): Disposable {
  return new Silence(thing, options);
}

class Silence implements Disposable {
  readonly #observation: Observation;
  readonly #options: SilenceOptions;

  constructor(thing: BpfObject | Program, options: SilenceOptions) {
    this.#observation = observe(thing);
    this.#options = options;
  }

  [Symbol.dispose](): void {
    using observation = this.#observation;
    const { seen, signal, print = toStderr } = this.#options;
    if (signal?.aborted === false || seen?.()) return;
    const report = observation.report();
    if (seen || !hasOutput(report)) print(widest(report));
  }
}

/** Lines of more are hard to read. */
const WIDEST = 100;

function widest(report: Report): string {
  using out = stderr();
  return report.text({ width: Math.min(out.terminal.width ?? WIDEST, WIDEST) });
}

function toStderr(text: string): void {
  using out = stderr();
  out.write(`${text}\n`);
}

/** Types of maps into which programs put what scripts see, but rings. */
const OUTPUT = /^(lru_)?(percpu_)?(hash|array)$/;

function hasOutput({ subject }: Report): boolean {
  return "maps" in subject &&
    (subject as ObjectReport).maps.some(({ ring, type, entries }) =>
      ring ? ring.written > 0 : OUTPUT.test(type) && (entries ?? 0) > 0
    );
}
