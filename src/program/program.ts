/**
 * Programs that are loaded into the kernel.
 *
 * @module
 */
import type { Instruction } from "../asm/core.ts";
import { pinObject, removePin } from "../kernel/mod.ts";
import type { Descriptor } from "../sys/mod.ts";
import { bindMap } from "./bind_map.ts";
import { type MachineFunction, readInstructions, readMachineCode } from "./code.ts";
import { type ProgramInfo, readProgramInfo } from "./info.ts";
import {
  type BenchmarkOptions,
  benchmarkProgram,
  type BenchmarkResult,
  type RunOptions,
  runProgram,
  type RunResult,
} from "./run.ts";
import { type ProgramStream, readStream } from "./stream.ts";
import type { AttachType } from "./type.ts";

/** What is known of a program beside its descriptor and name. */
export interface ProgramOrigin {
  /** What the section names after the type. */
  readonly attachTo?: string | undefined;
  /** What it was loaded to be attached as. */
  readonly expectedAttachType?: AttachType | undefined;
  /** Where it is pinned. */
  readonly pin?: string | undefined;
  /** What the verifier said of it. */
  readonly log?: readonly string[] | undefined;
}

/** A program in the kernel. */
export class Program implements Disposable {
  /** The name in the source. */
  readonly name: string;
  /** What the section names after the type: `sched/sched_process_exec`; empty where nothing. */
  readonly attachTo: string;
  /**
   * What it was loaded to be attached as, by its section or options; `undefined` where its type has one way alone, and of
   * programs that others loaded, as the kernel does not tell.
   */
  readonly expectedAttachType: AttachType | undefined;
  /** What the verifier said when it took the program, a line an element; empty where nobody asked for it. */
  readonly log: readonly string[];
  readonly #descriptor: Descriptor;
  #pin: string | undefined;

  /** Takes the descriptor over. */
  constructor(descriptor: Descriptor, name: string, origin: ProgramOrigin = {}) {
    this.name = name;
    this.attachTo = origin.attachTo ?? "";
    this.expectedAttachType = origin.expectedAttachType;
    this.log = origin.log ?? [];
    this.#pin = origin.pin;
    this.#descriptor = descriptor;
  }

  /** The descriptor, for system calls. */
  get descriptor(): Descriptor {
    return this.#descriptor;
  }

  /** What the kernel knows about the program now. */
  get info(): ProgramInfo {
    return readProgramInfo(this.#descriptor);
  }

  /** Where this handle pinned the program, or opened it from; `undefined` where neither. */
  get pinPath(): string | undefined {
    return this.#pin;
  }

  /** What is known of it beside its descriptor and name. */
  protected get origin(): ProgramOrigin {
    const { attachTo, expectedAttachType, log } = this;
    return { attachTo, expectedAttachType, log, pin: this.#pin };
  }

  /** Another handle of the same program, which is closed by itself. */
  clone(): Program {
    return new Program(this.#descriptor.clone(), this.name, this.origin);
  }

  /**
   * Gives the program a name in a BPF file system, under which it outlives this process and others find it. The folder is
   * made where it is missing; a pin that this handle has already is moved. Since Linux 4.4.
   *
   * @param path `/sys/fs/bpf/my_tool/filter`.
   *
   * @throws {NotSupportedError} The path is not in a BPF file system.
   * @throws {PermissionError} The process may not write there.
   * @throws {SyscallError} Something else is pinned there (`EEXIST`).
   */
  pin(path: string): this {
    pinObject(this.#descriptor, path, this.#pin);
    this.#pin = path;
    return this;
  }

  /** Removes the pin at {@linkcode Program.pinPath}; harmless where there is none. */
  unpin(): void {
    removePin(this.#pin);
    this.#pin = undefined;
  }

  /**
   * Keeps a map alive for as long as the program, though its instructions do not name it: for what is found by
   * {@linkcode ProgramInfo.mapIds}, such as maps with constants or notes. Harmless where it is so already. Since Linux
   * 5.10.
   *
   * @throws {NotSupportedError} The kernel is older.
   */
  bindMap(map: { readonly descriptor: Descriptor }): this {
    bindMap(this.#descriptor, map.descriptor);
    return this;
  }

  /**
   * Runs the program once or more on data of the caller's, without attaching it (`BPF_PROG_TEST_RUN`). Since Linux 4.12,
   * for network programs, and for some others later.
   *
   * @example What a packet filter says of a packet
   * ```ts ignore
   * const { returnValue, data, duration } = program.run({ data: packet, repeat: 1000 });
   * ```
   *
   * @throws {NotSupportedError} The kernel cannot run programs of this type by hand, or in this way.
   * @throws {SyscallError} The data or context is too short, too long or not what a test can set.
   * @throws {RangeError} A number is out of range.
   */
  run(options: RunOptions = {}): RunResult {
    return runProgram(this, options);
  }

  /**
   * Measures how long a run takes, over as many as take a fifth of a second, or `times`.
   *
   * @example
   * ```ts ignore
   * const { duration, times } = program.benchmark({ data: packet });
   * console.log(`${duration} ns in the mean of ${times} runs`);
   * ```
   *
   * @throws {NotSupportedError} The kernel cannot run programs of this type by hand.
   * @throws {SyscallError} The type runs once at a time only, as programs for tracing do; or as in {@linkcode Program.run}.
   */
  benchmark(options: BenchmarkOptions = {}): BenchmarkResult {
    return benchmarkProgram(this, options);
  }

  /**
   * The instructions that the kernel runs or compiles: after the verifier's rewriting, with maps by id. Functions, their
   * calls and lines of source have names where the program has BTF and the process may read it, functions of the kernel
   * where it shows addresses. For reading: they cannot be loaded again. Since Linux 4.13.
   *
   * @example As text, like that of `bpftool prog dump xlated`
   * ```ts ignore
   * import { disassemble } from "@waggle/ebpf/asm";
   *
   * console.log(disassemble(program.instructions()));
   * ```
   *
   * @throws {PermissionError} The kernel hides them from this process.
   */
  instructions(): Instruction[] {
    return readInstructions(this);
  }

  /**
   * The machine code of each function of the program, the main one first. Since Linux 4.18.
   *
   * @throws {PermissionError} The kernel hides it from this process.
   * @throws {NotSupportedError} The kernel interprets the program.
   */
  machineCode(): MachineFunction[] {
    return readMachineCode(this);
  }

  /**
   * Takes what the program printed by `bpf_stream_printk()` and what the kernel reports of it, such as a `may_goto` that ran
   * too long, on `stderr`; empty where there is nothing new. Since Linux 6.17.
   *
   * @throws {NotSupportedError} The kernel is older.
   */
  readStream(stream: ProgramStream): string {
    return readStream(this.#descriptor, stream);
  }

  /** Closes the program. The kernel keeps it for as long as a link, a pin or another descriptor uses it. */
  close(): void {
    this.#descriptor.close();
  }

  /** Closes the program. */
  [Symbol.dispose](): void {
    this.close();
  }
}
