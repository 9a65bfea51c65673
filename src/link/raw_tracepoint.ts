/**
 * Links to raw tracepoints.
 *
 * @module
 */
import { NotFoundError, SyscallError } from "../errors.ts";
import { closest, kernelBtf } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { cString, ERRNO, rawTracepointOpen } from "../sys/mod.ts";
import { explainAttach } from "./explain.ts";
import { Link } from "./link.ts";

/** Options of {@linkcode attachRawTracepoint}. */
export interface RawTracepointOptions {
  /** What `bpf_get_attach_cookie()` returns in the program. Since Linux 6.10. */
  readonly cookie?: bigint;
}

/**
 * Attaches a program to a raw tracepoint (`BPF_PROG_TYPE_RAW_TRACEPOINT`), whose arguments are those of the kernel's
 * own code. Needs no tracefs. Since Linux 4.17.
 *
 * @param name The event alone, without a group: `sched_process_exec`.
 *
 * @example Until the end of the block
 * ```ts ignore
 * import { attachRawTracepoint, load } from "@waggle/ebpf";
 *
 * await using object = await load("execsnoop.bpf.o");
 * using link = attachRawTracepoint(object.programs.get("on_exec"), "sched_process_exec");
 * ```
 *
 * @throws {NotFoundError} There is no such tracepoint; the message lists the closest names.
 * @throws {TypeError} The program is of another type.
 */
export function attachRawTracepoint(
  program: Program,
  name: string,
  options: RawTracepointOptions = {},
): Link {
  const what = `a link of program "${program.name}" to raw tracepoint "${name}"`;
  try {
    return new Link(rawTracepointOpen(what, {
      name: cString(name),
      prog_fd: program.descriptor.fd,
      cookie: options.cookie ?? 0n,
    }));
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    if (cause.errno === ERRNO.ENOENT) throw notFound(name, cause);
    throw explainAttach(cause, {
      program,
      what,
      types: ["raw_tracepoint", "raw_tracepoint_writable"],
      capabilities: ["CAP_BPF", "CAP_PERFMON"],
      hints: {
        [ERRNO.EINVAL]: "the program may read more arguments than the tracepoint has",
        [ERRNO.E2BIG]: "a cookie needs Linux 6.10",
      },
    });
  }
}

function notFound(name: string, cause: SyscallError): NotFoundError {
  return new NotFoundError(
    `Cannot find raw tracepoint "${name}": this kernel has none of that name${
      closest(name, rawTracepoints())
    }`,
    { cause },
  );
}

const TYPE_PREFIX = "btf_trace_";

/** The raw tracepoints of vmlinux: each has a typedef of its prototype (`__bpf_trace_` in `include/trace/bpf_probe.h`). */
function* rawTracepoints(): Generator<string> {
  const btf = kernelBtf();
  for (let id = 1; id < btf.count; id++) {
    if (btf.kindOf(id) !== "typedef") continue;
    const name = btf.nameOf(id);
    if (name.startsWith(TYPE_PREFIX)) yield name.slice(TYPE_PREFIX.length);
  }
}
