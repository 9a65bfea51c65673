/**
 * Standard output, by write(2): neither runtime says there when the reader of a pipe has gone.
 *
 * @module
 */
import {
  Descriptor,
  environment,
  ERRNO,
  hungUp,
  openReadable,
  type Readable,
  syscallError,
  terminalSize,
  tryWriteText,
} from "../sys/mod.ts";
import { SyscallError } from "../errors.ts";
import { type Sink, type Terminal, terminalFacts } from "./sink.ts";
import type { Printable, Style } from "./style.ts";

/** What is known better than the environment says. */
export interface OutputOptions extends Partial<Style> {
  /** Ends what waits for {@linkcode Output.signal}. */
  readonly signal?: AbortSignal;
}

const STDOUT = 1;
const STDERR = 2;

/** Errors of write(2) that mean that nobody reads any more: of a pipe, a socket, a terminal. */
const GONE: readonly number[] = [ERRNO.EPIPE, ERRNO.ECONNRESET, ERRNO.EIO];

/** Waits for the other end to close. */
interface Watch {
  readonly descriptor: Descriptor;
  readonly readable: Readable;
}

/**
 * Standard output. Needs no permission but `--allow-ffi`.
 *
 * @example A tool that ends when its reader does: `tool | head -1`
 * ```ts ignore
 * import { jsonLine, stdout } from "@waggle/ebpf/output";
 *
 * using out = stdout();
 * for await (const event of events.events({ signal: out.signal })) out.print(jsonLine(event));
 * ```
 */
export function stdout(options: OutputOptions = {}): Output {
  return new Output(STDOUT, "standard output", options);
}

/** Standard error: see {@linkcode stdout}. */
export function stderr(options: OutputOptions = {}): Output {
  return new Output(STDERR, "standard error", options);
}

/** A descriptor that text is written to, and that others own. Made by {@linkcode stdout} and {@linkcode stderr}. */
export class Output implements Sink, Disposable {
  readonly #fd: number;
  readonly #what: string;
  readonly #options: OutputOptions;
  readonly #environment = environment();
  readonly #end = new AbortController();
  #closed = false;
  #watched = false;
  #watch: Watch | undefined;
  #disposed = false;

  /** Writes to a descriptor, called `what` in messages. */
  constructor(fd: number, what: string, options: OutputOptions = {}) {
    this.#fd = fd;
    this.#what = what;
    this.#options = options;
    const { signal } = options;
    if (signal?.aborted) this.#end.abort(signal.reason);
    else signal?.addEventListener("abort", this.#passOn, { once: true });
  }

  /** What is known of it now: width, colour, characters. */
  get terminal(): Terminal {
    const facts = terminalFacts(terminalSize(this.#fd), this.#environment);
    const { width = facts.width, unicode = facts.unicode, color = facts.color } = this.#options;
    return { ...facts, width, unicode, color };
  }

  /** Whether nobody reads any more, as far as is known: a write fails then, and {@linkcode signal} aborts. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Aborts when nobody reads any more, even where nothing is written, or when the signal of the options does. Once asked
   * for, it keeps a process that writes to a pipe alive until the output is disposed of.
   */
  get signal(): AbortSignal {
    if (!this.#watched) {
      this.#watched = true;
      this.#startWatch();
    }
    return this.#end.signal;
  }

  /**
   * Writes text as it is, and waits where the reader is slow. Returns whether somebody still reads; once nobody does,
   * nothing is written.
   *
   * @throws {SyscallError} It cannot be written for another reason, as on a full disk.
   */
  write(text: string): boolean {
    if (this.closed) return false;
    const result = tryWriteText(this.#fd, text);
    if (result === 0) return true;
    if (!GONE.includes(-result)) throw syscallError(-result, "write", `write to ${this.#what}`);
    this.#close();
    return false;
  }

  /** Prints a line, or a table, a histogram. Returns whether somebody still reads. */
  print(what: string | Printable): boolean {
    return this.write(`${typeof what === "string" ? what : what.format(this.terminal)}\n`);
  }

  /** Ends the wait of {@linkcode signal}. The descriptor stays open. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#options.signal?.removeEventListener("abort", this.#passOn);
    this.#watch?.readable[Symbol.dispose]();
    this.#watch?.descriptor.close();
    this.#watch = undefined;
  }

  /** Passes the signal of the options on. */
  readonly #passOn = (): void => this.#end.abort(this.#options.signal?.reason);

  #close(): void {
    this.#closed = true;
    this.#end.abort();
  }

  /** Waits for the other end to close: epoll reports that of pipes and sockets whatever it is asked for. */
  async #startWatch(): Promise<void> {
    if (this.#disposed || this.closed || terminalSize(this.#fd) !== undefined) return;
    const watch = this.#openWatch();
    if (watch === undefined) return;
    this.#watch = watch;
    const readable = await watch.readable.wait();
    // What can be read of a socket is not for us
    if (readable && hungUp(this.#fd)) this.#close();
  }

  /** None for a file, which epoll refuses with EPERM, and what is closed. */
  #openWatch(): Watch | undefined {
    let descriptor: Descriptor | undefined;
    try {
      descriptor = Descriptor.duplicate(this.#fd, this.#what);
      return { descriptor, readable: openReadable(descriptor.fd) };
    } catch (error) {
      descriptor?.close();
      if (error instanceof SyscallError) return undefined;
      throw error;
    }
  }
}
