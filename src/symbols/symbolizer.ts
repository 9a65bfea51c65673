/**
 * Names for addresses of the kernel and of processes.
 *
 * @module
 */
import { ClosedError } from "../errors.ts";
import type { BuildIdFrame, StackTraceMap } from "../map/mod.ts";
import { ImageCache } from "./_image_cache.ts";
import { HIDDEN, KernelFunctions } from "./_kernel.ts";
import { imageFrame, Process } from "./_process.ts";
import { demangle } from "./demangle.ts";
import type { Frame } from "./frame.ts";

/** Options of {@linkcode Symbolizer}. */
export interface SymbolizerOptions {
  /** Whether names of C++ and Rust are written as in the source; yes by default. */
  readonly demangle?: boolean;
  /** How many processes are remembered at most: of more, those not used for longest are forgotten; 4096 by default. */
  readonly maxProcesses?: number;
  /**
   * What symbols of files may take in memory, in bytes: those not used for longest are forgotten and read again when they are
   * needed; 256 MiB by default. The symbols of one file alone may take more.
   */
  readonly maxBytes?: number;
}

/**
 * A stack as a program recorded it, innermost frame first: addresses up to the first 0 (`bpf_get_stack`), places in files
 * (`BPF_F_USER_BUILD_ID`), or the number that a stack has in a map (`bpf_get_stackid`), negative where none was recorded.
 */
export type Stack =
  | ArrayLike<bigint>
  | ArrayLike<BuildIdFrame>
  | { readonly map: StackTraceMap<bigint> | StackTraceMap<BuildIdFrame>; readonly id: number };

/** The stacks of one moment. */
export interface Stacks {
  /** In the kernel. */
  readonly kernel?: Stack | undefined;
  /** In the process. */
  readonly user?: Stack | undefined;
  /** The process (`bpf_get_current_pid_tgid() >> 32`), as this process sees its number; needed for `user`. */
  readonly pid?: number | undefined;
}

/**
 * Names addresses: of the kernel by `/proc/kallsyms`; of processes by the symbols of their files, of debug files beside
 * them or packed into them (`.gnu_debugdata`, by liblzma), and by the perf maps of just-in-time compilers (`/tmp/perf-PID.map`).
 *
 * A frame that cannot be named says so. Functions that the compiler put into others have no frames of their own. What was read
 * of a process is remembered, so that stacks of processes that ended since are named if the process was seen before, see
 * {@linkcode Symbolizer.observe}. Not read are files of 32 bits.
 *
 * @example
 * ```ts ignore
 * import { formatFrame, Symbolizer } from "@waggle/ebpf/symbols";
 *
 * using symbolizer = new Symbolizer();
 * for (const { pid, kernel, user } of samples) {
 *   console.log(symbolizer.stack({ pid, kernel, user }).map(formatFrame).join("\n"));
 * }
 * ```
 */
export class Symbolizer implements Disposable {
  readonly #maxProcesses: number;
  readonly #rename: (name: string) => string;
  readonly #images: ImageCache;
  readonly #kernel = new KernelFunctions();
  /** Those used last are last. */
  readonly #processes = new Map<number, Process>();
  #last: Process | undefined;
  #closed = false;

  /**
   * Reads nothing yet.
   *
   * @throws {RangeError} A bound is no positive integer.
   */
  constructor(options: SymbolizerOptions = {}) {
    const { demangle: isDemangling = true, maxProcesses = 4096, maxBytes = 256 << 20 } = options;
    for (const [name, bound] of Object.entries({ maxProcesses, maxBytes })) {
      if (Number.isSafeInteger(bound) && bound > 0) continue;
      throw new RangeError(`Cannot create a symbolizer: ${name} ${bound} is no positive integer`);
    }
    this.#maxProcesses = maxProcesses;
    this.#images = new ImageCache(maxBytes);
    this.#rename = isDemangling ? demangle : (name) => name;
  }

  /**
   * Why functions of the kernel have no names, and the cure; `undefined` where they have.
   *
   * @throws {ClosedError} It was closed.
   */
  get kernelProblem(): string | undefined {
    this.#check();
    return this.#kernel.hidden ? HIDDEN : undefined;
  }

