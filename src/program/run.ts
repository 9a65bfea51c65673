/**
 * Running programs by hand.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { allocate, type Attr, type Fields, progTestRun } from "../sys/mod.ts";
import { BPF_PROG_TYPE, type PROG_TEST_RUN_ATTR } from "../uapi/mod.ts";
import { explainRun } from "./explain_run.ts";
import { readFacts } from "./info.ts";
import type { Program } from "./program.ts";

/** Options of {@linkcode Program.run}. */
export interface RunOptions {
  /**
   * The packet or other data for the program. Network programs take at least the 14 bytes of an Ethernet header, and as
   * many as fit a page beside the kernel's own: about 3.4 KiB where pages have 4. XDP programs take more since Linux
   * 5.18, in fragments, which only those with the flag `xdp_has_frags` see. Programs for tracing take none.
   */
  readonly data?: Uint8Array;
  /**
   * What the program's argument points to: a `struct __sk_buff`, `struct xdp_md` or `struct bpf_sk_lookup` for network
   * programs (since Linux 5.2, 5.15 and 5.13), the arguments, 8 bytes each, for raw tracepoints (5.10), any bytes for
   * those of type `syscall` (5.14). The kernel refuses values in fields that a test cannot set.
   */
  readonly context?: Uint8Array;
  /** How often to run; once by default. Programs for tracing and of type `syscall` cannot be asked to run more often. */
  readonly repeat?: number;
  /** The CPU to run on, for raw tracepoints alone (`BPF_F_TEST_RUN_ON_CPU`). Since Linux 5.10. */
  readonly cpu?: number;
  /**
   * Lets the kernel do with packets of XDP programs what they return (`BPF_F_TEST_XDP_LIVE_FRAMES`): `repeat` frames go
   * out by `XDP_TX`, on by `XDP_REDIRECT` or up by `XDP_PASS`, of the device in the context's `ingress_ifindex`.
   * Gives no data or context back. Since Linux 5.18.
   */
  readonly liveFrames?: boolean;
  /** How many live frames are handled at a time, up to 256; 64 by default. */
  readonly batchSize?: number;
  /**
   * Gives packets a checksum as devices do (`CHECKSUM_COMPLETE`), and fails where the program leaves it wrong; for
   * `sched_cls` and other programs for socket buffers (`BPF_F_TEST_SKB_CHECKSUM_COMPLETE`). Since Linux 6.11.
   */
  readonly checksumComplete?: boolean;
}

/** What a test run gave. */
export interface RunResult {
  /** What the program returned, as an unsigned 32-bit number. */
  readonly returnValue: number;
  /** The data after the run. */
  readonly data: Uint8Array;
  /** The context after the run; absent where none was given, or the kernel does not give it back. */
  readonly context?: Uint8Array;
  /** The mean of all runs, in ns. */
  readonly duration: number;
}

/** Room for a packet that the program makes longer, in bytes: `XDP_PACKET_HEADROOM` and the most `adjust_tail` adds. */
const GROWTH = 4096;
/** Room for a context that comes back whole however few bytes of it were given: more than `struct __sk_buff`. */
const CONTEXT_ROOM = 512;

const MAX_U32 = 0xffff_ffff;

/** Flags of `BPF_PROG_TEST_RUN` in include/uapi/linux/bpf.h. */
const ON_CPU = 1;
const LIVE_FRAMES = 2;
const CHECKSUM_COMPLETE = 4;

/** These refuse room for a context: `bpf_prog_test_run_raw_tp`. */
const NO_CONTEXT_OUT: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE.RAW_TRACEPOINT,
  BPF_PROG_TYPE.RAW_TRACEPOINT_WRITABLE,
  BPF_PROG_TYPE.SYSCALL,
]);

