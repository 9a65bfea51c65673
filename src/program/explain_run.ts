/**
 * Why the kernel refuses to run a program by hand.
 *
 * @module
 */
import { NotSupportedError, PermissionError, type SyscallError } from "../errors.ts";
import { permissionHint } from "../kernel/mod.ts";
import { ERRNO, syscallError } from "../sys/mod.ts";
import { BPF_PROG_TYPE } from "../uapi/mod.ts";
import { neededCapabilities, TRACING } from "./needed.ts";
import { programTypeName } from "./type.ts";

/** Types whose programs run on raw tracepoints: the ones that a test can place on a CPU. */
const RAW_TRACEPOINTS: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE.RAW_TRACEPOINT,
  BPF_PROG_TYPE.RAW_TRACEPOINT_WRITABLE,
]);

/** What the kernel says of a CPU that is not there (`bpf_prog_test_run_raw_tp`). */
const ENXIO = 6;
/** What it says of a checksum that does not fit the data any more (`bpf_prog_test_run_skb`). */
const EBADMSG = 74;
/** In bytes: `ETH_HLEN`. */
const ETHERNET_HEADER = 14;

/** What a test run was asked for. */
export interface RunAttempt {
  readonly data?: Uint8Array;
  readonly context?: Uint8Array;
  readonly repeat?: number;
  readonly cpu?: number;
  readonly liveFrames?: boolean;
  readonly checksumComplete?: boolean;
}

/** The error to throw in place of `cause`, which `BPF_PROG_TEST_RUN` gave for a program of this name and type. */
export function explainRun(
  cause: SyscallError,
  name: string,
  type: number,
  attempt: RunAttempt,
): Error {
  const action = `run program "${name}" (${programTypeName(type)})`;
  const { cpu } = attempt;
  switch (cause.errno) {
    case ERRNO.ENOTSUPP:
      return new NotSupportedError(
        `Cannot ${action}: the kernel cannot run programs of this type by hand: attach it instead`,
        { cause },
      );
    case ERRNO.EINVAL:
      return syscallError(cause.errno, cause.syscall, action, hintAboutRun(type, attempt));
    case ERRNO.ENOSPC:
      return syscallError(
        cause.errno,
        cause.syscall,
        action,
        "the program made the packet longer by more than there is room for: 4096 bytes",
      );
    case EBADMSG:
      return syscallError(
        cause.errno,
        cause.syscall,
        action,
        "the program leaves the packet with a wrong checksum: bpf_csum_diff(), or a helper that keeps it right",
      );
    case ENXIO:
      return new RangeError(`Cannot ${action}: there is no CPU ${cpu}, or it is off`, { cause });
    case ERRNO.EPERM:
      return new PermissionError(
        `Cannot ${action}: not permitted: ${permissionHint(...neededCapabilities(type))}`,
        { cause },
      );
    default:
      return cause;
  }
}

/** What the type may have against the run: `bpf_prog_test_run_*` in net/bpf/test_run.c. */
function hintAboutRun(type: number, attempt: RunAttempt): string {
  const { data, context, repeat = 1, cpu, liveFrames, checksumComplete } = attempt;
  if (cpu !== undefined && !RAW_TRACEPOINTS.has(type)) {
    return "only raw tracepoints run on a CPU of one's choice";
  }
  if (liveFrames && type !== BPF_PROG_TYPE.XDP) return "only XDP programs run with live frames";
  if (checksumComplete && (type === BPF_PROG_TYPE.XDP || TRACING.has(type))) {
    return "only programs for socket buffers know checksums";
  }
  if (type === BPF_PROG_TYPE.SYSCALL) {
    if (data || repeat > 1) return "programs of type syscall take a context instead of data, and run once";
    return `the context has ${context?.length ?? 0} bytes, fewer than the program reads`;
  }
  if (TRACING.has(type)) {
    if (!data && repeat === 1 && context) {
      return `the context has ${context.length} bytes, more or fewer than fit`;
    }
    return "programs for tracing take no data, and run once";
  }
  const size = data?.length ?? 0;
  const few = size < ETHERNET_HEADER ? `, fewer than the ${ETHERNET_HEADER} of an Ethernet header` : "";
  const about = context ? ", and the context may have fields set that a test cannot set" : "";
  return `the data has ${size} bytes${few}${about}`;
}