  /**
   * Remembers the code of a process for when it is gone. Worth it when the process is first heard of, if stacks are named only
   * later. Returns whether the process was there to read.
   *
   * @throws {ClosedError} It was closed.
   */
  observe(pid: number): boolean {
    return this.#process(pid).known;
  }

  /** Forgets a process: its number is free, or it runs another program. Otherwise that is noticed within a second. */
  forget(pid: number): void {
    this.#processes.delete(pid);
    this.#last = undefined;
  }

  /**
   * The frame of an address of the kernel.
   *
   * @throws {ClosedError} It was closed.
   * @throws {SyscallError} `/proc/kallsyms` cannot be read.
   */
  kernel(address: bigint): Frame {
    this.#check();
    return this.#kernel.frame(address);
  }

  /**
   * The frame of an address of a process.
   *
   * @throws {ClosedError} It was closed.
   */
  user(pid: number, address: bigint): Frame {
    return this.#process(pid).frame(address);
  }

  /**
   * The frames of stacks, innermost first: those of the kernel, then those of the process. All but the first of each are of
   * calls: their addresses are where these return to, and are named by what is before them.
   *
   * @throws {ClosedError} It, or the map of a stack, was closed.
   * @throws {TypeError} A stack of a process comes without its number, or one of the kernel with places in files.
   * @throws {SyscallError} `/proc/kallsyms` cannot be read.
   */
  stack({ kernel, user, pid }: Stacks): Frame[] {
    this.#check();
    const frames: Frame[] = [];
    forEachFrame(kernel, (frame, caller) => {
      if (typeof frame !== "bigint") {
        throw new TypeError("Cannot name a stack of the kernel: it has places in files");
      }
      frames.push(this.#kernel.frame(frame, frame - caller));
    });
    if (user === undefined) return frames;
    if (pid === undefined) {
      throw new TypeError("Cannot name a stack of a process: its number (pid) is missing");
    }
    const process = this.#process(pid);
    forEachFrame(user, (frame, caller) => {
      frames.push(
        typeof frame === "bigint"
          ? process.frame(frame, frame - caller)
          : this.#place(process, frame, caller),
      );
    });
    return frames;
  }

  /** Forgets all that was read; harmless when that is done already. */
  close(): void {
    this.#closed = true;
    this.#processes.clear();
    this.#last = undefined;
    this.#images.clear();
  }

  /** Forgets all that was read. */
  [Symbol.dispose](): void {
    this.close();
  }

  #place(process: Process, { buildId, offset }: BuildIdFrame, caller: bigint): Frame {
    if (!buildId) return process.frame(offset, offset - caller);
    const id = buildId.toHex();
    // The kernel fills ids of less than 20 bytes up with zeroes
    const image = process.ofBuildId(id) ?? process.ofBuildId(id.replace(/(00)+$/, "")) ??
      this.#images.ofBuildId(id);
    if (!image) {
      return { address: offset, kind: "user", name: undefined, offset: Number(offset), module: undefined };
    }
    return imageFrame(this.#images, image, {
      address: offset,
      offset: Number(offset - caller),
      back: Number(caller),
    });
  }

  #process(pid: number): Process {
    this.#check();
    const known = this.#processes.get(pid);
    const process = known ?? new Process(pid, this.#images, this.#rename);
    // Last of all, unless it is the last already
    if (process !== this.#last) {
      this.#processes.delete(pid);
      this.#processes.set(pid, process);
      this.#last = process;
    }
    process.check();
    for (const oldest of this.#processes.keys()) {
      if (this.#processes.size <= this.#maxProcesses) break;
      this.#processes.delete(oldest);
    }
    return process;
  }

  #check(): void {
    if (this.#closed) throw new ClosedError("Cannot use the symbolizer: it is closed");
  }
}

/** Calls `use` with each frame, and with how far before it the call is: 0 for the first, 1 for others. */
function forEachFrame(
  stack: Stack | undefined,
  use: (frame: bigint | BuildIdFrame, caller: bigint) => void,
): void {
  const frames = stack && "id" in stack ? stack.id < 0 ? undefined : stack.map.get(stack.id) : stack;
  for (let index = 0; index < (frames?.length ?? 0); index++) {
    const frame = frames?.[index];
    if (frame === undefined || frame === 0n) return;
    use(frame, index === 0 ? 0n : 1n);
  }
}
