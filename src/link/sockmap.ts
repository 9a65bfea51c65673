/**
 * Links to maps of sockets.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { attachTypeNumber, type Program, type ProgramType } from "../program/mod.ts";
import { type Descriptor, ERRNO, linkCreate } from "../sys/mod.ts";
import { explainAttach } from "./explain.ts";
import { type Attachment, Link } from "./link.ts";
import { attachProg } from "./_prog_attachment.ts";
import { knownPrograms, namesOf } from "./query.ts";

/** What a program does for the sockets of a map, as the kernel names it, in lower case. */
export type SockmapAttachType =
  | "sk_skb_stream_parser"
  | "sk_skb_stream_verdict"
  | "sk_skb_verdict"
  | "sk_msg_verdict";

/** Options of {@linkcode attachSockmap}. */
export interface SockmapOptions {
  /**
   * `link`, since Linux 6.10, by default; `program` attaches without a link, in place of the program there (since 4.14): it
   * stays when the process ends without closing it, for as long as the map lives.
   */
  readonly mode?: "link" | "program";
}

/** A `sockMap` or `sockHash`. */
export interface SockmapTarget {
  /** In messages. */
  readonly name: string;
  /** The descriptor of the map. */
  readonly descriptor: Descriptor;
}

/**
 * Attaches a program to a map of sockets: one that sees what its sockets send (`BPF_PROG_TYPE_SK_MSG`) or receive
 * (`SK_SKB`), and may send it to another socket of a map. It counts for sockets that are put in afterwards.
 *
 * By link since Linux 6.10; mode `program` on older kernels.
 *
 * @example From one socket to another within the kernel
 * ```ts ignore
 * import { attachSockmap, load, sockMap } from "@waggle/ebpf";
 *
 * await using object = await load("proxy.bpf.o");
 * const sockets = object.maps.get("sockets", sockMap());
 * using link = attachSockmap(object.programs.get("redirect"), sockets, "sk_skb_verdict");
 * ```
 *
 * @throws {TypeError} The program is of another type.
 * @throws {PermissionError} The process lacks a capability.
 * @throws {SyscallError} Another program does this for the map, which the message names; it is another kind of map.
 */
export function attachSockmap(
  program: Program,
  map: SockmapTarget,
  attachType: SockmapAttachType,
  options?: SockmapOptions & { readonly mode?: "link" },
): Link;
/** Attaches with or without a link. */
export function attachSockmap(
  program: Program,
  map: SockmapTarget,
  attachType: SockmapAttachType,
  options: SockmapOptions,
): Attachment;
export function attachSockmap(
  program: Program,
  map: SockmapTarget,
  attachType: SockmapAttachType,
  { mode = "link" }: SockmapOptions = {},
): Attachment {
  const what = `${
    mode === "link" ? "a link" : "an attachment"
  } of program "${program.name}" to map "${map.name}"`;
  const attach_type = attachTypeNumber(attachType);
  try {
    if (mode === "program") {
      return attachProg(what, program, { descriptor: map.descriptor.clone() }, { attach_type });
    }
    return new Link(linkCreate(what, {
      prog_fd: program.descriptor.fd,
      target_fd: map.descriptor.fd,
      attach_type,
    }));
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw explainAttach(cause, {
      program,
      what,
      types: [typeFor(attachType)],
      capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
      hints: hintsFor(map, attachType, mode),
    });
  }
}

function typeFor(attachType: SockmapAttachType): ProgramType {
  return attachType === "sk_msg_verdict" ? "sk_msg" : "sk_skb";
}

function hintsFor(
  map: SockmapTarget,
  attachType: SockmapAttachType,
  mode: "link" | "program",
): Readonly<Record<number, string>> {
  const there = namesOf(knownPrograms({ map, attachType }).programs);
  const occupied = there
    ? `attached there as ${attachType}: ${there}`
    : "sk_skb_verdict and sk_skb_stream_verdict exclude each other";
  const old = mode === "link" ? 'the kernel is older than Linux 6.10: use mode "program"; or ' : "";
  const other = `${old}the map is none of sockets, or the program was loaded for another attach type`;
  return {
    [ERRNO.EBUSY]: occupied,
    [ERRNO.EEXIST]: occupied,
    [ERRNO.EINVAL]: other,
    [ERRNO.EOPNOTSUPP]: other,
  };
}
