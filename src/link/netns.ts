/**
 * Links to network namespaces.
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import { attachTypeNumber, type Program } from "../program/mod.ts";
import { ERRNO, linkCreate } from "../sys/mod.ts";
import { type AttachTypes, expectedAttachType } from "./_attach_type.ts";
import { describeNetns, type Netns, openNetns } from "./_netns.ts";
import { explainAttach } from "./explain.ts";
import { Link } from "./link.ts";
import { knownPrograms, namesOf } from "./query.ts";

type NetnsAttachType = "flow_dissector" | "sk_lookup";

const TYPES: AttachTypes<NetnsAttachType> = { sk_lookup: ["sk_lookup"], flow_dissector: ["flow_dissector"] };

/**
 * Attaches a program to a network namespace: one that selects the socket for a connection or datagram
 * (`BPF_PROG_TYPE_SK_LOOKUP`, since Linux 5.9), of which there may be several, or the one that takes the headers of
 * packets apart (`BPF_PROG_TYPE_FLOW_DISSECTOR`, by link since 5.8).
 *
 * @example All ports to one socket
 * ```ts ignore
 * import { attachNetns, load } from "@waggle/ebpf";
 *
 * await using object = await load("steer.bpf.o");
 * using link = attachNetns(object.programs.get("steer"), "self");
 * ```
 *
 * @throws {NotFoundError} There is no such namespace.
 * @throws {TypeError} The program is of another type.
 * @throws {PermissionError} The process lacks a capability.
 * @throws {SyscallError} Another flow dissector is attached there, or to the first namespace of the machine.
 */
export function attachNetns(program: Program, netns: Netns): Link {
  const what = `a link of program "${program.name}" to ${describeNetns(netns)}`;
  const attachType = expectedAttachType(what, program, TYPES, "another program");
  using namespace = openNetns(netns);
  try {
    return new Link(linkCreate(what, {
      prog_fd: program.descriptor.fd,
      target_fd: namespace.fd,
      attach_type: attachTypeNumber(attachType),
    }));
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const there = namesOf(knownPrograms({ netns, attachType }).programs);
    const state = there
      ? `attached there ${there}`
      : "none is attached there, so it is the first namespace's";
    throw explainAttach(cause, {
      program,
      what,
      types: [attachType],
      capabilities: ["CAP_BPF", "CAP_NET_ADMIN"],
      hints: {
        // `flow_dissector_bpf_prog_attach_check`: the first namespace's counts for all
        [ERRNO.EEXIST]: `a namespace has one flow dissector, and the first one's is for all: ${state}`,
        [ERRNO.E2BIG]: `a namespace takes no more than 64 programs: ${state}`,
        [ERRNO.EINVAL]: "it is not a network namespace, or the kernel is older than Linux 5.8",
      },
    });
  }
}
