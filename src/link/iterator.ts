/**
 * Iterators: programs that list the kernel's objects.
 *
 * @module
 */
import { LITTLE_ENDIAN } from "../codec/mod.ts";
import { NotSupportedError, SyscallError } from "../errors.ts";
import type { Program } from "../program/mod.ts";
import {
  allocate,
  type Descriptor,
  ERRNO,
  iterCreate,
  linkCreate,
  readToEnd,
  syscallError,
} from "../sys/mod.ts";
import { BPF_ATTACH_TYPE } from "../uapi/mod.ts";
import { openCgroup } from "./_places.ts";
import { explainAttach } from "./explain.ts";
import { Link } from "./link.ts";

/** In which order cgroups are listed, starting with the one that is given: itself, those below it or those above it. */
export type CgroupOrder = "self" | "descendants-pre" | "descendants-post" | "ancestors";

/** Options of {@linkcode attachIterator}: what is listed, where the type of the program wants or allows to say so. */
export interface IteratorOptions {
  /** The map whose elements are listed; for `iter/bpf_map_elem` and `iter/bpf_sk_storage_map`, which need it. */
  readonly map?: { readonly descriptor: Descriptor };
  /** The directory of a cgroup, for `iter/cgroup`; the root by default. Since Linux 6.1. */
  readonly cgroup?: string;
  /** For `iter/cgroup`, which needs it. Since Linux 6.1. */
  readonly order?: CgroupOrder;
  /** The process whose threads are listed, for `iter/task` and its like; all by default. Where there is none of that id the list is empty. Since Linux 6.1. */
  readonly pid?: number;
  /** The thread alone. Since Linux 6.1. */
  readonly tid?: number;
  /** A descriptor of the process (`pidfd_open`), which stands for it even when its id is used again. Since Linux 6.1. */
  readonly taskOf?: Descriptor;
}

/** `enum bpf_cgroup_iter_order`. */
const ORDERS: Readonly<Record<CgroupOrder, number>> = {
  "self": 1,
  "descendants-pre": 2,
  "descendants-post": 3,
  "ancestors": 4,
};

/** An attached iterator. Where it is pinned, `cat` of the pin prints the list. */
export class IteratorLink extends Link {
  /**
   * Runs the program for each object, and returns what it wrote.
   *
   * @throws {SyscallError} The program writes more about one object than the kernel has room for.
   */
  read(): Uint8Array<ArrayBuffer> {
    using list = iterCreate(this.descriptor);
    try {
      return readToEnd(list);
    } catch (cause) {
      if (!(cause instanceof SyscallError) || cause.errno !== ERRNO.E2BIG) throw cause;
      // bpf_seq_read: eight pages
      const hint = "the program writes more about one object than the kernel has room for (8 pages)";
      throw syscallError(cause.errno, cause.syscall, `read ${list.what}`, hint);
    }
  }

  /** {@linkcode IteratorLink.read} as text. */
  text(): string {
    return new TextDecoder().decode(this.read());
  }

  /** {@linkcode IteratorLink.text}, line by line, without the ends of lines. */
  lines(): string[] {
    const lines = this.text().split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines;
  }
}

/**
 * Attaches a program of `SEC("iter/…")`, which is then run for each object of its kind when the list is read. Since Linux 5.8.
 *
 * @example The threads of a process
 * ```ts ignore
 * import { attachIterator, load } from "@waggle/ebpf";
 *
 * await using object = await load("tasks.bpf.o");
 * using tasks = attachIterator(object.programs.get("tasks"), { pid: 1 });
 * for (const line of tasks.lines()) console.log(line);
 * ```
 *
 * @throws {TypeError} The program is no iterator, or options exclude each other.
 * @throws {NotFoundError} There is no such cgroup.
 * @throws {SyscallError} The iterator needs a map or an order, or cannot list this one.
 * @throws {PermissionError} The process lacks a capability.
 */
export function attachIterator(program: Program, options: IteratorOptions = {}): IteratorLink {
  const what = `an iterator of program "${program.name}"`;
  using cgroup = options.cgroup === undefined ? undefined : openCgroup(options.cgroup);
  const info = linkInfo(what, options, cgroup);
  try {
    return new IteratorLink(linkCreate(what, {
      prog_fd: program.descriptor.fd,
      attach_type: BPF_ATTACH_TYPE.TRACE_ITER,
      ...(info && { iter_info: info, iter_info_len: info.length }),
    }));
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw explain(cause, what, program, options);
  }
}

/** `union bpf_iter_link_info`, 16 bytes; `undefined` where all is by default, as kernels before 5.9 want it. */
function linkInfo(
  what: string,
  { map, order, pid, tid, taskOf }: IteratorOptions,
  cgroup: Descriptor | undefined,
): Uint8Array | undefined {
  const isCgroup = cgroup !== undefined || order !== undefined;
  const tasks = [pid, tid, taskOf].filter((one) => one !== undefined).length;
  if (Number(map !== undefined) + Number(isCgroup) + tasks > 1) {
    throw new TypeError(`Cannot create ${what}: map, cgroup, pid, tid and taskOf exclude each other`);
  }
  if (!map && !isCgroup && tasks === 0) return undefined;
  const info = allocate(16);
  const view = new DataView(info.buffer);
  const set = (at: number, value: number) => view.setUint32(at, value, LITTLE_ENDIAN);
  if (map) set(0, map.descriptor.fd);
  if (order) set(0, ORDERS[order]);
  if (cgroup) set(4, cgroup.fd);
  if (tid !== undefined) set(0, tid);
  if (pid !== undefined) set(4, pid);
  if (taskOf) set(8, taskOf.fd);
  return info;
}

function explain(cause: SyscallError, what: string, program: Program, options: IteratorOptions): Error {
  const { map, cgroup } = options;
  if (cause.errno === ERRNO.EOPNOTSUPP) {
    return new NotSupportedError(`Cannot create ${what}: the kernel lists no such objects`, { cause });
  }
  return explainAttach(cause, {
    program,
    what,
    types: ["tracing"],
    capabilities: ["CAP_BPF", "CAP_PERFMON"],
    hints: {
      [ERRNO.EINVAL]: map
        ? 'the program is no iterator over elements (SEC("iter/bpf_map_elem")), or the map is of a type without them'
        : 'it may need an order (SEC("iter/cgroup")), be no iterator, or need Linux 6.1 for its options',
      [ERRNO.EBADF]: map || cgroup === undefined
        ? 'it needs a map (SEC("iter/bpf_map_elem"))'
        : `${JSON.stringify(cgroup)} is no directory of a cgroup`,
      [ERRNO.EACCES]: "the program reads or writes beyond the keys and values of the map",
    },
  });
}
