/**
 * What the virtual machine is given and gives.
 *
 * @module
 */
import type { Instruction } from "../asm/mod.ts";
import type { BPF_PROG_TYPE } from "../uapi/mod.ts";
import type { VmMap, VmMapSpec } from "./map.ts";
import type { Vm } from "./vm.ts";

/** What a program is made for, by the kernel's names in small letters: `xdp`, `sched_cls`, `raw_tracepoint`. */
export type VmProgramType = Lowercase<keyof typeof BPF_PROG_TYPE>;

/**
 * A helper or function of the kernel, given the five registers as unsigned 64 bits, 0 where nothing set them, and the
 * machine. What it returns goes to r0; nothing is 0.
 */
export type VmHelper = (
  r1: bigint,
  r2: bigint,
  r3: bigint,
  r4: bigint,
  r5: bigint,
  vm: Vm,
) => bigint | number | void;

/**
 * Called before each helper and function of the kernel with its name and what a {@linkcode VmHelper} is given. What it returns
 * goes to r0 in the place of what the helper would have done; with nothing the helper goes on.
 */
export type VmIntercept = (
  name: string,
  r1: bigint,
  r2: bigint,
  r3: bigint,
  r4: bigint,
  r5: bigint,
  vm: Vm,
) => bigint | number | undefined;

/** Who runs the program. */
export interface VmTask {
  /** The process, which the kernel calls the thread group. */
  readonly pid: number;
  /** The thread; the same as the process by default. */
  readonly tid?: number;
  /** The user; 0 by default. */
  readonly uid?: number;
  /** The group; 0 by default. */
  readonly gid?: number;
  /** The command, up to 15 bytes; empty by default. */
  readonly comm?: string;
  /** The control group; 1, the root, by default. */
  readonly cgroup?: bigint;
  /** The `struct task_struct`, an address that {@linkcode Vm.allocate} gave; 0 by default. */
  readonly address?: bigint;
}

/** A packet that a program asked to send elsewhere. */
export interface VmRedirect {
  /** The helper: `bpf_redirect`, `bpf_redirect_map`, `bpf_clone_redirect`. */
  readonly by: string;
  /** The map's name, where it was by one. */
  readonly map?: string;
  /** The index of the device, or the key in the map. */
  readonly to: number;
  /** `BPF_F_…`, as given. */
  readonly flags: bigint;
  /** The packet as it was then, where a copy was sent. */
  readonly data?: Uint8Array;
}

/** Where a global variable is. */
export interface VmVariable {
  /** The name. */
  readonly name: string;
  /** The map, which is named after the section: `.data`, `.bss`, `.rodata`. */
  readonly section: string;
  /** In bytes from the start of the map's value. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
}

/** Options of {@linkcode Vm}. */
export interface VmOptions {
  /** For messages; `program` by default. */
  readonly name?: string;
  /** What it is made for: what its argument points to depends on it. */
  readonly type: VmProgramType;
  /** The program and the functions that it calls. */
  readonly instructions: readonly Instruction[];
  /** The maps that instructions refer to, by name: what to make them from, or maps that other machines have too. */
  readonly maps?: Readonly<Record<string, VmMapSpec | VmMap>>;
  /** Programs for tail calls, by the names that the test puts into arrays of programs. */
  readonly programs?: Readonly<Record<string, readonly Instruction[]>>;
  /** Helpers and kernel functions beside those built in, or in their place, by name. */
  readonly helpers?: Readonly<Record<string, VmHelper>>;
  /** Asked before each helper: for tests in which one fails. */
  readonly intercept?: VmIntercept;
  /** Variables of the kernel (`__ksym`), by name: their addresses. */
  readonly ksyms?: Readonly<Record<string, bigint>>;
  /** The places that `gotox` jumps to, in slots, by the names of the tables. */
  readonly jumpTables?: Readonly<Record<string, readonly number[]>>;
  /** The global variables, for {@linkcode Vm.variable}. */
  readonly variables?: readonly VmVariable[];
  /** The clock in ns, or what tells it; stands still at 0 by default. */
  readonly clock?: bigint | (() => bigint);
  /** What `bpf_get_prandom_u32()` starts from, or what gives the numbers; the same numbers every time by default. */
  readonly random?: number | (() => number);
  /** The CPU that programs run on; 0 by default. */
  readonly cpu?: number;
  /** How many CPUs there are; by default as few as the one that programs run on allows. */
  readonly cpus?: number;
  /** Who runs the program; process 1 by default. */
  readonly task?: VmTask;
  /** What `bpf_get_attach_cookie()` gives; 0 by default. */
  readonly cookie?: bigint;
  /** After how many instructions a run is taken for endless; 10 million by default. */
  readonly maxInstructions?: number;
}

/** Options of {@linkcode Vm.run}. */
export interface VmRunOptions {
  /** The packet, for network programs, which want at least the 14 bytes of an Ethernet header. */
  readonly data?: Uint8Array;
  /**
   * What the argument points to, as in a test run of the kernel: a `struct __sk_buff` or `struct xdp_md` for network
   * programs, the arguments, 8 bytes each, for raw tracepoints and tracing, any bytes for others. A function makes it when the
   * run begins: what it puts in memory is there for this run.
   */
  readonly context?: Uint8Array | ((vm: Vm) => Uint8Array);
}

/** What {@linkcode Vm.run} gives. */
export interface VmRunResult {
  /** What the program returned, as an unsigned 32-bit number. */
  readonly returnValue: number;
  /** The packet after the run; empty where there was none. */
  readonly data: Uint8Array;
  /** The context after the run; absent where none was given. */
  readonly context?: Uint8Array;
  /** How many instructions were run. */
  readonly instructions: number;
  /** The lines that `bpf_trace_printk()` and `bpf_seq_printf()` wrote. */
  readonly printed: readonly string[];
  /** The packets that the program asked to send elsewhere. */
  readonly redirects: readonly VmRedirect[];
}
