/**
 * Links to functions of the kernel.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { kernelFunctions } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { cString, type Descriptor, ERRNO, perfEventOpen } from "../sys/mod.ts";
import { explainKprobe, unknownFunction, withoutKprobes } from "./_kernel_function.ts";
import { asPermission, linkPerfEvent } from "./_perf_event.ts";
import { attachToProbeEvent, ProbeEvent } from "./_probe_event.ts";
import { probeEvents } from "./_probe_file.ts";
import { type ProbePmu, probePmu } from "./_probe_pmu.ts";
import type { Link } from "./link.ts";

/** Options of {@linkcode attachKsyscall}. */
export interface KsyscallOptions {
  /** Whether the program runs when the function returns, in the place of when it is called. */
  readonly return?: boolean;
  /** What `bpf_get_attach_cookie()` returns in the program. Since Linux 5.15. */
  readonly cookie?: bigint;
  /** How many calls may be under way at once whose returns are seen; by tracefs. The kernel has a default for `0`. */
  readonly maxActive?: number;
}

/** Options of {@linkcode attachKprobe}. */
export interface KprobeOptions extends KsyscallOptions {
  /** In bytes from the start of the function; not at its return. */
  readonly offset?: number;
}

/** Where the program runs at all CPUs and processes: `perf_event_set_bpf_prog`. */
const EVERYWHERE = { pid: -1, cpu: 0 } as const;

/**
 * Attaches a program to a function of the kernel (`BPF_PROG_TYPE_KPROBE`). Since Linux 4.17 by perf_event_open(2) alone; by
 * tracefs before, and with `maxActive`. Sessions, of one function too, are for `attachKprobeMulti`.
 *
 * @param name A function of `/proc/kallsyms`: `tcp_connect`; `sys_openat` is found under the processor's name for it, too.
 *
 * @example Until the end of the block
 * ```ts ignore
 * import { attachKprobe, load } from "@waggle/ebpf";
 *
 * await using object = await load("connect.bpf.o");
 * using link = attachKprobe(object.programs.get("on_connect"), "tcp_connect");
 * ```
 *
 * @throws {NotFoundError} There is no such function; the message lists the closest names.
 * @throws {NotSupportedError} The kernel is built without kprobes.
 * @throws {TypeError} The program is of another type.
 * @throws {RangeError} An offset at the return, or a number that is none.
 * @throws {PermissionError} The process lacks a capability.
 */
export function attachKprobe(program: Program, name: string, options: KprobeOptions = {}): Link {
  const names = name.startsWith("sys_") ? [name, ...wrappers(name)] : [name];
  return attach(program, `function "${name}"`, names, options);
}

/**
 * Attaches a program to a system call (`BPF_PROG_TYPE_KPROBE`), as {@linkcode attachKprobe} does to the function that the kernel
 * has for it. Since Linux 4.17.
 *
 * @param name The system call without a prefix: `openat`.
 *
 * @example Until the end of the block
 * ```ts ignore
 * import { attachKsyscall, load } from "@waggle/ebpf";
 *
 * await using object = await load("open.bpf.o");
 * using link = attachKsyscall(object.programs.get("on_open"), "openat");
 * ```
 *
 * @throws {NotFoundError} There is no such system call; the message lists the closest names.
 * @throws {NotSupportedError} The kernel is built without kprobes.
 * @throws {TypeError} The program is of another type.
 * @throws {PermissionError} The process lacks a capability.
 */
export function attachKsyscall(program: Program, name: string, options: KsyscallOptions = {}): Link {
  const names = [...wrappers(`sys_${name}`), `__se_sys_${name}`, `sys_${name}`];
  return attach(program, `system call "${name}"`, names, options);
}

/** What processors' wrappers of system calls are called since Linux 4.17: `SYSCALL_DEFINEx` of their `syscall_wrapper.h`. */
function wrappers(name: string): string[] {
  return [`__x64_${name}`, `__arm64_${name}`];
}

function attach(program: Program, target: string, names: readonly string[], options: KprobeOptions): Link {
  const { return: atReturn = false, offset = 0, cookie, maxActive } = options;
  const what = `a link of program "${program.name}" to ${atReturn ? "the return of " : ""}${target}`;
  check(what, options);
  const pmu = maxActive === undefined ? probePmu("kprobe") : undefined;
  const file = pmu ? undefined : probeEvents("kprobe");
  let missing: SyscallError | undefined;
  for (const name of names) {
    try {
      if (pmu) {
        using perf = openKprobe(what, pmu, name, offset, atReturn);
        return linkPerfEvent(what, perf, program, cookie);
      }
      if (file === undefined) throw withoutKprobes(what, "CONFIG_KPROBE_EVENTS");
      const head = atReturn ? `r${maxActive ?? ""}` : "p";
      // `Documentation/trace/kprobetrace.rst`
      const event = new ProbeEvent("kprobe", file, head, name, `${name}+${offset}`);
      return attachToProbeEvent(what, program, event, EVERYWHERE, cookie);
    } catch (cause) {
      if (!(cause instanceof SyscallError)) throw cause;
      if (!isUnknown(cause, name)) throw explain(cause, what, program, options);
      missing = cause;
    }
  }
  throw missing ? unknownFunction(what, names, missing) : withoutKprobes(what, "CONFIG_KPROBE_EVENTS");
}

/** tracefs says `EINVAL` to everything that is wrong with a definition. */
function isUnknown({ errno, syscall }: SyscallError, name: string): boolean {
  if (errno === ERRNO.ENOENT) return true;
  return errno === ERRNO.EINVAL && syscall === "write" && !kernelFunctions().some((one) => one === name);
}

function check(what: string, { return: atReturn, offset = 0, maxActive }: KprobeOptions): void {
  for (const [name, value] of Object.entries({ offset, maxActive: maxActive ?? 0 })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`Cannot create ${what}: ${name} ${value} is no positive integer`);
    }
  }
  if (atReturn && offset !== 0) {
    throw new RangeError(`Cannot create ${what}: functions return from anywhere: leave the offset out`);
  }
  if (!atReturn && maxActive !== undefined) {
    throw new RangeError(`Cannot create ${what}: maxActive is for returns`);
  }
}

function openKprobe(
  what: string,
  pmu: ProbePmu,
  name: string,
  offset: number,
  atReturn: boolean,
): Descriptor {
  return perfEventOpen(what, {
    type: pmu.type,
    config: atReturn ? pmu.returnFlag : 0,
    kprobe_func: cString(name),
    probe_offset: offset,
  }, EVERYWHERE);
}

function explain(cause: SyscallError, what: string, program: Program, options: KprobeOptions): Error {
  return explainKprobe(asPermission(cause, what), what, program, {
    "a cookie needs Linux 5.15": options.cookie !== undefined && cause.syscall.startsWith("bpf"),
    "the offset may be beyond the function's end": options.offset !== undefined,
  });
}
