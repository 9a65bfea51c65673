/**
 * Links to cgroups.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import {
  ATTACH_TYPES,
  type AttachType,
  attachTypeNumber,
  type Program,
  type ProgramType,
} from "../program/mod.ts";
import { ERRNO, linkCreate } from "../sys/mod.ts";
import { type AttachTypes, expectedAttachType } from "./_attach_type.ts";
import { cgroupHints, explainConflict } from "./_cgroup_refusal.ts";
import { openCgroup } from "./_places.ts";
import { attachProg } from "./_prog_attachment.ts";
import { type Anchor, anchorFields } from "./anchor.ts";
import { explainAttach } from "./explain.ts";
import { type Attachment, Link } from "./link.ts";

/** Where in a cgroup a program is attached, as the kernel names it, in lower case. */
export type CgroupHook = Extract<AttachType, `cgroup_${string}`> | "lsm_cgroup";

/**
 * `link` attaches for as long as the link lives. The others attach without a link, as all did before Linux 5.7: `multi`
 * beside others of the same kind (since 4.15), `override` alone, until a cgroup below has its own (since 4.10). Without a
 * link, the program stays when the process ends without closing it, killed or not: until the cgroup is removed, or `bpftool
 * cgroup detach` is called.
 */
export type CgroupMode = "link" | "multi" | "override";

/** Options of {@linkcode attachCgroup}. */
export interface CgroupOptions {
  /**
   * The one that the program was loaded for, by default. Programs for packets (`cgroup_skb`) need it: the kernel takes each
   * for both directions.
   */
  readonly attachType?: CgroupHook;
  /** `link` by default. */
  readonly mode?: CgroupMode;
  /** Where among the others of this cgroup; last by default. Since Linux 6.17. */
  readonly anchor?: Anchor;
}

/** `BPF_F_ALLOW_OVERRIDE` and `BPF_F_ALLOW_MULTI` of `include/uapi/linux/bpf.h`; links are `multi` by themselves. */
const FLAGS: Readonly<Record<CgroupMode, number>> = { link: 0, override: 1, multi: 2 };

const TYPES: AttachTypes<CgroupHook> = {
  cgroup_skb: ATTACH_TYPES.cgroup_skb,
  cgroup_sock: ATTACH_TYPES.cgroup_sock,
  cgroup_sock_addr: ATTACH_TYPES.cgroup_sock_addr,
  cgroup_sockopt: ATTACH_TYPES.cgroup_sockopt,
  cgroup_sysctl: ["cgroup_sysctl"],
  cgroup_device: ["cgroup_device"],
  sock_ops: ["cgroup_sock_ops"],
  lsm: ["lsm_cgroup"],
};

/**
 * Attaches a program to a cgroup (version 2), for the processes in it and below: `BPF_PROG_TYPE_CGROUP_…`, `SOCK_OPS`.
 *
 * By link since Linux 5.7. What the program is attached as follows from what it was loaded for.
 *
 * @param cgroup The path of its directory.
 *
 * @example All connections of one service
 * ```ts ignore
 * import { attachCgroup, load } from "@waggle/ebpf";
 *
 * await using object = await load("connect.bpf.o");
 * using link = attachCgroup(object.programs.get("on_connect"), "/sys/fs/cgroup/system.slice/nginx.service");
 * ```
 *
 * @throws {NotFoundError} There is no such cgroup.
 * @throws {TypeError} The program is of another type, or may be attached as several.
 * @throws {PermissionError} The process lacks a capability.
 * @throws {SyscallError} Another program is in the way, which the message names; the anchor is not attached there.
 */
export function attachCgroup(
  program: Program,
  cgroup: string,
  options?: CgroupOptions & { readonly mode?: "link" },
): Link;
/** Attaches with or without a link. */
export function attachCgroup(program: Program, cgroup: string, options: CgroupOptions): Attachment;
export function attachCgroup(program: Program, cgroup: string, options: CgroupOptions = {}): Attachment {
  const { mode = "link", anchor } = options;
  const kind = mode === "link" ? "a link" : "an attachment";
  const what = `${kind} of program "${program.name}" to cgroup "${cgroup}"`;
  const type = options.attachType ?? expectedAttachType(what, program, TYPES, "attachType");
  using directory = openCgroup(cgroup);
  try {
    const { flags, neighbour } = anchorFields(anchor);
    if (mode === "link") {
      return new Link(linkCreate(what, {
        prog_fd: program.descriptor.fd,
        target_fd: directory.fd,
        attach_type: attachTypeNumber(type),
        flags,
        "cgroup.relative_fd": neighbour,
      }));
    }
    return attachProg(what, program, { descriptor: directory.clone() }, {
      attach_type: attachTypeNumber(type),
      attach_flags: FLAGS[mode] | flags,
      relative_fd: neighbour,
    });
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    if (cause.errno === ERRNO.EPERM) explainConflict(cause, what, cgroup, type);
    throw explainAttach(cause, {
      program,
      what,
      types: typesFor(type),
      capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
      hints: cgroupHints(cause, program, cgroup, type, options),
    });
  }
}

function typesFor(type: CgroupHook): ProgramType[] {
  return Object.entries(TYPES).filter(([, types]) => types.includes(type)).map(([name]) =>
    name as ProgramType
  );
}
