/**
 * Programs of a script on their way into the kernel.
 *
 * @module
 */
import type { AttachPoint, PlannedProgram, Site } from "../lang/bpftrace/mod.ts";
import type { Attachment } from "../link/core.ts";
import type { BpfMap } from "../map/core.ts";
import type { Program } from "../program/mod.ts";
import { attach, attachMany, load } from "./attach.ts";
import type { ScriptOptions } from "./options.ts";
import type { Target } from "./points.ts";

/** Loads and attaches the programs of a script. */
export class Starter {
  /** What is attached. */
  readonly attachments: Attachment[] = [];
  /** What runs at the end. */
  readonly ends: Program[] = [];
  readonly #later: (() => void)[] = [];
  readonly #maps: Readonly<Record<string, BpfMap>>;
  readonly #targets: ReadonlyMap<Site, Target>;
  readonly #options: ScriptOptions;
  readonly #undo: DisposableStack;
  readonly #warn: (message: string) => void;
  readonly #begins: Program[] = [];
  /** How many probes are attached. */
  count = 0;

  /** Programs use these maps; what is opened is closed by `undo`. */
  constructor(
    maps: Readonly<Record<string, BpfMap>>,
    targets: ReadonlyMap<Site, Target>,
    options: ScriptOptions,
    undo: DisposableStack,
    warn: (message: string) => void,
  ) {
    this.#maps = maps;
    this.#targets = targets;
    this.#options = options;
    this.#undo = undo;
    this.#warn = warn;
  }

  /** Loads a program; it is attached when all are loaded. */
  start(points: readonly AttachPoint[], planned: PlannedProgram, sites: readonly Site[]): void {
    const targets = sites.flatMap((site) => this.#targets.get(site) ?? []);
    const [first] = targets;
    if (!first) return;
    this.count += targets.length;
    const byKind = Map.groupBy(targets, ({ kind }) => kind);
    for (const [kind, some] of byKind) this.#load(points, planned, kind, some);
  }

  #load(
    points: readonly AttachPoint[],
    planned: PlannedProgram,
    kind: string,
    targets: readonly Target[],
  ): void {
    const [first] = targets;
    if (!first) return;
    if (kind === "uprobe" || kind === "uretprobe") {
      const [patterns, plain] = [targets.filter(isPattern), targets.filter((one) => !isPattern(one))];
      if (patterns.length > 0) {
        this.#attachLater(points, this.#loaded(planned, patterns[0] as Target, true), patterns);
      }
      if (plain.length > 0) {
        this.#attachLater(points, this.#loaded(planned, plain[0] as Target, false), plain);
      }
      return;
    }
    const isMany = targets.length > MANY && (kind === "kprobe" || kind === "kretprobe");
    if (isMany) return this.#manyLater(points, planned, targets);
    const program = this.#loaded(planned, first, false);
    if (kind === "BEGIN") this.#begins.push(program);
    else if (kind === "END") this.ends.push(program);
    else this.#attachLater(points, program, targets);
  }

  /** All functions at once where the kernel can, and one by one where not. */
  #manyLater(points: readonly AttachPoint[], planned: PlannedProgram, targets: readonly Target[]): void {
    const [first] = targets;
    if (!first) return;
    this.#later.push(() => {
      try {
        const program = this.#loaded(planned, first, true);
        this.attachments.push(this.#undo.use(attachMany(program, targets)));
      } catch {
        this.#attachLater(points, this.#loaded(planned, first, false), targets);
      }
    });
  }

  #loaded(planned: PlannedProgram, target: Target, multi: boolean): Program {
    return this.#undo.use(load(planned, target, this.#maps, multi));
  }

  /** Where a probe has several places, those that are missing are left out. */
  #attachLater(points: readonly AttachPoint[], program: Program, targets: readonly Target[]): void {
    const isOptional = points.length > 1 || targets.length > 1;
    for (const target of targets) {
      this.#later.push(() => {
        try {
          this.attachments.push(this.#undo.use(attach(program, target, this.#options.pid)));
        } catch (error) {
          if (!isOptional || !(error instanceof Error)) throw error;
          this.count--;
          this.#warn(`could not attach probe ${target.probe}, skipping: ${error.message}`);
        }
      });
    }
  }

  /** Runs what is to be first, and attaches all others. */
  attachAll(): void {
    for (const program of this.#begins) program.run();
    for (const one of this.#later) one(); // one may put others at the end
  }
}

/** From so many functions on they are attached at once. */
const MANY = 4;

function isPattern({ parts }: Target): boolean {
  return /[*?]/.test(parts[2] ?? "");
}
