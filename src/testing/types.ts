/**
 * What a kernel of a test is told and gives.
 *
 * @module
 */
import type { ERRNO } from "../sys/mod.ts";
import type { VmHelper, VmRunResult, VmTask } from "../vm/mod.ts";

/** Options of {@linkcode TestKernel}. */
export interface TestKernelOptions {
  /** How many CPUs it has: as many values have the elements of per-CPU maps; 1 by default. */
  readonly cpus?: number;
  /** The clock in ns; 0 by default. It stands still until the test moves it. */
  readonly clock?: bigint;
  /** Who runs the functions; process 1 by default. */
  readonly task?: VmTask;
  /** What random numbers start from; the same ones come every time. */
  readonly random?: number;
  /** Helpers beside those of the virtual machine, or in their place, by name. */
  readonly helpers?: Readonly<Record<string, VmHelper>>;
}

/** An error of the kernel by its name: `E2BIG`. */
export type FailureName = keyof typeof ERRNO;

/** Options of {@linkcode TestKernel.fail}. */
export interface FailOptions {
  /** Only where it is about the map of this name. */
  readonly map?: string;
  /** From which time on it fails, counted from now; the first by default. */
  readonly nth?: number;
  /** How many times it fails; once by default. */
  readonly times?: number;
}

/**
 * A value of an argument: a number, or what is put into memory for the run and whose address is handed over: a text, bytes, or the
 * members of a struct, of which those that are not given are 0.
 */
export type TestValue = number | bigint | boolean | string | Uint8Array | TestStruct;

/** Members of a struct by name. */
export interface TestStruct {
  /** A member. */
  readonly [member: string]: TestValue;
}

/** What a function is called with. */
export interface TestCall {
  /** The packet, for functions that are called with one: the bytes, from the Ethernet header on. */
  readonly data?: Uint8Array;
  /** The arguments or fields, by the names that `c.args` has them under; by number for functions of programs. */
  readonly args?: Readonly<Record<string, TestValue>> | readonly TestValue[];
  /** What the function returned that was waited for. */
  readonly retval?: TestValue;
  /** Members of the task that runs, for `c.task`: those of `struct task_struct`. */
  readonly task?: TestStruct;
  /** The context as bytes, in the place of all this. */
  readonly context?: Uint8Array;
}

/** What a call gives. */
export interface TestResult extends VmRunResult {
  /** What the function returned, by its name: `drop`; `undefined` where it is none of those that it may return. */
  readonly verdict: string | undefined;
}
