/**
 * What is attached somewhere.
 *
 * @module
 */
import { NotFoundError, NotSupportedError, PermissionError, SyscallError } from "../errors.ts";
import { deviceIndex, permissionHint } from "../kernel/mod.ts";
import { allocate, type Descriptor, ERRNO, progQuery } from "../sys/mod.ts";
import { type AttachType, attachTypeNumber } from "../program/mod.ts";
import type { Netns } from "./_netns.ts";
import { linksWhere, namedProgram, programName } from "./_occupants.ts";
import { NO_RECEIVER, type Place, placeOf } from "./_places.ts";
import { xdpPrograms } from "./_xdp_device.ts";
import type { CgroupHook } from "./cgroup.ts";
import type { LinkInfo } from "./info.ts";
import type { SockmapAttachType } from "./sockmap.ts";

/** A place where programs are attached. */
export type QueryTarget =
  | {
    /** The path of the cgroup's directory. */
    readonly cgroup: string;
    readonly attachType: CgroupHook;
    /** Those that run for its processes, attached above it among them. */
    readonly effective?: boolean;
  }
  | {
    /** The name of a network device. */
    readonly device: string;
    readonly attachType: Extract<AttachType, `tcx_${string}` | `netkit_${string}`>;
  }
  | {
    /** The name of a network device. One program in each mode. */
    readonly device: string;
    readonly attachType: "xdp";
  }
  | { readonly netns: Netns; readonly attachType: "flow_dissector" | "sk_lookup" }
  | { readonly map: { readonly descriptor: Descriptor }; readonly attachType: SockmapAttachType }
  /** The path of an infrared receiver: `/dev/lirc0`. */
  | { readonly lirc: string; readonly attachType: "lirc_mode2" };

/** A program that is attached. */
export interface AttachedProgram {
  /** The number that the kernel gave it. */
  readonly id: number;
  /** At most 15 bytes; empty where the process may not ask, or it has gone. */
  readonly name: string;
  /** Its link, by the number that the kernel gave it; `undefined` where it has none, or the process may not list links. */
  readonly linkId: number | undefined;
  /**
   * Of cgroups: `BPF_F_ALLOW_OVERRIDE` (1), `BPF_F_ALLOW_MULTI` (2), `BPF_F_PREORDER` (64). Of XDP the mode: `generic` (2),
   * `native` (4), `offload` (8). 0 elsewhere.
   */
  readonly flags: number;
}

/** What is attached to a place. */
export interface AttachedPrograms {
  /** In the order in which they run. */
  readonly programs: readonly AttachedProgram[];
  /**
   * Changes with each program that comes or goes; 0 where the kernel does not count. Network devices have it since
   * Linux 6.6, cgroups since 6.17.
   */
  readonly revision: bigint;
}

/** `BPF_F_QUERY_EFFECTIVE` of `include/uapi/linux/bpf.h`. */
const EFFECTIVE = 1;

/**
 * The programs that are attached to a place, in the order in which they run (`BPF_PROG_QUERY`; for XDP by netlink).
 *
 * Since Linux 4.15 for cgroups, 4.18 for infrared receivers, 4.20 for flow dissectors, 5.8 for socket lookup, 5.18 for socket maps, 6.6 for tcx.
 *
 * @example Who looks at the packets that come in
 * ```ts ignore
 * import { queryPrograms } from "@waggle/ebpf";
 *
 * const { programs } = queryPrograms({ device: "eth0", attachType: "tcx_ingress" });
 * for (const { id, name, linkId } of programs) console.log(id, name, linkId);
 * ```
 *
 * @throws {NotFoundError} There is no such cgroup, device, namespace or receiver.
 * @throws {PermissionError} The process lacks `CAP_NET_ADMIN`.
 * @throws {NotSupportedError} The kernel cannot tell of this type of attachments.
 */
