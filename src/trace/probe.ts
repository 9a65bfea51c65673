/**
 * Kernel functions that run.
 *
 * @module
 */
import type { Attachment } from "../link/core.ts";
import type { Program } from "../program/mod.ts";
import type { EventOptions } from "../ring/mod.ts";
import { type KernelFunction, type LoadedFunction, loadFunction } from "./_load.ts";
import type { Events } from "./events.ts";

/** What the script gets where a function returns this: records are events, all else is nothing. */
export type Returned<R> = R extends object ? { readonly [N in keyof R]: Outside<R[N]> } : never;

/** A field of an event outside: members of the kernel, whose types TypeScript does not know, are numbers. */
export type Outside<T> = 0 extends 1 & T ? number : T;

/**
 * A kernel function that runs until it is closed.
 *
 * @typeParam E The events that it returns.
 */
export class Probe<E = never> implements AsyncIterable<E>, Disposable {
  /** The program that was made of it. */
  readonly program: Program;
  readonly #attachment: Attachment;
  readonly #returned: Events<E> | undefined;
  readonly #explain: () => string;

  /**
   * Takes all of it over.
   *
   * @ignore
   */
  constructor({ program, returned, explain }: LoadedFunction, attachment: Attachment) {
    this.program = program;
    this.#attachment = attachment;
    this.#returned = returned as Events<E> | undefined;
    this.#explain = explain;
  }

  /** What was made of the function: its instructions, below the lines of its text that they are made of. */
  explain(): string {
    return this.#explain();
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
    throw new TypeError(
      `Cannot read events of program "${this.program.name}": its function returns a verdict`,
    );
  }

  /** How many of the records that the function returned found no room, because the script did not read them in time. */
  get lost(): number {
    return this.#returned?.lost ?? 0;
  }

  /** Ends it. What it shares with the script stays. */
  close(): void {
    this.#attachment.close();
    this.program[Symbol.dispose]();
    this.#returned?.close();
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Loads a kernel function and attaches it. */
export function probe<E>(options: KernelFunction, attach: (program: Program) => Attachment): Probe<E> {
  using undo = new DisposableStack();
  const loaded = loadFunction(options);
  undo.use(loaded.program);
  if (loaded.returned) undo.use(loaded.returned);
  const attachment = attach(loaded.program);
  undo.move();
  return new Probe(loaded, attachment);
}
