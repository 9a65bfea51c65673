/**
 * Functions that run in a kernel of a test.
 *
 * @module
 */
import type { Btf } from "../btf/core.ts";
import type { Compiled } from "../lang/mod.ts";
import type { FunctionSource } from "../trace/core.ts";
import { type Coverage, Vm, type VmIntercept, type VmMap, type VmProgramType } from "../vm/mod.ts";
import { CallEncoder } from "./_call.ts";
import type { TestKernel } from "./kernel.ts";
import type { TestCall, TestKernelOptions, TestResult } from "./types.ts";

/** What a {@linkcode TestProgram} is made of. */
export interface TestProgramParts {
  /** The kernel that it runs in. */
  readonly kernel: TestKernel;
  /** The function. */
  readonly source: FunctionSource;
  /** What was made of it. */
  readonly compiled: Compiled;
  /** The types that it was compiled with. */
  readonly types: () => Btf;
  /** By the names that its instructions have for them. */
  readonly maps: Readonly<Record<string, VmMap>>;
  /** What may keep helpers from their work. */
  readonly intercept: VmIntercept;
  /** Those of the kernel. */
  readonly options: TestKernelOptions;
}

/** A kernel function that runs when the test says so. */
export class TestProgram {
  /** The name that the program would have in the kernel: `xdp`, that of a tracepoint or function. */
  readonly name: string;
  /** What it would be made for: `xdp`, `tracing`. */
  readonly type: VmProgramType;
  readonly #vm: Vm;
  readonly #parts: TestProgramParts;
  readonly #calls: CallEncoder;
  #attached = true;

  /**
   * Takes all of it over.
   *
   * @ignore
   */
  constructor(parts: TestProgramParts) {
    const { source, compiled, maps, intercept, options, kernel, types } = parts;
    const { name, type } = source.options.program;
    this.name = name;
    this.type = type as VmProgramType;
    this.#parts = parts;
    this.#vm = new Vm({
      ...options,
      name,
      type: this.type,
      instructions: source.lined(compiled),
      maps,
      intercept,
      cpu: kernel.cpu,
      task: kernel.task,
    });
    this.#calls = new CallEncoder(this.#vm, types);
  }

  /** Whether it is attached still. */
  get attached(): boolean {
    return this.#attached;
  }

  /**
   * Calls the function, as what it is attached to would.
   *
   * @throws {VmError} It did what the verifier would not let it.
   * @throws {NotFoundError} It has no argument of a name that was given.
   * @throws {RangeError} The packet is shorter than an Ethernet header.
   */
  run(call: TestCall = {}): TestResult {
    const { context: spec, results = {} } = this.#parts.source.options;
    this.#adopt();
    const result = this.#vm.run({
      ...(call.data && { data: call.data }),
      context: (vm) => {
        if (call.task) vm.task = { ...vm.task, address: this.#calls.struct("task_struct", call.task) };
        return this.#calls.context(spec, call) ?? new Uint8Array(0);
      },
    });
    const verdict = Object.keys(results).find((name) => Number(results[name]) === result.returnValue);
    return { ...result, verdict };
  }

  /**
   * What has been run so far, by lines of the file that the function is in.
   *
   * @example
   * ```ts ignore
   * console.log(kernel.program(probe).coverage.toString());
   * ```
   */
  get coverage(): Coverage {
    return this.#vm.coverage;
  }

  /** Lets time pass for its timers; the clock is the kernel's to move. Returns how many went off. */
  elapse(time: bigint): number {
    this.#adopt();
    return this.#vm.elapse(time);
  }

  /** The instructions, below the lines of the text that they are made of. */
  explain(): string {
    return this.#parts.source.explain(this.#parts.compiled);
  }

  /** Detaches it. */
  close(): void {
    this.#attached = false;
    this.#parts.kernel.forget(this);
  }

  /** Detaches it. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** What is around it is as it is in the kernel now. */
  #adopt(): void {
    const { clock, cpu, task } = this.#parts.kernel;
    this.#vm.clock = clock;
    this.#vm.cpu = cpu;
    this.#vm.task = task;
  }
}
