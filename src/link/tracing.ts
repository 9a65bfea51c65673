/**
 * Links to what a program was loaded for.
 *
 * @module
 */
import { NotSupportedError, SyscallError } from "../errors.ts";
import { kernelVersionCode, versionCode } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { type Descriptor, ERRNO, linkCreate, rawTracepointOpen } from "../sys/mod.ts";
import { BPF_ATTACH_TYPE, NEWER_ATTACH_TYPE } from "../uapi/mod.ts";
import { explainAttach } from "./explain.ts";
import { Link } from "./link.ts";

/** Options of {@linkcode attachTracing}. */
export interface TracingOptions {
  /** What `bpf_get_attach_cookie()` returns in the program. Since Linux 6.0; with `tp_btf` since 6.10. */
  readonly cookie?: bigint;
}

/** Types that take a cookie by `BPF_LINK_CREATE`, which has to be told which one the program was loaded for. */
const TYPES = [
  BPF_ATTACH_TYPE.TRACE_FENTRY,
  BPF_ATTACH_TYPE.TRACE_FEXIT,
  BPF_ATTACH_TYPE.MODIFY_RETURN,
  BPF_ATTACH_TYPE.LSM_MAC,
  NEWER_ATTACH_TYPE.TRACE_FSESSION,
] as const;

/**
 * Attaches a program to what it was loaded for: a tracepoint with types (`tp_btf`), a function of the kernel (`fentry`,
 * `fexit`, `fmod_ret`, and `fsession`), a hook of security modules (`lsm`) or a function of another program (`freplace`).
 * Since Linux 5.5; LSM since 5.7, `fsession` since 7.0.
 *
 * @example Until the end of the block
 * ```ts ignore
 * import { attachTracing, load } from "@waggle/ebpf";
 *
 * await using object = await load("open.bpf.o");
 * using link = attachTracing(object.programs.get("on_open"));
 * ```
 *
 * @throws {TypeError} The program is of another type.
 * @throws {NotSupportedError} The kernel is too old for a cookie.
 * @throws {PermissionError} The process lacks a capability, or the platform refuses to patch functions.
 * @throws {SyscallError} The kernel refuses for another reason.
 */
export function attachTracing(program: Program, options: TracingOptions = {}): Link {
  const target = program.attachTo === "" ? "what it was loaded for" : `"${program.attachTo}"`;
  const what = `a link of program "${program.name}" to ${target}`;
  const { cookie } = options;
  // Kernels between 5.15 and that take the cookie and forget it
  if (cookie !== undefined && kernelVersionCode() < versionCode("6.0")) {
    throw new NotSupportedError(`Cannot create ${what}: a cookie needs Linux 6.0: leave it out`);
  }
  try {
    return new Link(open(what, program, cookie));
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw explain(cause, what, program, cookie);
  }
}

/**
 * `BPF_RAW_TRACEPOINT_OPEN` without a name attaches a program of any of these types to what it was loaded for, and is as old
 * as they are; but only tracepoints get a cookie by it.
 */
function open(what: string, program: Program, cookie: bigint | undefined): Descriptor {
  if (cookie !== undefined) {
    for (const type of TYPES) {
      const descriptor = tryCreate(what, program, type, cookie);
      if (descriptor) return descriptor;
    }
  }
  return rawTracepointOpen(what, { prog_fd: program.descriptor.fd, cookie: cookie ?? 0n });
}

/** `undefined` where the program was loaded for another type: `link_create` compares the two before all else. */
function tryCreate(what: string, program: Program, type: number, cookie: bigint): Descriptor | undefined {
  try {
    return linkCreate(what, {
      prog_fd: program.descriptor.fd,
      attach_type: type,
      "tracing.cookie": cookie,
    });
  } catch (error) {
    if (error instanceof SyscallError && error.errno === ERRNO.EINVAL) return undefined;
    throw error;
  }
}

function explain(cause: SyscallError, what: string, program: Program, cookie: bigint | undefined): Error {
  const { type } = program.info;
  // The name of a raw tracepoint is missing
  if (cause.errno === ERRNO.EFAULT) {
    return new TypeError(
      `Cannot create ${what}: the program is of type ${type}, not tracing: use attachRawTracepoint()`,
      { cause },
    );
  }
  return explainAttach(cause, {
    program,
    what,
    types: ["tracing", "lsm", "ext"],
    capabilities: ["CAP_BPF", "CAP_PERFMON"],
    hints: {
      [ERRNO.EINVAL]: "the program may be an iterator: use attachIterator()" +
        (cookie === undefined ? "" : ", or its cookie need Linux 6.10"),
      [ERRNO.EBUSY]:
        "a program that replaces the function, or is in the way of one, is attached there already",
      [ERRNO.E2BIG]: "there is no room for more programs at the function",
    },
  });
}
