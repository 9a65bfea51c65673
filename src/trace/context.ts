/**
 * What kernel functions are called with, as types.
 *
 * @module
 */
import type { StackTrace } from "./stack_trace.ts";

/**
 * A struct of the kernel, whose type only the kernel knows: its members are numbers, addresses and structs. Which there are is
 * checked when the function is compiled.
 */
export interface KernelStruct {
  /** A member by its name in C, or an element. */
  // deno-lint-ignore no-explicit-any -- with all else, noUncheckedIndexedAccess would have each member checked for undefined
  readonly [member: string]: any;
}

/** What kernel functions ask of the kernel by its own names, where nothing else here has it. */
export interface KernelAccess {
  /**
   * What a helper returns (`man 7 bpf-helpers`), or a function that the kernel has for programs (kfunc). Arguments are numbers,
   * addresses, the context itself, and texts, which are handed over by their address. Whether it may be called here, with these, the
   * verifier says. What is acquired has to be released: `c.call("bpf_task_release", task)`.
   */
  // deno-lint-ignore no-explicit-any -- a number or a struct, as of a member of KernelStruct
  call(name: string, ...args: readonly unknown[]): any;
  /** The struct of the kernel that is at an address: `c.struct("task_struct", c.args[0])`. */
  struct(name: string, address: KernelStruct | number): KernelStruct;
  /** How large a struct of the kernel is, in bytes. */
  sizeof(name: string): number;
  /** The address of a symbol of the kernel, as /proc/kallsyms has it. Reading that takes `CAP_SYSLOG`. */
  symbol(name: string): number;
  /**
   * What is at an address: `length` bytes, as far as there is room for them: `most`, a constant. Of the process where the address is
   * an argument of its functions or of a system call, and of the kernel elsewhere. For events.
   */
  data(address: KernelStruct | number | string, length: number, most: number): Uint8Array;
}

/** What a kernel function can ask for that runs on behalf of a process. */
export interface TaskContext extends KernelAccess {
  /** The process. */
  readonly pid: number;
  /** The thread, which the kernel calls pid. */
  readonly tid: number;
  /** The process that started it, or took it over when that ended. */
  readonly ppid: number;
  /** The user of the process. */
  readonly uid: number;
  /** The group of the process. */
  readonly gid: number;
  /** The name of the thread, of up to 15 bytes. */
  readonly comm: string;
  /** Nanoseconds since the machine started, without those that it slept. */
  readonly nsecs: number;
  /** Nanoseconds since the machine started, those that it slept among them. Since Linux 5.8. */
  readonly boottime: number;
  /** The number that an enumerator of the kernel stands for: `c.enum("TCP_SYN_SENT")`. */
  enum(name: string): number;
  /** The CPU that the function runs on. */
  readonly cpu: number;
  /** The memory node of the CPU. */
  readonly numa: number;
  /** A random number of 32 bits. */
  readonly random: number;
  /** The id of the cgroup (version 2) of the process. */
  readonly cgroup: number;
  /** The thread's `struct task_struct`. Since Linux 5.11. */
  readonly task: KernelStruct;
  /**
   * The stack of the kernel, of up to `depth` frames; 127 by default. For keys and events. At tracepoints of system calls older
   * kernels, such as 6.1, have none.
   */
  kstack(depth?: number): StackTrace;
  /** The stack of the process, of up to `depth` frames; 127 by default. For keys and events. */
  ustack(depth?: number): StackTrace;
  /** What the process was started with, of up to `size` bytes in all; 256 by default. For events. */
  argv(size?: number): readonly string[];
  /**
   * The text at an address, of up to `size` bytes with its NUL; 64 by default. Of the process where the address is an argument
   * of a system call, and of the kernel elsewhere.
   */
  str(address: KernelStruct | number | string, size?: number): string;
  /** Text of the kernel. */
  kstr(address: KernelStruct | number | string, size?: number): string;
  /** Text of the process. */
  ustr(address: KernelStruct | number | string, size?: number): string;
}

/** What a kernel function at a tracepoint is called with. */
export interface TracepointContext<Args = KernelStruct> extends TaskContext {
  /** The fields or arguments of the tracepoint, by name. */
  readonly args: Args;
}

/** What a kernel function at a call of a function of a program is called with. */
export interface CallContext extends TaskContext {
  /** A register, as a member of `struct pt_regs` is called: `ip`, `sp`. */
  register(name: string): number;
  /** The arguments that are in registers; bits beyond the size of an argument's type say nothing. */
  readonly args: readonly [number, number, number, number, number, number];
}

/** What a kernel function at a probe that a program declares is called with. */
export interface UsdtContext extends TaskContext {
  /** A register, as a member of `struct pt_regs` is called: `ip`, `sp`. */
  register(name: string): number;
  /** The arguments of the probe, of which there are up to twelve. */
  readonly args: readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
}

/** What a kernel function at a return is called with. */
export interface ReturnContext extends TaskContext {
  /** A register, as a member of `struct pt_regs` is called: `ip`, `sp`. */
  register(name: string): number;
  /** What is returned, as a number of 64 bits; bits beyond the size of its type say nothing. */
  readonly retval: number;
}

/** What a kernel function at a call of a function of the kernel is called with. */
export interface KernelCallContext<Args = KernelStruct> extends TaskContext {
  /** The arguments by name, as the kernel's BTF has them. */
  readonly args: Args;
}

/** What a kernel function at the return of a function of the kernel is called with. */
// deno-lint-ignore no-explicit-any -- a number or a struct, as of a member of KernelStruct
export interface KernelReturnContext<Result = any> extends TaskContext {
  /** What is returned, as the kernel's BTF has it. */
  readonly retval: Result;
}

/** What a kernel function by a breakpoint at a call of a function of the kernel is called with. */
export interface KprobeContext<Args = KernelStruct> extends KernelCallContext<Args> {
  /** A register, as a member of `struct pt_regs` is called: `ip`, `sp`. */
  register(name: string): number;
  /** Where the kernel's function starts. Since Linux 5.15. */
  readonly func: number;
}

/** What a kernel function by a breakpoint at the return of a function of the kernel is called with. */
// deno-lint-ignore no-explicit-any -- a number or a struct, as of a member of KernelStruct
export interface KretprobeContext<Result = any> extends KernelReturnContext<Result> {
  /** A register, as a member of `struct pt_regs` is called: `ip`, `sp`. */
  register(name: string): number;
  /** Where the kernel's function starts. Since Linux 5.15. */
  readonly func: number;
}

/** What a kernel function by a trampoline at a return is called with. */
// deno-lint-ignore no-explicit-any -- a number or a struct, as of a member of KernelStruct
export interface KernelExitContext<Args = KernelStruct, Result = any> extends KernelReturnContext<Result> {
  /** The arguments by name, as the kernel's BTF has them. */
  readonly args: Args;
}

/** What a kernel function is called with for an object of a list: the objects and numbers that the kernel's BTF has, by name. */
export interface IteratorContext {
  /** An object: a struct of the kernel, or a number. */
  // deno-lint-ignore no-explicit-any -- a number or a struct, as of a member of KernelStruct
  readonly [object: string]: any;
  /** Nanoseconds since the machine started, without those that it slept. */
  readonly nsecs: number;
  /** Text of the kernel, of up to `size` bytes with its NUL; 64 by default. */
  str(address: KernelStruct | number | string, size?: number): string;
}