/** Runs a program as {@linkcode Program.run} says. */
export function runProgram(program: Program, options: RunOptions): RunResult {
  const { data, context, repeat = 1, liveFrames = false } = options;
  check(program, "repeat", repeat, 1);
  const dataOut = data && data.length > 0 && !liveFrames ? allocate(data.length + GROWTH) : undefined;
  const contextIn = context && aligned(context);
  const contextOut = context && !liveFrames ? roomForContext(program, context) : undefined;
  const attr = testRun(program, options, {
    prog_fd: program.descriptor.fd,
    // 0 is once, too, and all that programs for tracing take (bpf_prog_test_run_raw_tp)
    repeat: repeat === 1 ? 0 : repeat,
    ...(data && { data_in: data, data_size_in: data.length }),
    ...(dataOut && { data_out: dataOut, data_size_out: dataOut.length }),
    ...(contextIn && { ctx_in: contextIn, ctx_size_in: contextIn.length }),
    ...(contextOut && { ctx_out: contextOut, ctx_size_out: contextOut.length }),
    ...flagFields(program, options),
  });
  const contextAfter = contextOut?.subarray(0, attr.get("ctx_size_out")) ??
    (contextIn && writesBack(program) ? contextIn : undefined);
  return {
    returnValue: attr.get("retval"),
    data: dataOut?.subarray(0, attr.get("data_size_out")) ?? new Uint8Array(0),
    ...(contextAfter && { context: contextAfter }),
    duration: attr.get("duration"),
  };
}

/** A copy whose address may be handed to the kernel, which `syscall` programs write to. */
function aligned(bytes: Uint8Array): Uint8Array {
  const copy = allocate(bytes.length);
  copy.set(bytes);
  return copy;
}

function roomForContext(program: Program, context: Uint8Array): Uint8Array | undefined {
  if (NO_CONTEXT_OUT.has(typeOf(program))) return undefined;
  return allocate(Math.max(context.length, CONTEXT_ROOM));
}

/** `bpf_prog_test_run_syscall` puts the context back where it came from. */
function writesBack(program: Program): boolean {
  return typeOf(program) === BPF_PROG_TYPE.SYSCALL;
}

function typeOf({ descriptor }: Program): number {
  return readFacts(descriptor).get("type");
}

function flagFields(program: Program, options: RunOptions): Fields<typeof PROG_TEST_RUN_ATTR> {
  const { cpu, liveFrames, batchSize, checksumComplete } = options;
  if (cpu !== undefined) check(program, "cpu", cpu, 0);
  if (batchSize !== undefined) check(program, "batchSize", batchSize, 1);
  const flags = (cpu === undefined ? 0 : ON_CPU) | (liveFrames ? LIVE_FRAMES : 0) |
    (checksumComplete ? CHECKSUM_COMPLETE : 0);
  return { flags, cpu: cpu ?? 0, batch_size: batchSize ?? 0 };
}

function check({ name }: Program, option: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value <= MAX_U32) return;
  throw new RangeError(
    `Cannot run program "${name}": ${option} ${value} is not an integer from ${least} to ${MAX_U32}`,
  );
}

function testRun(
  program: Program,
  options: RunOptions,
  fields: Fields<typeof PROG_TEST_RUN_ATTR>,
): Attr<typeof PROG_TEST_RUN_ATTR> {
  try {
    return progTestRun(`program "${program.name}"`, fields);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    throw explainRun(error, program.name, typeOf(program), options);
  }
}

/** Options of {@linkcode Program.benchmark}. */
export interface BenchmarkOptions {
  /** As {@linkcode RunOptions.data}. */
  readonly data?: Uint8Array;
  /** As {@linkcode RunOptions.context}. */
  readonly context?: Uint8Array;
  /** How often to run. By default as often as takes a fifth of a second. */
  readonly times?: number;
}

/** What {@linkcode Program.benchmark} measured. */
export interface BenchmarkResult {
  /** The mean of a run in ns, as the kernel measured it: rounded down. */
  readonly duration: number;
  /** How often the program ran. */
  readonly times: number;
}

/** What a run is estimated from: enough to outweigh the cold caches of the first ones. */
const WARM_UP = 1000;
/** How long the runs shall take, in ns. */
const BENCHMARK_TIME = 200_000_000;
/** Programs of a few ns would be run for ever: the mean has no more digits anyway. */
const MOST_TIMES = 50_000_000;

/** Measures a program as {@linkcode Program.benchmark} says. */
export function benchmarkProgram(
  program: Program,
  { times, ...rest }: BenchmarkOptions,
): BenchmarkResult {
  if (times !== undefined) {
    return { duration: runProgram(program, { ...rest, repeat: times }).duration, times };
  }
  const { duration } = runProgram(program, { ...rest, repeat: WARM_UP });
  const repeat = Math.round(BENCHMARK_TIME / Math.max(duration, 1));
  const bounded = Math.min(Math.max(repeat, WARM_UP), MOST_TIMES);
  return { duration: runProgram(program, { ...rest, repeat: bounded }).duration, times: bounded };
}