export function queryPrograms(target: QueryTarget): AttachedPrograms {
  const { attachType } = target;
  if (attachType === "xdp") return queryXdp(target.device);
  const place = placeOf(target);
  using _ = place.descriptor;
  try {
    const { programs, revision } = query(place, target);
    return { programs: withLinks(programs, place.isLinkOf, attachType), revision };
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const action = `Cannot list the programs of ${place.what} (${attachType})`;
    if (cause.errno === ERRNO.EPERM) {
      throw new PermissionError(`${action}: not permitted: ${permissionHint("CAP_NET_ADMIN")}`, { cause });
    }
    if (cause.errno === ERRNO.EBADF) {
      throw new NotFoundError(`${action}: it is not the directory of a cgroup of version 2`, { cause });
    }
    if (cause.errno === ERRNO.EINVAL) {
      const state = "lirc" in target
        ? NO_RECEIVER
        : "this kernel cannot tell of this type of attachments there";
      throw new NotSupportedError(`${action}: ${state}`, { cause });
    }
    throw cause;
  }
}

function queryXdp(device: string): AttachedPrograms {
  const index = deviceIndex(device);
  const programs = xdpPrograms(`device "${device}"`, index).map(({ programId, flags }) => ({
    id: programId,
    name: programName(programId),
    linkId: undefined,
    flags,
  }));
  return {
    programs: withLinks(programs, (link) => link.type === "xdp" && link.device === index),
    revision: 0n,
  };
}

/** Finds the links of programs where the kernel does not tell them together. */
function withLinks(
  programs: readonly AttachedProgram[],
  isLinkOf: ((link: LinkInfo) => boolean) | undefined,
  attachType?: AttachType,
): AttachedProgram[] {
  if (programs.length === 0 || isLinkOf === undefined) return [...programs];
  const links = linksWhere((link) =>
    isLinkOf(link) && (attachType === undefined || "attachType" in link && link.attachType === attachType)
  );
  return programs.map((program) => {
    const at = links.findIndex(({ programId }) => programId === program.id);
    const [link] = at < 0 ? [] : links.splice(at, 1); // a program may have several
    return { ...program, linkId: link?.id };
  });
}

/** Room for the programs of most places; the kernel says where more is needed. */
const FIRST_COUNT = 64;

function query({ what, fields }: Place, target: QueryTarget): AttachedPrograms {
  const isDevice = "device" in target;
  const effective = "cgroup" in target && target.effective === true;
  // Flags are refused for programs in effect (`__cgroup_bpf_query`); of devices there are none
  let asksFlags = !isDevice && !effective;
  for (let room = FIRST_COUNT;;) {
    const [ids, flags, links] = [allocate(4 * room), allocate(4 * room), allocate(4 * room)];
    try {
      const answer = progQuery(what, {
        ...fields,
        attach_type: attachTypeNumber(target.attachType),
        query_flags: effective ? EFFECTIVE : 0,
        prog_ids: ids,
        count: room,
        ...(isDevice && { link_ids: links }),
        ...(asksFlags && { prog_attach_flags: flags }),
      });
      const shared = answer.get("attach_flags");
      const programs = Array.from({ length: answer.get("count") }, (_, at) => {
        const id = numberAt(ids, at);
        return {
          id,
          name: programName(id),
          linkId: numberAt(links, at) || undefined,
          flags: numberAt(flags, at) || shared,
        };
      });
      return { programs, revision: answer.get64("revision") };
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      if (error.errno === ERRNO.ENOSPC) room *= 2;
      // Flags of each program are Linux 6.0 (b79c9fc9551b); the place has some before that, too
      else if (error.errno === ERRNO.E2BIG && asksFlags) asksFlags = false;
      else throw error;
    }
  }
}

function numberAt(bytes: Uint8Array<ArrayBuffer>, index: number): number {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)[index] ?? 0;
}

/** {@linkcode queryPrograms}, for explaining another error: nothing where it fails itself. */
export function knownPrograms(target: QueryTarget): AttachedPrograms {
  try {
    return queryPrograms(target);
  } catch {
    return { programs: [], revision: 0n };
  }
}

/** Programs in messages: `program "drop" (id 7), program "count" (id 8)`; empty where there are none. */
export function namesOf(programs: readonly AttachedProgram[]): string {
  return programs.map(({ id }) => namedProgram(id)).join(", ");
}

/** Which programs a place has, as the end of a message. */
export function stateOf(programs: readonly AttachedProgram[]): string {
  return programs.length > 0 ? `attached there ${namesOf(programs)}` : "none is attached there";
}
