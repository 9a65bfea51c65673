/**
 * Kernel functions that run.
 *
 * @module
 */
import type { Attachment } from "../link/core.ts";
import type { Program } from "../program/mod.ts";
import type { EventOptions } from "../ring/core.ts";
import { NotSupportedError } from "../errors.ts";
import type { Home } from "./_home.ts";
import { type LoadedFunction, loadFunction } from "./_load.ts";
import type { Outside } from "./kernel_types.ts";
import { FunctionSource, type KernelFunction } from "./_source.ts";
import type { Events } from "./events.ts";
import { Shared, type SharedThings } from "./shared.ts";

/** What the script gets where a function returns this: records are events, all else is nothing. */
export type Returned<R> = R extends object ? { readonly [N in keyof R]: Outside<R[N]> } : never;

/**
 * A kernel function that runs until it is closed.
 *
 * @typeParam E The events that it returns.
 */
export class Probe<E = never> implements AsyncIterable<E>, Disposable {
  /**
   * What it runs by.
   *
   * @ignore
   */
  readonly attachment: Attachment;
  readonly #program: Program | undefined;
  readonly #returned: Events<E> | undefined;
  readonly #explain: () => string;
  readonly #toObject: (() => Promise<Uint8Array>) | undefined;

  /**
   * Takes all of it over.
   *
   * @ignore
   */
  constructor(
    { program, returned, explain, toObject }:
      & Pick<LoadedFunction, "returned" | "explain">
      & Partial<Pick<LoadedFunction, "program" | "toObject">>,
    attachment: Attachment,
  ) {
    this.#program = program;
    this.attachment = attachment;
    this.#returned = returned as Events<E> | undefined;
    this.#explain = explain;
    this.#toObject = toObject;
  }

  /**
   * The program that was made of it.
   *
   * @throws {NotSupportedError} It runs in a kernel of a test, which has none.
   */
  get program(): Program {
    if (this.#program) return this.#program;
    throw new NotSupportedError(
      "Cannot use the program of a function that runs in a test: it is none of the kernel's",
    );
  }

  /** What was made of the function: its instructions, below the lines of its text that they are made of. */
  explain(): string {
    return this.#explain();
  }

  /**
   * What was made of the function, as an object file that libbpf and {@linkcode load} take: its program, in the section that says
   * where it attaches, and definitions of its maps. Fields of the kernel's structs are looked for where it is loaded, in whichever
   * kernel that is (CO-RE), but for bitfields; numbers of enums, sizes, and the context of tracepoints are those of this one.
   *
   * @throws {NotSupportedError} libbpf has no section for where it attaches: USDT probes have their arguments otherwise there. Or it
   * uses what this kernel alone has: addresses of symbols, and functions that are no helpers.
   */
  toObject(): Promise<Uint8Array> {
    if (this.#toObject) return this.#toObject();
    throw new NotSupportedError(
      "Cannot write an object file of a function that runs in a test: it is none of the kernel's",
    );
  }

  /** The records that the function returns, as they come. */
  [Symbol.asyncIterator](): AsyncIterableIterator<E> {
    return this.events();
  }

  /**
   * The records that the function returns, as they come, until the loop is left, the signal aborts, or none came for `timeout`.
   *
   * @throws {TypeError} It returns none.
   */
  events(options: EventOptions = {}): AsyncIterableIterator<E> {
    if (this.#returned) return this.#returned.events(options);
    throw new TypeError("Cannot read events of a kernel function that returns a verdict");
  }

  /** How many of the records that the function returned found no room, because the script did not read them in time. */
  get lost(): number {
    return this.#returned?.lost ?? 0;
  }

  /** Ends it. What it shares with the script stays. */
  close(): void {
    this.attachment.close();
    this.#program?.[Symbol.dispose]();
    this.#returned?.close();
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Loads a kernel function and attaches it. */
export function probe<E>(options: KernelFunction, attach: (program: Program) => Attachment): Probe<E> {
  const home = homeOf(options.shared);
  if (home) return probeAt(home, options);
  using undo = new DisposableStack();
  const loaded = loadFunction(options);
  undo.use(loaded.program);
  if (loaded.returned) undo.use(loaded.returned);
  const attachment = attach(loaded.program);
  undo.move();
  return new Probe(loaded, attachment);
}

/** Where the things are that a function is handed, if not in the kernel of this machine. */
function homeOf(things: SharedThings): Home | undefined {
  for (const thing of Object.values(things)) if (thing instanceof Shared && thing.home) return thing.home;
  return undefined;
}

function probeAt<E>(home: Home, options: KernelFunction): Probe<E> {
  using undo = new DisposableStack();
  const source = undo.use(new FunctionSource(options));
  for (const thing of [source.returned, ...Object.values(options.shared)]) {
    if (thing instanceof Shared) thing.home ??= home;
  }
  const running = home.attach(source);
  undo.move();
  return new Probe({ returned: source.returned, explain: () => running.explain() }, running);
}
