/**
 * Links to many functions of the kernel at once.
 *
 * @module
 */
import { NotFoundError, NotSupportedError, PermissionError, SyscallError } from "../errors.ts";
import { tracefsFile } from "../kernel/mod.ts";
import type { Program } from "../program/mod.ts";
import { cStrings, ERRNO, linkCreate, readFile, words64 } from "../sys/mod.ts";
import { BPF_ATTACH_TYPE } from "../uapi/mod.ts";
import { globPattern } from "./_glob.ts";
import { unknownFunction, withoutKprobes } from "./_kernel_function.ts";
import { checkCounts, countText } from "./_multi.ts";
import { explainAttach } from "./explain.ts";
import { Link } from "./link.ts";

/** The functions of {@linkcode attachKprobeMulti}, in one of three ways. */
export type KprobeMultiFunctions =
  /** Names of `/proc/kallsyms`. */
  | { readonly symbols: readonly string[] }
  /** All functions that a pattern with `*` and `?` matches. Since it is unknown how many those are, without cookies. */
  | { readonly pattern: string; readonly cookies?: never }
  /** Where they begin, as `/proc/kallsyms` has it. */
  | { readonly addresses: readonly bigint[] };

/** Options of {@linkcode attachKprobeMulti}. */
export type KprobeMultiOptions = KprobeMultiFunctions & {
  /** What `bpf_get_attach_cookie()` returns in the program, one a function. */
  readonly cookies?: readonly bigint[];
  /** Whether the program runs when functions return, in the place of when they are called. */
  readonly return?: boolean;
  /** Whether the program runs both times; for programs of `SEC("kprobe.session")`. Since Linux 6.10. */
  readonly session?: boolean;
};

/** `BPF_F_KPROBE_MULTI_RETURN` of `include/uapi/linux/bpf.h`. */
const RETURN = 1;

/**
 * Attaches a program of `SEC("kprobe.multi")` to many functions of the kernel by one link. Since Linux 5.18.
 *
 * @example Until the end of the block
 * ```ts ignore
 * import { attachKprobeMulti, load } from "@waggle/ebpf";
 *
 * await using object = await load("tcp.bpf.o");
 * using link = attachKprobeMulti(object.programs.get("on_call"), { pattern: "tcp_v?_*" });
 * ```
 *
 * @throws {NotFoundError} There is no such function; the message lists the closest names.
 * @throws {NotSupportedError} The kernel is older, built without this, or the program was loaded for another kind of links.
 * @throws {TypeError} The program is of another type.
 * @throws {RangeError} There are not as many cookies as functions, or no functions.
 * @throws {PermissionError} The process lacks a capability.
 */
export function attachKprobeMulti(program: Program, options: KprobeMultiOptions): Link {
  const { cookies, return: atReturn = false, session = false } = options;
  const { symbols = [], addresses = [] } = functionsOf(program, options);
  const count = Math.max(symbols.length, addresses.length);
  const what = `a link of program "${program.name}" to ${countText(options, count)} of the kernel`;
  checkCounts(what, count, { cookies });
  try {
    return new Link(linkCreate(what, {
      prog_fd: program.descriptor.fd,
      attach_type: session ? BPF_ATTACH_TYPE.TRACE_KPROBE_SESSION : BPF_ATTACH_TYPE.TRACE_KPROBE_MULTI,
      "kprobe_multi.flags": atReturn ? RETURN : 0,
      "kprobe_multi.cnt": count,
      ...(addresses.length > 0
        ? { "kprobe_multi.addrs": words64(addresses) }
        : { "kprobe_multi.syms": cStrings(symbols) }),
      ...(cookies && { "kprobe_multi.cookies": words64(cookies) }),
    }));
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw explain(cause, what, program, session, symbols);
  }
}

interface Functions {
  readonly symbols?: readonly string[];
  readonly addresses?: readonly bigint[];
}

function functionsOf(program: Program, options: KprobeMultiOptions): Functions {
  if (!("pattern" in options)) return options;
  const what = `a link of program "${program.name}" to functions like "${options.pattern}" of the kernel`;
  const found = matching(what, options.pattern);
  if (found.symbols?.length || found.addresses?.length) return found;
  throw new NotFoundError(`Cannot create ${what}: none of those that can be traced matches`);
}

/** By addresses since Linux 6.5, as several functions may have one name; by names before. */
function matching(what: string, pattern: string): Functions {
  const matches = globPattern(pattern);
  const withAddresses = tracefsFile("available_filter_functions_addrs");
  const file = withAddresses ?? tracefsFile("available_filter_functions");
  if (file === undefined) throw withoutKprobes(what, "CONFIG_FUNCTION_TRACER");
  // "ffffffff81000000 name" or "name", and " [module]" after those of modules
  const text = new TextDecoder("latin1").decode(readList(what, file));
  const addresses: bigint[] = [];
  const symbols = new Set<string>();
  for (const [, address, name = ""] of text.matchAll(/^(?:([\da-f]{16}) )?(\S+)/gm)) {
    if (!matches.test(name) || name.startsWith("__ftrace_invalid_address__")) continue;
    if (withAddresses === undefined) symbols.add(name);
    else addresses.push(BigInt(`0x${address}`));
  }
  return { symbols: [...symbols], addresses };
}

function readList(what: string, file: string): Uint8Array {
  try {
    return readFile(file);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    if (cause.errno !== ERRNO.EPERM && cause.errno !== ERRNO.EACCES) throw cause;
    if (tracefsFile("kprobe_events") === undefined) throw withoutKprobes(what, "CONFIG_FPROBE", cause);
    throw new PermissionError(
      `Cannot create ${what}: tracefs is closed to this process: run it as root, or name the functions`,
      { cause },
    );
  }
}

function explain(
  cause: SyscallError,
  what: string,
  program: Program,
  session: boolean,
  symbols: readonly string[],
): Error {
  switch (cause.errno) {
    case ERRNO.EOPNOTSUPP:
      return withoutKprobes(what, "CONFIG_FPROBE", cause);
    // ftrace_lookup_symbols and, of addresses, ftrace_set_filter_ips
    case ERRNO.ESRCH:
    case ERRNO.ENOENT:
      return unknownFunction(what, symbols, cause);
  }
  const explained = explainAttach(cause, {
    program,
    what,
    types: ["kprobe"],
    capabilities: ["CAP_BPF", "CAP_PERFMON"],
    hints: {},
  });
  if (cause.errno !== ERRNO.EINVAL || explained !== cause) return explained;
  const section = session ? "kprobe.session" : "kprobe.multi";
  return new NotSupportedError(
    `Cannot create ${what}: the kernel may be older than Linux ${session ? "6.10" : "5.18"}, ` +
      `an address may not be the start of a function, or the program may not be of SEC("${section}")`,
    { cause },
  );
}
