/**
 * Links to many functions of a program or shared library at once.
 *
 * @module
 */
import { NotSupportedError, SyscallError } from "../errors.ts";
import type { Program } from "../program/mod.ts";
import { cString, ERRNO, linkCreate, words64 } from "../sys/mod.ts";
import { BPF_ATTACH_TYPE } from "../uapi/mod.ts";
import { checkCounts, countText } from "./_multi.ts";
import { userPath } from "./_user_path.ts";
import { UserPlaces } from "./_user_place.ts";
import { explainAttach } from "./explain.ts";
import { Link } from "./link.ts";

/** The places of {@linkcode attachUprobeMulti}, in one of three ways. */
export type UprobeMultiPlaces =
  /** Names of functions, with an offset where wanted: `malloc+4`. */
  | { readonly symbols: readonly string[] }
  /** All functions that a pattern with `*` and `?` matches. Since it is unknown how many those are, without cookies. */
  | {
    readonly pattern: string;
    readonly cookies?: never;
    readonly refCounterOffsets?: never;
  }
  /** In bytes from the start of the file. */
  | { readonly offsets: readonly number[] };

/** Options of {@linkcode attachUprobeMulti}. */
export type UprobeMultiOptions = UprobeMultiPlaces & {
  /** What `bpf_get_attach_cookie()` returns in the program, one a place. */
  readonly cookies?: readonly bigint[];
  /** Where the file has counters that the kernel raises, one a place, 0 for none: see `refCounterOffset` of `attachUprobe`. */
  readonly refCounterOffsets?: readonly number[];
  /** The process; all of them, also of the future, by default. */
  readonly pid?: number;
  /** Whether the program runs when functions return, in the place of when they are called. */
  readonly return?: boolean;
  /** Whether the program runs both times; for programs of `SEC("uprobe.session")`. Since Linux 6.13. */
  readonly session?: boolean;
};

/** `BPF_F_UPROBE_MULTI_RETURN` of `include/uapi/linux/bpf.h`. */
const RETURN = 1;

/**
 * Attaches a program of `SEC("uprobe.multi")` to many functions of a program or shared library by one link, in every
 * process that runs it. Since Linux 6.6.
 *
 * @param path A path, or a name: see `attachUprobe`.
 *
 * @example Every call of a function for memory
 * ```ts ignore
 * import { attachUprobeMulti, load } from "@waggle/ebpf";
 *
 * await using object = await load("memory.bpf.o");
 * using link = attachUprobeMulti(object.programs.get("on_call"), "libc", { pattern: "*alloc" });
 * ```
 *
 * @throws {NotFoundError} There is no such file or function; the message lists the closest names.
 * @throws {RangeError} There are not as many cookies or counters as places, or no places.
 * @throws {TypeError} The program is of another type.
 * @throws {NotSupportedError} The kernel is older, or the program was loaded for another kind of links.
 * @throws {PermissionError} The process lacks a capability.
 */
export function attachUprobeMulti(program: Program, path: string, options: UprobeMultiOptions): Link {
  const { cookies, refCounterOffsets, pid, return: atReturn = false, session = false } = options;
  const file = userPath(path);
  const offsets = offsetsOf(file, options);
  const what = `a link of program "${program.name}" to ${countText(options, offsets.length)} of "${path}"`;
  checkCounts(what, offsets.length, { cookies, refCounterOffsets });
  try {
    return new Link(linkCreate(what, {
      prog_fd: program.descriptor.fd,
      attach_type: session ? BPF_ATTACH_TYPE.TRACE_UPROBE_SESSION : BPF_ATTACH_TYPE.TRACE_UPROBE_MULTI,
      "uprobe_multi.path": cString(file),
      "uprobe_multi.offsets": words64(offsets),
      ...(refCounterOffsets && { "uprobe_multi.ref_ctr_offsets": words64(refCounterOffsets) }),
      ...(cookies && { "uprobe_multi.cookies": words64(cookies) }),
      "uprobe_multi.cnt": offsets.length,
      "uprobe_multi.flags": atReturn ? RETURN : 0,
      "uprobe_multi.pid": pid ?? 0,
    }));
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const explained = explainAttach(cause, {
      program,
      what,
      types: ["kprobe"],
      capabilities: ["CAP_BPF", "CAP_PERFMON"],
      hints: {
        [ERRNO.ESRCH]: `there is no process ${pid}`,
        [ERRNO.EBADF]: "the path is no regular file",
        [ERRNO.ENOTSUPP]:
          "an instruction there cannot be probed: take the start of one, such as of a function",
      },
    });
    if (cause.errno !== ERRNO.EINVAL || explained !== cause) throw explained;
    const section = session ? "uprobe.session" : "uprobe.multi";
    throw new NotSupportedError(
      `Cannot create ${what}: the kernel may be older than Linux ${session ? "6.13" : "6.6"}, ` +
        `an offset may be beyond the end of the file, or the program may not be of SEC("${section}")`,
      { cause },
    );
  }
}

function offsetsOf(file: string, options: UprobeMultiOptions): number[] {
  const places = new UserPlaces(file);
  if ("pattern" in options) return places.offsetsLike(options.pattern);
  const targets = "symbols" in options ? options.symbols : options.offsets;
  return targets.map((target) => places.offsetOf(target));
}
