/**
 * Links to functions of programs and shared libraries.
 *
 * @module
 */
import { NotSupportedError, SyscallError } from "../errors.ts";
import type { Program } from "../program/mod.ts";
import { cString, type Descriptor, ERRNO, perfEventOpen, type PerfEventTarget } from "../sys/mod.ts";
import { asPermission, linkPerfEvent } from "./_perf_event.ts";
import { attachToProbeEvent, ProbeEvent } from "./_probe_event.ts";
import { probeEvents } from "./_probe_file.ts";
import { type ProbePmu, probePmu } from "./_probe_pmu.ts";
import { userPath } from "./_user_path.ts";
import { UserPlaces } from "./_user_place.ts";
import { explainAttach } from "./explain.ts";
import type { Link } from "./link.ts";

/** Options of {@linkcode attachUprobe}. */
export interface UprobeOptions {
  /** Whether the program runs when the function returns, in the place of when it is called. */
  readonly return?: boolean;
  /** The process; all of them, also of the future, by default. */
  readonly pid?: number;
  /** What `bpf_get_attach_cookie()` returns in the program. Since Linux 5.15. */
  readonly cookie?: bigint;
  /**
   * Where the file has a counter (16 bits) that the kernel raises for as long as the link lives, in bytes from its start: the
   * semaphore of a USDT probe. Since Linux 4.20.
   */
  readonly refCounterOffset?: number;
}

/** Where a probe is to be. */
interface Place {
  readonly path: string;
  readonly offset: number;
  readonly refCounterOffset: number;
  readonly atReturn: boolean;
}

/**
 * Attaches a program to a function of a program or shared library (`BPF_PROG_TYPE_KPROBE`), in every process that runs it.
 * Since Linux 4.17 by perf_event_open(2) alone; by tracefs before.
 *
 * @param path A path, or a name: `libc` and `libssl.so.3` are looked for among the libraries, `bash` along `PATH`.
 * @param target The name of a function, with an offset where wanted (`malloc+4`), or an offset in the file, in bytes.
 *
 * @example What every bash reads
 * ```ts ignore
 * import { attachUprobe, load } from "@waggle/ebpf";
 *
 * await using object = await load("bashreadline.bpf.o");
 * using link = attachUprobe(object.programs.get("on_readline"), "/bin/bash", "readline", { return: true });
 * ```
 *
 * @throws {NotFoundError} There is no such file or function; the message lists the closest names.
 * @throws {ElfError} A function is asked for by name, and the file is no program or library.
 * @throws {TypeError} The program is of another type.
 * @throws {NotSupportedError} The kernel has no uprobes.
 * @throws {PermissionError} The process lacks a capability.
 */
export function attachUprobe(
  program: Program,
  path: string,
  target: string | number,
  options: UprobeOptions = {},
): Link {
  const { return: atReturn = false, pid, cookie, refCounterOffset = 0 } = options;
  const file = userPath(path);
  const offset = new UserPlaces(file).offsetOf(target);
  const what = `a link of program "${program.name}" to ${atReturn ? "the return of " : ""}` +
    `${typeof target === "number" ? `offset 0x${target.toString(16)}` : `function "${target}"`} of "${path}"`;
  // A process by way of any CPU; every process by way of one, which the program then runs on all of (perf_event_set_bpf_prog)
  const who = pid === undefined ? { pid: -1, cpu: 0 } : { pid, cpu: -1 };
  const place = { path: file, offset, refCounterOffset, atReturn };
  try {
    const pmu = probePmu("uprobe");
    if (!pmu) return attachByTracefs(what, program, place, who, cookie);
    using perf = openUprobe(what, pmu, place, who);
    return linkPerfEvent(what, perf, program, cookie);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw explainAttach(asPermission(cause, what), {
      program,
      what,
      types: ["kprobe"],
      capabilities: ["CAP_BPF", "CAP_PERFMON"],
      hints: hints(options),
    });
  }
}

function openUprobe(what: string, pmu: ProbePmu, place: Place, who: PerfEventTarget): Descriptor {
  return perfEventOpen(what, {
    type: pmu.type,
    // PERF_UPROBE_REF_CTR_OFFSET_SHIFT of kernel/events/core.c
    config: (BigInt(place.refCounterOffset) << 32n) | (place.atReturn ? pmu.returnFlag : 0n),
    uprobe_path: cString(place.path),
    probe_offset: place.offset,
  }, who);
}

/** `uprobe_events`: `Documentation/trace/uprobetracer.rst`. */
function attachByTracefs(
  what: string,
  program: Program,
  { path, offset, refCounterOffset, atReturn }: Place,
  who: PerfEventTarget,
  cookie: bigint | undefined,
): Link {
  const file = probeEvents("uprobe");
  if (file === undefined) {
    throw new NotSupportedError(
      `Cannot create ${what}: the kernel has no uprobes (CONFIG_UPROBE_EVENTS), or tracefs is not mounted: ` +
        "mount -t tracefs tracefs /sys/kernel/tracing",
    );
  }
  if (/\s/.test(path)) {
    throw new NotSupportedError(`Cannot create ${what}: before Linux 4.17 paths must be without spaces`);
  }
  const counter = refCounterOffset === 0 ? "" : `(0x${refCounterOffset.toString(16)})`;
  const definition = `${path}:0x${offset.toString(16)}${counter}`;
  const event = new ProbeEvent(
    "uprobe",
    file,
    atReturn ? "r" : "p",
    path.split("/").at(-1) ?? "",
    definition,
  );
  return attachToProbeEvent(what, program, event, who, cookie);
}

function hints({ pid, cookie, refCounterOffset }: UprobeOptions): Record<number, string> {
  const needs = [
    ...(cookie === undefined ? [] : ["a cookie needs Linux 5.15"]),
    ...(refCounterOffset === undefined
      ? []
      : ["a counter needs Linux 4.20 and must lie in data of the file"]),
    "the offset may be beyond the end of the file, or the program of a kind for many functions at once",
  ];
  return {
    [ERRNO.EINVAL]: needs.join("; "),
    [ERRNO.ENOTSUPP]:
      "the instruction there cannot be probed: take the start of one, such as of the function",
    [ERRNO.ESRCH]: `there is no process ${pid}`,
  };
}
