/**
 * Links of one program to many functions of the kernel, with typed arguments.
 *
 * @module
 */
import { NotFoundError, NotSupportedError, SyscallError } from "../errors.ts";
import { closest, kernelBtf, kernelFunctions } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { type Descriptor, ERRNO, linkCreate, words32, words64 } from "../sys/mod.ts";
import { NEWER_ATTACH_TYPE } from "../uapi/mod.ts";
import { globPattern } from "./_glob.ts";
import { checkCounts, countText } from "./_multi.ts";
import { traceableFunctions } from "./_traceable.ts";
import { explainAttach } from "./explain.ts";
import { Link } from "./link.ts";

/** The functions of {@linkcode attachTracingMulti}. */
export type TracingMultiFunctions =
  /** Names of functions in the kernel's BTF. */
  | { readonly symbols: readonly string[] }
  /** All functions that a pattern with `*` and `?` matches and whose arguments programs can have. */
  | { readonly pattern: string; readonly cookies?: never };

/** Options of {@linkcode attachTracingMulti}. */
export type TracingMultiOptions = TracingMultiFunctions & {
  /** What `bpf_get_attach_cookie()` returns in the program, one a function. */
  readonly cookies?: readonly bigint[];
};

const { TRACE_FENTRY_MULTI, TRACE_FEXIT_MULTI, TRACE_FSESSION_MULTI } = NEWER_ATTACH_TYPE;
const ATTACH_TYPES = [TRACE_FENTRY_MULTI, TRACE_FEXIT_MULTI, TRACE_FSESSION_MULTI] as const;

/**
 * Attaches a program of `SEC("fentry.multi")`, `fexit.multi` or `fsession.multi` to many functions of the kernel by one link.
 * In kernels after Linux 7.0; older ones have `attachKprobeMulti` for many functions and `attachTracing` for one.
 *
 * @example Until the end of the block
 * ```ts ignore
 * import { attachTracingMulti, load } from "@waggle/ebpf";
 *
 * await using object = await load("tcp.bpf.o");
 * using link = attachTracingMulti(object.programs.get("on_call"), { pattern: "tcp_v?_*" });
 * ```
 *
 * @throws {NotFoundError} There is no such function; the message lists the closest names.
 * @throws {NotSupportedError} The kernel is older, or the program was loaded for another kind of links.
 * @throws {TypeError} The program is of another type.
 * @throws {RangeError} There are not as many cookies as functions, or no functions.
 * @throws {PermissionError} The process lacks a capability.
 */
export function attachTracingMulti(program: Program, options: TracingMultiOptions): Link {
  const ids = "pattern" in options ? idsLike(program, options.pattern) : idsOf(program, options.symbols);
  const what = `a link of program "${program.name}" to ${countText(options, ids.length)} of the kernel`;
  checkCounts(what, ids.length, { cookies: options.cookies });
  const fields = {
    prog_fd: program.descriptor.fd,
    "tracing_multi.ids": words32(ids),
    "tracing_multi.cnt": ids.length,
    ...(options.cookies && { "tracing_multi.cookies": words64(options.cookies) }),
  };
  try {
    return new Link(create(what, fields));
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw explain(cause, what, program);
  }
}

/** As what the program was loaded, the kernel compares before all else (`link_create`). */
function create(what: string, fields: Omit<Parameters<typeof linkCreate>[1], "attach_type">): Descriptor {
  const [first, ...others] = ATTACH_TYPES;
  for (const type of others) {
    try {
      return linkCreate(what, { ...fields, attach_type: type });
    } catch (error) {
      if (!(error instanceof SyscallError) || error.errno !== ERRNO.EINVAL) throw error;
    }
  }
  return linkCreate(what, { ...fields, attach_type: first });
}

function idsLike(program: Program, pattern: string): number[] {
  const ids = traceableFunctions(kernelBtf(), globPattern(pattern));
  if (ids.length > 0) return ids;
  throw new NotFoundError(
    `Cannot create a link of program "${program.name}" to functions like "${pattern}" of the kernel: ` +
      "none of those with types that programs can have matches",
  );
}

function idsOf(program: Program, symbols: readonly string[]): number[] {
  const btf = kernelBtf();
  return symbols.map((name) => {
    const type = btf.find(name, "function");
    if (type) return type.id;
    throw new NotFoundError(
      `Cannot create a link of program "${program.name}" to function "${name}": the kernel has no types of it` +
        closest(name, kernelFunctions()),
    );
  });
}

function explain(cause: SyscallError, what: string, program: Program): Error {
  const explained = explainAttach(cause, {
    program,
    what,
    types: ["tracing"],
    capabilities: ["CAP_BPF", "CAP_PERFMON"],
    hints: {
      [ERRNO.ENOENT]: "not all functions can be traced: tracefs lists those in available_filter_functions",
    },
  });
  if (cause.errno !== ERRNO.EINVAL || explained !== cause) return explained;
  return new NotSupportedError(
    `Cannot create ${what}: the kernel may be too old (Linux 7.0 is), or the program not of SEC("fentry.multi") and its ` +
      "like: use attachKprobeMulti()",
    { cause },
  );
}
